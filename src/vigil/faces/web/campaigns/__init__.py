"""Campaigns: prepared, sent, watched over, chased; and what an organisation received and answers."""
