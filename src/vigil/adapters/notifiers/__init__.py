"""Ways out to people: one file a channel."""
