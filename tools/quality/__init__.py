"""Quality: what is read and found, against labelled texts and events."""
