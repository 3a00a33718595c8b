"""The views of this room."""
