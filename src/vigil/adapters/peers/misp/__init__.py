"""MISP: events from files, feeds as folders (both ways), attributes as STIX 2.1 indicators under TLP 2.0."""

from vigil.adapters.peers.misp.bounds import Bounds
from vigil.adapters.peers.misp.feeds import write_feed
from vigil.adapters.peers.misp.reading import Read, read_path
from vigil.adapters.peers.misp.writing import Withheld, Written

__all__ = ["Bounds", "Read", "Withheld", "Written", "read_path", "write_feed"]
