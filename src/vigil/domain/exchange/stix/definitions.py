"""Our extension definitions and the marking definitions of TLP 2.0, as STIX 2.1 objects that never change.

Each of our types is a new SDO (STIX 2.1 section 7.3, `new-sdo`); the seal, which any object may bear, is a
`property-extension`. The identifiers are part of the format: they are the same in every Vigil, for ever.
"""

from typing import Any, Final

from vigil.kernel.tlp import Tlp

CREATED: Final = "2026-11-24T00:00:00.000Z"
FORMAT_IDENTITY: Final = "identity--5d0f0f6c-59ad-4b6a-9c1f-6d1c1a4a7b10"
SCHEMA: Final = "docs/reference/exchange.md"
TLP_2_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

TYPES: Final = {
    "x-vigil-directive": "extension-definition--0b1c6a52-0a5e-4c5f-8a36-3f6f4d7c1101",
    "x-vigil-acknowledgement": "extension-definition--0b1c6a52-0a5e-4c5f-8a36-3f6f4d7c1102",
    "x-vigil-contact-point": "extension-definition--0b1c6a52-0a5e-4c5f-8a36-3f6f4d7c1103",
    "x-vigil-proof": "extension-definition--0b1c6a52-0a5e-4c5f-8a36-3f6f4d7c1104",
    "x-vigil-rollup": "extension-definition--0b1c6a52-0a5e-4c5f-8a36-3f6f4d7c1105",
    "x-vigil-help-request": "extension-definition--0b1c6a52-0a5e-4c5f-8a36-3f6f4d7c1106",
    "x-vigil-drill": "extension-definition--0b1c6a52-0a5e-4c5f-8a36-3f6f4d7c1107",
    "x-vigil-drill-result": "extension-definition--0b1c6a52-0a5e-4c5f-8a36-3f6f4d7c1108",
    "x-vigil-refusal": "extension-definition--0b1c6a52-0a5e-4c5f-8a36-3f6f4d7c1109",
}
SEAL: Final = "extension-definition--0b1c6a52-0a5e-4c5f-8a36-3f6f4d7c1100"

MARKINGS: Final = {
    Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}


def extension_definitions() -> list[dict[str, Any]]:
    """Who defines the format, and one `extension-definition` for each of our types and for the seal."""
    made: list[dict[str, Any]] = [
        {
            "type": "identity",
            "spec_version": "2.1",
            "id": FORMAT_IDENTITY,
            "created": CREATED,
            "modified": CREATED,
            "name": "Vigil",
            "identity_class": "system",
        }
    ]
    made += [_definition(ref, name, "new-sdo") for name, ref in TYPES.items()]
    return [*made, _definition(SEAL, "x-vigil-seal", "property-extension")]


def _definition(ref: str, name: str, kind: str) -> dict[str, Any]:
    return {
        "type": "extension-definition",
        "spec_version": "2.1",
        "id": ref,
        "created_by_ref": FORMAT_IDENTITY,
        "created": CREATED,
        "modified": CREATED,
        "name": name,
        "description": f"{name} of Vigil; its fields are in {SCHEMA}.",
        "schema": SCHEMA,
        "version": "1.0.0",
        "extension_types": [kind],
    }


def marking_definition(tlp: Tlp) -> dict[str, Any]:
    """The marking definition of a TLP 2.0 label, as OASIS published it."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": MARKINGS[tlp],
        "created": "2022-10-01T00:00:00.000Z",
        "name": tlp.label,
        "extensions": {TLP_2_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp.value}},
    }
