"""The TAXII 2.1 server: collections of STIX objects for linked peers and other TAXII clients."""
