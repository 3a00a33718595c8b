"""Two Vigils, each a process of its own, and the line between them."""
