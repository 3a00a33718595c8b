"""What shippers of Elastic ask a server before they send, and what lets them go on. Nothing of it is kept.

Beats: `/` (version, product header), `_license`, `_ilm/policy`, `_index_template`, `_data_stream`, `_ingest/pipeline`.
Logstash: `/`, `_license`, `_xpack`, `_index_template`, `_ilm/policy`, aliases. Vector: `_cluster/health`, `/`. Fluent
Bit: nothing. What they look for is said to be there, so that they do not make it; what they make is
acknowledged.
"""

from typing import Any, Final

PRODUCT: Final = {"X-Elastic-Product": "Elasticsearch"}
_LICENSE: Final = {"uid": "vigil", "type": "basic", "mode": "basic", "status": "active"}
_NODES: Final = {"total": 1, "successful": 1, "failed": 0}
_MADE: Final = frozenset(
    ("_ilm", "_index_template", "_template", "_component_template", "_data_stream", "_ingest", "_alias", "_aliases")
)


def root(version: str) -> dict[str, Any]:
    """Of `/`."""
    return {
        "name": "vigil",
        "cluster_name": "vigil",
        "cluster_uuid": "vigil",
        "version": {
            "number": version,
            "build_flavor": "default",
            "build_type": "deb",
            "build_hash": "0",
            "build_date": "2025-01-01T00:00:00Z",
            "build_snapshot": False,
            "lucene_version": "9.12.0",
            "minimum_wire_compatibility_version": "7.17.0",
            "minimum_index_compatibility_version": "7.0.0",
        },
        "tagline": "You Know, for Search",
    }


def asked(method: str, path: str, version: str) -> dict[str, Any] | None:
    """The answer to anything but `_bulk`; None: there is no such thing here."""
    parts = [part for part in path.split("/") if part]
    reads = method in ("GET", "HEAD")
    if not parts:
        return root(version) if reads else None
    first, last = parts[0], parts[-1]
    if reads and first in ("_license", "_xpack", "_cluster", "_nodes"):
        return _state(first, last)
    if first in _MADE or "_alias" in parts:
        return _thing(first, last) if reads else {"acknowledged": True}
    if first == "_cat" or last == "_refresh":
        return {}
    if len(parts) == 1 and not first.startswith("_"):  # an index
        return {first: {"aliases": {}, "mappings": {}, "settings": {}}} if reads else {"acknowledged": True}
    return None


def _state(first: str, last: str) -> dict[str, Any]:
    if first == "_license":
        return {"license": _LICENSE}
    if first == "_xpack":
        return {"license": _LICENSE, "features": {"ilm": {"available": True, "enabled": True}}}
    if first == "_cluster" and last == "health":
        return {"cluster_name": "vigil", "status": "green", "timed_out": False, "number_of_nodes": 1}
    return {"_nodes": _NODES, "cluster_name": "vigil", "nodes": {}}


def _thing(first: str, last: str) -> dict[str, Any]:
    if first == "_index_template":
        return {"index_templates": [{"name": last, "index_template": {"index_patterns": [last], "data_stream": {}}}]}
    if first == "_component_template":
        return {"component_templates": [{"name": last, "component_template": {"template": {}}}]}
    if first == "_data_stream":
        return {"data_streams": [{"name": last, "status": "GREEN", "indices": [], "generation": 1}]}
    return {last: {}}


def fault(status: int, kind: str, reason: str) -> dict[str, Any]:
    """An error as Elasticsearch says it."""
    return {"error": {"root_cause": [], "type": kind, "reason": reason}, "status": status}
