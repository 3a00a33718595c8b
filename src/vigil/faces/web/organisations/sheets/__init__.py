"""How these things stand in sheets."""
