"""PDF files: the text layer with positions, and the signatures (ISO 32000-1)."""
