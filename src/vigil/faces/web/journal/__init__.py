"""The journal, readable."""
