"""The board and the wallboard."""
