"""The TLP marking definitions of STIX: which label an object carries in its own `object_marking_refs`.

Source: STIX 2.1 section 7.2.1.4 (TLP 1.0) and the OASIS extension definition for TLP 2.0.
"""

from collections.abc import Mapping
from typing import Any, Final

from vigil.kernel.tlp import Tlp

TLP_2: Final = {
    Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
_TLP_1: Final = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Tlp.CLEAR,
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Tlp.GREEN,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Tlp.AMBER,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Tlp.RED,
}
_RANKS: Final = {
    **{ref: label.rank for label, ref in TLP_2.items()},
    **{ref: label.rank for ref, label in _TLP_1.items()},
}


def marked_rank(obj: Mapping[str, Any]) -> int | None:
    """The strictest TLP rank that the object or any part of it is marked with; None when it carries no TLP."""
    refs = list(obj.get("object_marking_refs") or ())
    refs += [part.get("marking_ref") for part in obj.get("granular_markings") or () if isinstance(part, Mapping)]
    return max((_RANKS[ref] for ref in refs if isinstance(ref, str) and ref in _RANKS), default=None)
