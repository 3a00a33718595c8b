"""Other systems with which this Vigil exchanges: other Vigils and TAXII servers."""
