"""What can be done in this room, a file for each thing."""
