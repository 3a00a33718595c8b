"""The views, by who looks: the sender, the caller, the one who received."""
