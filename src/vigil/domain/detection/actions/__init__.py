"""What may be done in detection."""
