"""Scans: pages without text are rendered here and read by tesseract through ocrmypdf."""
