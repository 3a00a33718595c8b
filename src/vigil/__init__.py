"""Vigil keeps a cyber watch over a holiday and answers a dispatch with proof."""

__version__ = "0.1.0"
