"""The reading of one dispatch, and its JSON: plain values under the label keys, provenance under `readings`.

The shape is documented in docs/reference/reading.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .values import Field, absent

Maybe = Field[str] | Field[None]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Window:
    """The time the dispatch is about: what was read of it apart from what was inferred."""

    event: Maybe
    start: Maybe
    end: Maybe
    note: str | None = None
    read: tuple[Field[str], ...] = ()
    inferred: tuple[str, ...] = ()
    suggestion: Json | None = None

    def plain(self) -> Json:
        return {
            "event": self.event.value,
            "start": self.start.value,
            "end": self.end.value,
            "note": self.note,
        }

    def trace(self) -> Json:
        return {
            "event": self.event.trace(),
            "start": self.start.trace(),
            "end": self.end.trace(),
            "read": [{"text": f.value, **f.trace()} for f in self.read],
            "inferred": list(self.inferred),
            "suggestion": self.suggestion,
        }


@dataclass(frozen=True, slots=True)
class Obligation:
    """One leaf demand: its exact words, whom it binds and what sort of work it is."""

    id: str
    text: Field[str]
    audience: Field[str]
    kind: str
    mention: Field[str] | None = None  # the words that name the audience in the item or above it
    not_addressed: tuple[str, ...] = ()  # audience classes that the item names and Kính gửi does not
    truncated: bool = False

    @property
    def first_words(self) -> str:
        return " ".join(self.text.value.split()[:7])

    def plain(self) -> Json:
        return {
            "id": self.id,
            "audience": self.audience.value,
            "text": self.text.value,
            "first_words": self.first_words,
        }

    def trace(self) -> Json:
        mention = None if self.mention is None else {"text": self.mention.value, **self.mention.trace()}
        return {
            "id": self.id,
            "kind": self.kind,
            **self.text.trace(),
            "audience": self.audience.trace(mention=mention, not_addressed=list(self.not_addressed)),
            "truncated": self.truncated,
        }


@dataclass(frozen=True, slots=True)
class VulnReference:
    """A weakness named without its identifiers: a nickname, a query over advisories, or an open list."""

    text: Field[str]
    sort: str  # "name", "query" or "open_list"
    resolve_to: str | None
    cves: tuple[str, ...] = ()
    query: Json | None = None

    def plain(self) -> Json:
        return {
            "text": self.text.value,
            "resolve_to": self.resolve_to,
            "sort": self.sort,
            "cves": list(self.cves),
            "query": self.query,
        }


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as written, as it is dialled, and what it is for."""

    number: Field[str]
    e164: str | None
    purpose: Field[str] | None = None

    def trace(self) -> Json:
        purpose = None if self.purpose is None else self.purpose.value
        spans = [] if self.purpose is None else [list(s) for s in self.purpose.spans]
        return {
            "value": self.number.value,
            "e164": self.e164,
            "purpose": purpose,
            "purpose_spans": spans,
            **self.number.trace(),
        }


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact card."""

    org: Maybe
    phone: tuple[Phone, ...] = ()
    hotline: tuple[Phone, ...] = ()
    email: tuple[Field[str], ...] = ()

    def plain(self) -> Json:
        return {
            "org": self.org.value,
            "phone": [p.number.value for p in self.phone],
            "hotline": [p.number.value for p in self.hotline],
            "email": [e.value for e in self.email],
        }

    def trace(self) -> Json:
        return {
            "org": self.org.trace(),
            "phone": [p.trace() for p in self.phone],
            "hotline": [p.trace() for p in self.hotline],
            "email": [{"value": e.value, **e.trace()} for e in self.email],
        }


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day by which something is due; `obligation` is the id of the item that says so."""

    date: Field[str]
    what: Field[str]
    obligation: str | None = None
    time: str | None = None

    def plain(self) -> Json:
        return {"date": self.date.value, "obligation": self.obligation, "what": self.what.value}

    def trace(self) -> Json:
        return {"date": self.date.trace(), "what": self.what.trace(), "time": self.time}


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A limit counted from an event ("trong vòng 24 giờ"): no day can be told from the text."""

    text: Field[str]
    hours: int
    obligation: str | None = None

    def trace(self) -> Json:
        return {
            "text": self.text.value,
            "hours": self.hours,
            "obligation": self.obligation,
            **self.text.trace(),
        }


@dataclass(frozen=True, slots=True)
class Signatory:
    """Authority line (KT. BỘ TRƯỞNG), title and name, told apart."""

    authority: Maybe
    title: Maybe
    name: Maybe

    def plain(self) -> Json:
        return {"authority": self.authority.value, "title": self.title.value, "name": self.name.value}

    def trace(self) -> Json:
        return {
            "authority": self.authority.trace(),
            "title": self.title.trace(),
            "name": self.name.trace(),
        }


@dataclass(frozen=True, slots=True)
class Ref:
    """Another document that this one rests on or points to."""

    number: Field[str]
    date: Maybe

    def plain(self) -> Json:
        return {"number": self.number.value, "date": self.date.value}

    def trace(self) -> Json:
        return {"number": self.number.trace(), "date": self.date.trace()}


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a dispatch; see `to_json` and docs/reference/reading.md."""

    kind: Field[str]
    issuer: Maybe = field(default_factory=absent)
    issuer_parent: Maybe = field(default_factory=absent)
    number: Maybe = field(default_factory=absent)
    number_missing_serial: bool = False
    place: Maybe = field(default_factory=absent)
    date: Maybe = field(default_factory=absent)
    date_note: str | None = None
    subject: Maybe = field(default_factory=absent)
    addressees: tuple[Field[str], ...] = ()
    window: Window | None = None
    obligations: tuple[Obligation, ...] = ()
    cves: tuple[Field[str], ...] = ()
    vuln_references: tuple[VulnReference, ...] = ()
    products: tuple[Field[str], ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    contacts: tuple[Contact, ...] = ()
    recipients: tuple[Field[str], ...] = ()
    signatory: Signatory | None = None
    refs: tuple[Ref, ...] = ()
    time_limits: tuple[TimeLimit, ...] = ()
    document_type: Maybe = field(default_factory=absent)  # the type's own name, as "công điện"
    urgency: Maybe = field(default_factory=absent)
    exercise: Field[str] | None = None  # the mark of an exercise
    filing: Maybe = field(default_factory=absent)
    general_audience: Maybe = field(default_factory=absent)
    same_as_above: Field[str] | None = None
    end_mark: Field[str] | None = None
    truncated: Field[str] | None = None
    list_open: bool = False

    def to_json(self) -> Json:
        """Plain JSON values with the label keys, and `readings` with spans and provenance."""
        return {
            "kind": self.kind.value,
            "issuer": self.issuer.value,
            "issuer_parent": self.issuer_parent.value,
            "number": self.number.value,
            "number_missing_serial": self.number_missing_serial,
            "place": self.place.value,
            "date": self.date.value,
            "date_note": self.date_note,
            "subject": self.subject.value,
            "addressees": [a.value for a in self.addressees],
            "window": None if self.window is None else self.window.plain(),
            "obligations": [o.plain() for o in self.obligations],
            "cves": [c.value for c in self.cves],
            "vuln_references": [v.plain() for v in self.vuln_references],
            "products": [p.value for p in self.products],
            "deadlines": [d.plain() for d in self.deadlines],
            "contacts": [c.plain() for c in self.contacts],
            "recipients_noi_nhan": [r.value for r in self.recipients],
            "signatory": None if self.signatory is None else self.signatory.plain(),
            "refs": [r.plain() for r in self.refs],
            "readings": self.trace(),
        }

    def trace(self) -> Json:
        """Where each value stands in the text given and how it came, in the order of the plain lists."""
        same = self.same_as_above
        return {
            "kind": self.kind.trace(document_type=self.document_type.value),
            "issuer": self.issuer.trace(),
            "issuer_parent": self.issuer_parent.trace(),
            "number": self.number.trace(),
            "place": self.place.trace(),
            "date": self.date.trace(),
            "subject": self.subject.trace(),
            "addressees": [a.trace() for a in self.addressees],
            "window": None if self.window is None else self.window.trace(),
            "obligations": [o.trace() for o in self.obligations],
            "cves": [c.trace() for c in self.cves],
            "vuln_references": [v.text.trace() for v in self.vuln_references],
            "products": [p.trace() for p in self.products],
            "deadlines": [d.trace() for d in self.deadlines],
            "time_limits": [t.trace() for t in self.time_limits],
            "contacts": [c.trace() for c in self.contacts],
            "recipients_noi_nhan": [r.trace() for r in self.recipients],
            "signatory": None if self.signatory is None else self.signatory.trace(),
            "refs": [r.trace() for r in self.refs],
            "urgency": _shown(self.urgency),
            "exercise": None if self.exercise is None else {"value": self.exercise.value, **self.exercise.trace()},
            "filing_unit": _shown(self.filing),
            "general_audience": _shown(self.general_audience),
            "same_as_above": None
            if same is None
            else {**same.trace(), "expands_to": [a.value for a in self.addressees]},
            "end_mark": None if self.end_mark is None else self.end_mark.trace(),
            "truncated": None if self.truncated is None else self.truncated.trace(),
            "list_open": self.list_open,
        }


def _shown(value: Maybe) -> Json | None:
    return None if value.value is None else {"value": value.value, **value.trace()}
