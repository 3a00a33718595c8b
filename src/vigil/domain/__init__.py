"""What Vigil remembers: one Django app per room; models hold invariants, actions change, queries read."""
