"""Vigil watching itself: do the workers turn, does the journal get sealed, is there disk, is the clock right."""
