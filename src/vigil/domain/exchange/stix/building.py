"""Making objects of our types. Instants are aware; None and empty lists are left out, as STIX has neither.

Every builder takes `sender`, `tlp`, `created` (the same in every version), `modified` (this version) and `exercise`;
the identifier follows from the sender's instance and the subject, so that a later version has the same one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID, uuid5

from vigil.domain.exchange.stix.definitions import MARKINGS, TYPES
from vigil.kernel.tlp import Tlp


@dataclass(frozen=True, slots=True)
class Sender:
    """A Vigil as the author of objects: its instance id (random, made once per database) and its name."""

    instance: UUID
    name: str = ""

    @property
    def identity(self) -> str:
        """The `created_by_ref` of what it sends."""
        return f"identity--{uuid5(self.instance, 'identity')}"

    def object_id(self, name: str, subject: str) -> str:
        """The identifier of the object of type `name` about `subject`: UUIDv5 (RFC 9562 section 5.5)."""
        return f"{name}--{uuid5(self.instance, f'{name}|{subject}')}"


class Envelope(TypedDict, total=False):
    """What every object has."""

    sender: Sender
    tlp: Tlp
    created: datetime
    modified: datetime
    exercise: bool
    revoked: bool


def written(instant: datetime) -> str:
    """`2022-04-29T03:00:00.000000Z`."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x0d\x0e-\x1f\x7f]")


def _bare(value: Any) -> Any:
    if isinstance(value, str):
        return _CONTROL.sub(" ", value.replace("\r\n", "\n"))
    if isinstance(value, datetime):
        return written(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, float):
        return f"{value:g}"  # a fraction has no one spelling in JSON, and the object is signed
    if isinstance(value, Mapping):
        made = {name: _bare(one) for name, one in value.items()}
        return {name: one for name, one in made.items() if one not in (None, "", [], {}) or name == "values"}
    if isinstance(value, list | tuple):
        return [one for one in map(_bare, value) if one not in (None, "", [], {})]
    return value


def _made(name: str, subject: str, envelope: Envelope, fields: Mapping[str, Any]) -> dict[str, Any]:
    sender = envelope["sender"]
    created = envelope["created"]
    head: dict[str, Any] = {
        "type": name,
        "spec_version": "2.1",
        "id": sender.object_id(name, subject),
        "created_by_ref": sender.identity,
        "created": created,
        "modified": envelope.get("modified", created),
        "object_marking_refs": [MARKINGS[envelope["tlp"]]],
        "extensions": {TYPES[name]: {"extension_type": "new-sdo"}},
    }
    if envelope.get("exercise"):
        head["exercise"] = True
    if envelope.get("revoked"):
        head["revoked"] = True
    made: dict[str, Any] = _bare({**head, **fields})
    return made


def identity(*, sender: Sender, created: datetime, organisation_class: str = "organization") -> dict[str, Any]:
    """The `identity` object of a sender."""
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": sender.identity,
        "created": written(created),
        "modified": written(created),
        "name": sender.name or "Vigil",
        "identity_class": organisation_class,
    }


def directive(
    *,
    campaign_id: str,
    directive_id: str,
    addressee: str,
    kind: str,
    subject: str,
    role: str,
    obligations: Sequence[Mapping[str, Any]],
    issuer: str = "",
    issuer_parent: str = "",
    number: str = "",
    number_missing_serial: bool = False,
    place: str = "",
    issued_on: date | None = None,
    window_event: str = "",
    window_start: date | None = None,
    window_end: date | None = None,
    signatory_authority: str = "",
    signatory_title: str = "",
    signatory_name: str = "",
    addressees: Sequence[Any] = (),
    recipients: Sequence[Any] = (),
    contacts: Sequence[Any] = (),
    cves: Sequence[Any] = (),
    products: Sequence[Any] = (),
    vuln_references: Sequence[Any] = (),
    deadlines: Sequence[Any] = (),
    references: Sequence[Any] = (),
    full_text: str = "",
    original_sha256: str = "",
    original_filename: str = "",
    original_media_type: str = "",
    answer_by: datetime | None = None,
    supersedes_ref: str = "",
    supersedes_how: str = "",
    withdrawal_reason: str = "",
    closed_at: datetime | None = None,
    **envelope: Unpack[Envelope],
) -> dict[str, Any]:
    """A directive as a task or a copy for one addressee. `obligations`: `{code, kind, audience, text, deadline_at?,
    derived?}`; `revoked=True` in the envelope withdraws it; `addressee` names the organisation at the sender.
    """
    fields = {name: value for name, value in locals().items() if name != "envelope"}
    return _made("x-vigil-directive", f"{campaign_id}|{directive_id}|{addressee}", envelope, fields)


