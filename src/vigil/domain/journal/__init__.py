"""The journal: every change, append-only, hash-chained by one sealer, its heads signed."""
