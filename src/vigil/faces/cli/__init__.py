"""The command `vigil`: thin; each command parses, calls one action or query, prints."""
