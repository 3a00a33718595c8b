"""Duty: the roster and its changes, who is on now, check-in, hand-over, providers, calendars."""
