"""TAXII 2.1 as a client: reading collections page by page, posting objects and what became of each."""

from vigil.adapters.peers.taxii.client import Client, Page, Posted, Taxii

__all__ = ["Client", "Page", "Posted", "Taxii"]
