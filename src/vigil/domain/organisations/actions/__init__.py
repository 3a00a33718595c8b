"""What can be done in this room, a file a subject."""
