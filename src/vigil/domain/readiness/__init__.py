"""Proofs kept as snapshots: asked of the rooms' provers, valid until they say, recomputed before they expire."""
