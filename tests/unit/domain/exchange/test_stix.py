"""Our STIX types: valid by OASIS's own validator, bounded, sealed, and the same subject is the same object."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from stix2validator import ValidationOptions, validate_instance

from vigil.domain.exchange import stix
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import phrase
from vigil.kernel.tlp import Tlp

NOW = datetime(2022, 4, 29, 3, tzinfo=UTC)
SENDER = stix.Sender(UUID("6f1dd6a0-0000-4000-8000-000000000001"), "Trung tâm Giám sát")
ENVELOPE: dict[str, Any] = {"sender": SENDER, "tlp": Tlp.AMBER, "created": NOW}
REF = SENDER.object_id("x-vigil-directive", "x")
KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
PUBLIC = stix.public_hex(KEY.public_key())


def _directive(**over: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "campaign_id": "c1",
        "directive_id": "d1",
        "addressee": "MAU.04",
        "kind": "dispatch",
        "subject": "V/v trực bảo đảm an toàn thông tin dịp nghỉ lễ",
        "role": "task",
        "issuer": "Cục An toàn Mẫu",
        "number_missing_serial": True,
        "issued_on": date(2022, 4, 28),
        "window_start": date(2022, 4, 30),
        "addressees": ["Các đơn vị", {"text": "Ngân hàng", "audience": "banks"}],
        "obligations": [{"code": "1.a", "kind": "duty", "audience": "all", "text": "Trực 24/7", "deadline_at": NOW}],
        "contacts": [{"phone": "0240000000", "email": "truc@cuc.example"}],
        "full_text": "Công văn…\x0c\r\nhết",
        "original_sha256": "ab" * 32,
        "answer_by": NOW,
    }
    return stix.directive(**{**fields, **over}, **{**ENVELOPE, "modified": NOW})


def _samples() -> dict[str, dict[str, Any]]:
    said = phrase("{n} people, last at {when}", n=2, when=NOW).to_json()
    return {
        "directive": _directive(),
        "acknowledgement": stix.acknowledgement(
            directive_ref=REF, campaign_id="c1", state="refused", stated_at=NOW, reason="Không thuộc", **ENVELOPE
        ),
        "contact_point": stix.contact_point(
            contact_id="k1",
            label="Trực ban",
            purpose="incident",
            hours="always",
            filed_at=NOW,
            channels=[{"kind": "mobile", "value": "+84900000000"}],
            **ENVELOPE,
        ),
        "proof": stix.proof(
            campaign_id="c1",
            directive_ref=REF,
            obligation_code="1.d",
            obligation_kind="information_sharing",
            verdict="met",
            basis="measured",
            sentence=said,
            measured_at=NOW,
            valid_until=NOW + timedelta(minutes=10),
            facts=[{"statement": said, "holds": True}, {"statement": phrase("{p} %", p=99.5).to_json()}],
            **ENVELOPE,
        ),
        "rollup": stix.rollup(
            campaign_id="c1",
            directive_ref=REF,
            counted_at=NOW,
            organisations=2,
            states=[{"state": "accepted", "count": 1}],
            verdicts=[{"obligation_code": "1.a", "verdict": "met", "basis": "attested", "count": 1}],
            members=[{"name": "Sở A", "state": "silent"}],
            **ENVELOPE,
        ),
        "help_request": stix.help_request(request_id="h", subject="Cần hỗ trợ", text="…", asked_at=NOW, **ENVELOPE),
        "drill": stix.drill(drill_id="t", kind="contact", started_at=NOW, channels=["email"], **ENVELOPE),
        "drill_result": stix.drill_result(
            drill_ref=SENDER.object_id("x-vigil-drill", "t"),
            drill_id="t",
            finished_at=NOW,
            results=[{"channel": "email", "outcome": "answered", "sent_at": NOW}],
            **ENVELOPE,
        ),
        "refusal": stix.refusal(
            object_ref=REF, object_modified=stix.written(NOW), code="stix.invalid", reason="…", **ENVELOPE
        ),
    }


@pytest.mark.parametrize("name", _samples())
def test_each_type_passes_the_validator_and_our_own_check_sealed_or_not(name: str) -> None:
    made = _samples()[name]
    for obj in (made, stix.seal(made, key=KEY, sequence=7)):
        assert stix.check(json.loads(json.dumps(obj)), now=NOW)["id"] == made["id"]
        found = validate_instance(obj, ValidationOptions(version="2.1"))
        assert found.is_valid, [str(error) for error in found.errors]


def test_every_type_has_a_sample_and_a_definition_that_the_validator_takes() -> None:
    assert {obj["type"] for obj in _samples().values()} == set(stix.TYPES)
    published = stix.extension_definitions() + [stix.marking_definition(tlp) for tlp in Tlp]
    for obj in published:
        found = validate_instance(obj, ValidationOptions(version="2.1"))
        assert found.is_valid, (obj["id"], [str(error) for error in found.errors])


def test_a_later_version_is_the_same_object_and_another_subject_is_another() -> None:
    later = stix.directive(
        campaign_id="c1",
        directive_id="d1",
        addressee="MAU.04",
        kind="dispatch",
        subject="bản mới",
        role="task",
        obligations=[],
        **{**ENVELOPE, "modified": NOW + timedelta(hours=1)},
    )
    assert later["id"] == _directive()["id"]
    assert later["modified"] > _directive()["modified"]
    assert _directive(addressee="MAU.05")["id"] != later["id"]
    other = stix.Sender(UUID("6f1dd6a0-0000-4000-8000-000000000002"))
    assert other.identity != SENDER.identity


def _nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


def _endless() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["contacts"] = [value]
    return value


BAD = {
    "not an object": ([], "stix.invalid"),
    "no type": ({}, "stix.unknown_type"),
    "a type of nobody": ({**_directive(), "type": "x-other-thing"}, "stix.unknown_type"),
    "a field too many": ({**_directive(), "shell": "rm"}, "stix.invalid"),
    "a role that is none": (_directive(role="king"), "stix.invalid"),
    "a text too long": (_directive(subject="x" * 1001), "stix.invalid"),
    "no obligations": (_directive(obligations=[]), "stix.invalid"),
    "50 MB": ({**_directive(), "full_text": "x" * 50_000_000}, "stix.too_large"),
    "nested deep": ({**_directive(), "contacts": _nested(5000)}, "stix.too_deep"),
    "nested a little": ({**_directive(), "contacts": _nested(8)}, "stix.invalid"),
    "holds itself": ({**_directive(), **_endless()}, "stix.too_deep"),
    "an unknown extension": (
        {**_directive(), "extensions": {**_directive()["extensions"], "extension-definition--" + "0" * 36: {}}},
        "stix.unknown_extension",
    ),
    "refers to itself": ({**_directive(), "supersedes_ref": _directive()["id"]}, "stix.refers_to_itself"),
    "from tomorrow": (
        {**_directive(), "modified": stix.written(NOW + timedelta(days=1))},
        "stix.ahead_of_time",
    ),
    "modified before created": (
        {**_directive(), "modified": stix.written(NOW - timedelta(days=1))},
        "stix.invalid",
    ),
    "the 31st of February": ({**_directive(), "modified": "2022-02-31T00:00:00Z"}, "stix.invalid"),
    "a place that formats": (
        {**_samples()["proof"], "sentence": {"wording": "{n:>9999999999}", "values": {"n": 1}}},
        "stix.invalid",
    ),
    "a place that reaches": (
        {**_samples()["proof"], "sentence": {"wording": "{n.__class__}", "values": {"n": 1}}},
        "stix.invalid",
    ),
    "a place that nothing fills": ({**_samples()["proof"], "sentence": {"wording": "{n}"}}, "stix.invalid"),
    "an indicator that adds a new type": (
        {
            "type": "indicator",
            "id": "indicator--6f1dd6a0-0000-4000-8000-000000000001",
            "extensions": {"extension-definition--" + "0" * 36: {"extension_type": "new-sdo"}},
        },
        "stix.unknown_extension",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_taken_is_refused_with_its_reason(case: str) -> None:
    obj, code = BAD[case]
    with pytest.raises(Refused) as refused:
        stix.check(obj, now=NOW)
    assert refused.value.code == code


def test_an_hour_ahead_is_taken() -> None:
    stix.check({**_directive(), "modified": stix.written(NOW + timedelta(hours=1))}, now=NOW)


def test_a_broken_sentence_of_a_stranger_cannot_be_built_either_way() -> None:
    said = stix.check(_samples()["proof"], now=NOW)["sentence"]
    from vigil.kernel.phrases import Phrase

    assert Phrase.from_json(said).said() == "2 people, last at 10:00 29/04/2022"


@pytest.mark.parametrize(
    "change",
    [
        {"role": "copy"},
        {"created_by_ref": "identity--6f1dd6a0-0000-4000-8000-000000000001"},
        {"revoked": True},
        {"object_marking_refs": [stix.MARKINGS[Tlp.CLEAR]]},
    ],
)
def test_whatever_is_changed_breaks_the_seal(change: dict[str, Any]) -> None:
    sealed = stix.seal(_directive(), key=KEY, sequence=3)
    known = {stix.key_id_of(PUBLIC): PUBLIC}.get
    assert stix.check_seal(json.loads(json.dumps(sealed)), key_of=known)["sequence"] == 3
    with pytest.raises(Refused) as refused:
        stix.check_seal({**sealed, **change}, key_of=known)
    assert refused.value.code == "stix.bad_signature"


def test_a_missing_seal_and_a_stranger_s_key_are_told_apart_and_the_sequence_is_sealed_too() -> None:
    sealed = stix.seal(_directive(), key=KEY, sequence=3)
    for obj, known, code in [
        (_directive(), PUBLIC, "stix.not_sealed"),
        (sealed, None, "stix.unknown_key"),
    ]:
        with pytest.raises(Refused) as refused:
            stix.check_seal(obj, key_of=lambda _, known=known: known)
        assert refused.value.code == code
    sealed["extensions"][stix.SEAL]["sequence"] = 4
    with pytest.raises(Refused, match="signature"):
        stix.check_seal(sealed, key_of=lambda _: PUBLIC)


def test_two_copies_that_differ_in_the_seal_alone_say_the_same() -> None:
    first, second = (stix.seal(_directive(), key=KEY, sequence=n) for n in (1, 2))
    assert stix.content_digest(first) == stix.content_digest(second) == stix.content_digest(_directive())
    assert stix.content_digest(_directive(role="copy")) != stix.content_digest(first)


@pytest.mark.parametrize("raw", [b"{", b"[" * 100_000, b'{"a": NaN}', b"\xff", b" " * 2_000_001])
def test_bytes_that_are_no_bounded_json_are_refused(raw: bytes) -> None:
    with pytest.raises(Refused):
        stix.parse(raw)
