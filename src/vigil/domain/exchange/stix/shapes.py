"""The fields of each of our types. docs/reference/exchange.md says what they mean; these tables, what they may be."""

import re
from typing import Final

from vigil.domain.exchange.stix.definitions import SEAL, TYPES
from vigil.domain.exchange.stix.fields import (
    Choice,
    Count,
    Day,
    Field,
    Flag,
    Instant,
    Listed,
    Loose,
    Record,
    Ref,
    Sentence,
    Text,
)

FULL_TEXT: Final = 400_000  # characters; the longest dispatch of the labelled corpus has some 60,000
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)
_SHA256 = Text(64, 64, _HEX)
_KEY = Text(100)

_CONTACT = Record(
    optional={
        "name": Text(300),
        "unit": Text(300),
        "person": Text(200),
        "title": Text(200),
        "phone": Text(100),
        "email": Text(320),
        "channels": Listed(Record({"kind": Text(20), "value": Text(320)}), 20),
        "text": Text(1000),
    }
)
_CHANNEL = Record({"kind": Choice(("phone", "mobile", "hotline", "email", "fax")), "value": Text(320)})
_OBLIGATION = Record(
    {"code": Text(30), "kind": Text(30), "audience": Text(120), "text": Text(20_000)},
    {"deadline_at": Instant(), "derived": Flag()},
)
_VERDICT = Choice(("met", "at_risk", "not_met", "cannot_tell"))
_BASIS = Choice(("measured", "reported", "attested"))

