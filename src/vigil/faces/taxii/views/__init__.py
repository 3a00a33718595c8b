"""The resources of TAXII 2.1."""
