"""One folder per outside thing. No Django."""
