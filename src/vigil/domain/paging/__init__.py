"""Paging: who must be woken, by which way, in which order; nothing that should have rung is forgotten."""