OWN: Final[dict[str, tuple[dict[str, Field], dict[str, Field]]]] = {
    "x-vigil-directive": (
        {
            "campaign_id": _KEY,
            "directive_id": _KEY,
            "kind": Text(30),
            "subject": Text(1000),
            "role": Choice(("task", "copy")),
            "obligations": Listed(_OBLIGATION, 200),
        },
        {
            "addressee": Text(300),
            "issuer": Text(300),
            "issuer_parent": Text(300),
            "number": Text(120),
            "number_missing_serial": Flag(),
            "place": Text(120),
            "issued_on": Day(),
            "window_event": Text(500),
            "window_start": Day(),
            "window_end": Day(),
            "signatory_authority": Text(200),
            "signatory_title": Text(200),
            "signatory_name": Text(200),
            "addressees": Listed(Loose(), 500),
            "recipients": Listed(Loose(), 500),
            "contacts": Listed(Loose(), 100),
            "cves": Listed(Loose(), 1000),
            "products": Listed(Loose(), 1000),
            "vuln_references": Listed(Loose(), 1000),
            "deadlines": Listed(Loose(), 200),
            "references": Listed(Loose(), 200),
            "full_text": Text(FULL_TEXT),
            "original_sha256": _SHA256,
            "original_filename": Text(255),
            "original_media_type": Text(120),
            "answer_by": Instant(),
            "supersedes_ref": Ref(("x-vigil-directive",)),
            "supersedes_how": Choice(("numbered_issue", "amendment", "withdrawal")),
            "withdrawal_reason": Text(1000),
            "closed_at": Instant(),
        },
    ),
    "x-vigil-acknowledgement": (
        {
            "directive_ref": Ref(("x-vigil-directive",)),
            "campaign_id": _KEY,
            "state": Choice(("delivered", "read", "accepted", "refused")),
            "stated_at": Instant(),
        },
        {
            "directive_modified": Instant(),
            "obligation_code": Text(30),
            "reason": Text(2000),
            "person": Text(200),
            "person_title": Text(200),
            "basis": _BASIS,
        },
    ),
    "x-vigil-contact-point": (
        {
            "contact_id": _KEY,
            "label": Text(200),
            "purpose": Choice(("information", "incident", "monitoring", "orders", "other")),
            "hours": Choice(("always", "in_hours", "out_of_hours")),
            "filed_at": Instant(),
        },
        {
            "channels": Listed(_CHANNEL, 20),
            "person": Text(200),
            "person_title": Text(200),
            "unit": Text(300),
            "verified_at": Instant(),
            "retired_at": Instant(),
        },
    ),
    "x-vigil-proof": (
        {
            "campaign_id": _KEY,
            "directive_ref": Ref(("x-vigil-directive",)),
            "obligation_code": Text(30),
            "obligation_kind": Text(30),
            "verdict": _VERDICT,
            "basis": _BASIS,
            "sentence": Sentence(),
            "measured_at": Instant(),
            "valid_until": Instant(),
        },
        {
            "facts": Listed(Record({"statement": Sentence()}, {"holds": Flag()}), 100),
            "next_step": Sentence(),
        },
    ),
    "x-vigil-rollup": (
        {
            "campaign_id": _KEY,
            "directive_ref": Ref(("x-vigil-directive",)),
            "counted_at": Instant(),
            "organisations": Count(1_000_000),
        },
        {
            "states": Listed(Record({"state": Text(30), "count": Count(1_000_000)}), 20),
            "verdicts": Listed(
                Record(
                    {"obligation_code": Text(30), "verdict": _VERDICT, "basis": _BASIS, "count": Count(1_000_000)},
                    {"obligation_kind": Text(30)},
                ),
                2400,
            ),
            "members": Listed(
                Record(
                    {"name": Text(300), "state": Text(30)},
                    {"code": Text(60), "home": Text(10), "stated_at": Instant(), "reason": Text(2000)},
                ),
                5000,
            ),
            "silent_total": Count(1_000_000),
        },
    ),
    "x-vigil-help-request": (
        {"request_id": _KEY, "subject": Text(300), "text": Text(20_000), "asked_at": Instant()},
        {
            "urgency": Choice(("low", "normal", "high", "now")),
            "campaign_id": _KEY,
            "needed_by": Instant(),
            "contact": _CONTACT,
            "withdrawn_at": Instant(),
        },
    ),
    "x-vigil-drill": (
        {"drill_id": _KEY, "kind": Choice(("contact", "order", "incident")), "started_at": Instant()},
        {
            "campaign_id": _KEY,
            "answer_by": Instant(),
            "text": Text(5000),
            "contact_ref": Ref(("x-vigil-contact-point",)),
            "channels": Listed(Text(10), 20),
        },
    ),
    "x-vigil-drill-result": (
        {"drill_ref": Ref(("x-vigil-drill",)), "drill_id": _KEY, "finished_at": Instant()},
        {
            "results": Listed(
                Record(
                    {"channel": Text(10), "outcome": Choice(("answered", "silent", "failed", "possibly_sent"))},
                    {
                        "contact_ref": Ref(("x-vigil-contact-point",)),
                        "contact_label": Text(200),
                        "sent_at": Instant(),
                        "answered_at": Instant(),
                        "answered_by": Text(20),
                        "reason": Text(500),
                    },
                ),
                500,
            ),
            "basis": _BASIS,
        },
    ),
    "x-vigil-refusal": (
        {"object_ref": Ref(), "object_modified": Instant(), "code": Text(100), "reason": Text(1000)},
        {},
    ),
}

SEAL_SHAPE: Final = Record(
    {
        "extension_type": Choice(("property-extension",)),
        "key_id": _SHA256,
        "signature": Text(128, 128, _HEX),
        "sequence": Count(2**53 - 1),
    },
    {"fact_at": Instant()},
)
_COMMON: Final[dict[str, Field]] = {
    "spec_version": Choice(("2.1",)),
    "created_by_ref": Ref(("identity",)),
    "created": Instant(),
    "modified": Instant(),
    "object_marking_refs": Listed(Ref(("marking-definition",)), 10),
}
_COMMON_OPTIONAL: Final[dict[str, Field]] = {
    "revoked": Flag(),
    "exercise": Flag(),
    "lang": Text(20),
    "labels": Listed(Text(100), 20),
}


def _whole(name: str) -> Record:
    required, optional = OWN[name]
    bearing = Record(
        {TYPES[name]: Record({"extension_type": Choice(("new-sdo",))})},
        {SEAL: SEAL_SHAPE},
    )
    head: dict[str, Field] = {"type": Choice((name,)), "id": Ref((name,)), "extensions": bearing}
    return Record({**head, **_COMMON, **required}, {**_COMMON_OPTIONAL, **optional})


SHAPES: Final = {name: _whole(name) for name in OWN}
