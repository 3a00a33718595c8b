"""A feed's folder: an event file for each UUID, hashes.csv, and the manifest, which is put in place last.

Source: MISP feed format (manifest.json, hashes.csv, <uuid>.json).
"""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from vigil.adapters.peers.misp.bounds import Bounds, Unfit, elements_of, values_of
from vigil.adapters.peers.misp.writing import Written, events_of, released
from vigil.kernel.errors import Refused
from vigil.kernel.files import place_file
from vigil.kernel.phrases import N_
from vigil.kernel.tlp import Tlp

_FILE_RE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.json")


def write_feed(
    folder: Path,
    source: Path,
    *,
    ceiling: Tlp,
    now: datetime,
    audience: frozenset[str] = frozenset(),
    bounds: Bounds | None = None,
) -> Written:
    """Write a feed from a file of STIX objects or bundles; what an earlier run left and may not be there goes.

    Raises: Refused `misp.not_a_feed` when the folder holds something else; `misp.too_large`, `misp.too_deep`,
    `misp.not_json` for the source.
    """
    bounds = bounds or Bounds()
    stix = _objects(source, bounds)
    written = Written()
    leaving = released(stix, ceiling=ceiling, audience=audience, now=now, written=written)
    earlier = _earlier(folder)
    manifest: dict[str, Any] = {}
    hashes: list[str] = []
    for event in events_of(leaving, _names(stix)):
        feed = event.to_feed(with_meta=True)["Event"]
        hashes += [f"{digest},{event.uuid}" for digest in feed.pop("_hashes")]
        manifest |= feed.pop("_manifest")
        place_file(folder / f"{event.uuid}.json", _json({"Event": feed}))
        written.events, written.attributes = written.events + 1, written.attributes + len(event.attributes)
    place_file(folder / "hashes.csv", "".join(f"{row}\n" for row in hashes).encode())
    place_file(folder / "manifest.json", _json(manifest))
    for name in earlier - {f"{uuid}.json" for uuid in manifest}:
        (folder / name).unlink(missing_ok=True)
    return written


def _objects(source: Path, bounds: Bounds) -> list[Any]:
    found: list[Any] = []
    with source.open("rb") as stream:
        for piece in elements_of(stream, bounds):
            try:
                value = values_of(piece, bounds)
            except Unfit as error:
                raise Refused("misp.not_json", N_("The file holds no JSON of events.")) from error
            inner = value.get("objects") if isinstance(value, dict) and value.get("type") == "bundle" else [value]
            found += inner if isinstance(inner, list) else []
    return found


def _names(objects: list[Any]) -> dict[str, str]:
    return {
        str(each.get("id")): " ".join(each["name"].split())[:200]
        for each in objects
        if isinstance(each, dict) and each.get("type") == "identity" and isinstance(each.get("name"), str)
    }


def _earlier(folder: Path) -> set[str]:
    """The event files that an earlier run left; a folder that holds anything else is not touched."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    names = {path.name for path in folder.iterdir()}
    ours = {name for name in names if _FILE_RE.fullmatch(name)}
    if names - ours - {"manifest.json", "hashes.csv"} or (ours and "manifest.json" not in names):
        raise Refused("misp.not_a_feed", N_("The folder holds other things than a feed. Give an empty one."))
    return ours


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, default=str).encode()
