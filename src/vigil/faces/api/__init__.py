"""The API for programs, under /api/v1: read and write what the pages show, with tokens, as JSON."""
