"""Rules over events: Sigma rules compiled once, matched over Arrow batches, correlated in a second stage.

Values in, values out: no Django, no sockets, no clock. See docs/reference/detection.md and docs/decisions/0011.
"""
