"""Our STIX 2.1 objects: building, sealing, checking. Values in, values out; no database, no network, no clock."""

from vigil.domain.exchange.stix.building import (
    Sender,
    acknowledgement,
    contact_point,
    directive,
    drill,
    drill_result,
    help_request,
    identity,
    proof,
    refusal,
    rollup,
    written,
)
from vigil.domain.exchange.stix.checking import check, instant_of, parse
from vigil.domain.exchange.stix.definitions import (
    MARKINGS,
    SEAL,
    TYPES,
    extension_definitions,
    marking_definition,
)
from vigil.domain.exchange.stix.sealing import canonical, check_seal, content_digest, key_id_of, public_hex, seal

__all__ = [
    "MARKINGS",
    "SEAL",
    "TYPES",
    "Sender",
    "acknowledgement",
    "canonical",
    "check",
    "check_seal",
    "contact_point",
    "content_digest",
    "directive",
    "drill",
    "drill_result",
    "extension_definitions",
    "help_request",
    "identity",
    "instant_of",
    "key_id_of",
    "marking_definition",
    "parse",
    "proof",
    "public_hex",
    "refusal",
    "rollup",
    "seal",
    "written",
]