def acknowledgement(
    *,
    directive_ref: str,
    campaign_id: str,
    state: str,
    stated_at: datetime,
    directive_modified: datetime | str | None = None,
    obligation_code: str = "",
    reason: str = "",
    person: str = "",
    person_title: str = "",
    basis: str = "",
    **envelope: Unpack[Envelope],
) -> dict[str, Any]:
    """`state`: delivered, read, accepted or refused (then with `reason`). One object for each state and obligation
    (`obligation_code`, empty: the directive as a whole)."""
    fields = {name: value for name, value in locals().items() if name != "envelope"}
    answer = "answer" if state in ("accepted", "refused") else state
    return _made("x-vigil-acknowledgement", f"{directive_ref}|{obligation_code}|{answer}", envelope, fields)


def contact_point(
    *,
    contact_id: str,
    label: str,
    purpose: str,
    hours: str,
    filed_at: datetime,
    channels: Sequence[Mapping[str, str]] = (),
    person: str = "",
    person_title: str = "",
    unit: str = "",
    verified_at: datetime | None = None,
    retired_at: datetime | None = None,
    **envelope: Unpack[Envelope],
) -> dict[str, Any]:
    """A contact point as filed; `channels`: `{kind, value}`. Retired: `retired_at` (and `revoked=True`)."""
    fields = {name: value for name, value in locals().items() if name != "envelope"}
    return _made("x-vigil-contact-point", contact_id, envelope, fields)


def proof(
    *,
    campaign_id: str,
    directive_ref: str,
    obligation_code: str,
    obligation_kind: str,
    verdict: str,
    basis: str,
    sentence: Mapping[str, Any],
    measured_at: datetime,
    valid_until: datetime,
    facts: Sequence[Mapping[str, Any]] = (),
    next_step: Mapping[str, Any] | None = None,
    **envelope: Unpack[Envelope],
) -> dict[str, Any]:
    """A proof as measured by the sender. `sentence`, `next_step` and each fact's `statement`: `Phrase.to_json()`;
    facts: `{statement, holds?}` (links stay at home)."""
    fields = {name: value for name, value in locals().items() if name not in {"envelope", "facts"}}
    told = [{"statement": fact["statement"], "holds": fact.get("holds")} for fact in facts]
    subject = f"{directive_ref}|{obligation_code}"
    return _made("x-vigil-proof", subject, envelope, {**fields, "facts": told})


def rollup(
    *,
    campaign_id: str,
    directive_ref: str,
    counted_at: datetime,
    organisations: int,
    states: Sequence[Mapping[str, Any]] = (),
    verdicts: Sequence[Mapping[str, Any]] = (),
    members: Sequence[Mapping[str, Any]] = (),
    silent_total: int | None = None,
    **envelope: Unpack[Envelope],
) -> dict[str, Any]:
    """What a relaying organisation's own addressees answered. `states`: `{state, count}`; `verdicts`:
    `{obligation_code, obligation_kind?, verdict, basis, count}`; `members`: `{name, code?, home?, state, stated_at?,
    reason?}`."""
    fields = {name: value for name, value in locals().items() if name != "envelope"}
    return _made("x-vigil-rollup", directive_ref, envelope, fields)


def help_request(
    *,
    request_id: str,
    subject: str,
    text: str,
    asked_at: datetime,
    urgency: str = "normal",
    campaign_id: str = "",
    needed_by: datetime | None = None,
    contact: Mapping[str, Any] | None = None,
    withdrawn_at: datetime | None = None,
    **envelope: Unpack[Envelope],
) -> dict[str, Any]:
    """A request for help; `urgency`: low, normal, high, now."""
    fields = {name: value for name, value in locals().items() if name != "envelope"}
    return _made("x-vigil-help-request", request_id, envelope, fields)


def drill(
    *,
    drill_id: str,
    kind: str,
    started_at: datetime,
    campaign_id: str = "",
    answer_by: datetime | None = None,
    text: str = "",
    contact_ref: str = "",
    channels: Sequence[str] = (),
    **envelope: Unpack[Envelope],
) -> dict[str, Any]:
    """A drill; `kind`: contact (each channel is tested), order, incident."""
    fields = {name: value for name, value in locals().items() if name != "envelope"}
    return _made("x-vigil-drill", drill_id, envelope, fields)


def drill_result(
    *,
    drill_ref: str,
    drill_id: str,
    finished_at: datetime,
    results: Sequence[Mapping[str, Any]] = (),
    basis: str = "",
    **envelope: Unpack[Envelope],
) -> dict[str, Any]:
    """What a drill showed. `results`: `{channel, outcome (answered, silent, failed, possibly_sent), contact_ref?,
    contact_label?, sent_at?, answered_at?, answered_by?, reason?}`."""
    fields = {name: value for name, value in locals().items() if name != "envelope"}
    return _made("x-vigil-drill-result", drill_id, envelope, fields)


def refusal(
    *, object_ref: str, object_modified: str | datetime, code: str, reason: str, **envelope: Unpack[Envelope]
) -> dict[str, Any]:
    """Tells the sender that an object of its could not be taken, and why."""
    fields = {name: value for name, value in locals().items() if name != "envelope"}
    return _made("x-vigil-refusal", f"{object_ref}|{object_modified}", envelope, fields)
