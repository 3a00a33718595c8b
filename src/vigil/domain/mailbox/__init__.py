"""The room of mail that came in: what looks like a dispatch or a warning is offered for reading."""
