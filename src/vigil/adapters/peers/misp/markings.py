"""TLP between MISP's tags and STIX's marking definitions; what is not understood is taken for the strictest.

Source: FIRST TLP 2.0; OASIS extension definition for TLP 2.0 in STIX 2.1; STIX 2.1 section 7.2.1.4 (TLP 1.0).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from vigil.kernel.tlp import Tlp

_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
REFS: Final = {
    Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
_KNOWN: Final = {
    **{ref: label for label, ref in REFS.items()},
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Tlp.CLEAR,
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Tlp.GREEN,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Tlp.AMBER,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Tlp.RED,
}


def definition(label: Tlp) -> dict[str, Any]:
    """The marking definition of a label."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": REFS[label],
        "created": "2022-10-01T00:00:00.000Z",
        "name": label.label,
        "extensions": {_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": label.value}},
    }


def of_tags(tags: Iterable[str]) -> Tlp | None:
    """The strictest TLP of MISP tags; None when none speaks of TLP. An unknown TLP tag counts as RED."""
    found = []
    for tag in tags:
        if tag.strip().lower().startswith("tlp:"):
            try:
                found.append(Tlp.read(tag))
            except ValueError:
                found.append(Tlp.RED)
    return max(found, key=lambda label: label.rank, default=None)


def of_object(stix: Mapping[str, Any]) -> Tlp | None:
    """The strictest TLP of a STIX object's markings; None when it has none. Any other marking counts as RED."""
    refs = stix.get("object_marking_refs") or []
    if stix.get("granular_markings") or not isinstance(refs, list):
        return Tlp.RED
    found = [_KNOWN.get(ref, Tlp.RED) if isinstance(ref, str) else Tlp.RED for ref in refs]
    return max(found, key=lambda label: label.rank, default=None)
