"""The shapes of what goes out and comes in."""

from datetime import date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from ninja import Field, Schema
from pydantic import ConfigDict, StringConstraints

from vigil.domain.directives.models import (
    CampaignState,
    DirectiveState,
    ObligationKind,
    ReceiptKind,
    RecipientRole,
    RecipientState,
    WatchState,
)
from vigil.domain.estate.models import EdgeKind, Platform
from vigil.domain.exchange.models import PeerKind, PeerSide, PeerState
from vigil.domain.organisations.models import ChannelKind, Home, Hours, Purpose
from vigil.kernel.proofs import Basis, Verdict

T = TypeVar("T")
_PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"


class Page(Schema, Generic[T]):
    """A page of a list. `next_cursor` goes on: as `cursor`, or of changes as `changed_after`."""

    items: list[T]
    removed: list[UUID] = Field([], description="Of changes: keys of what was removed.")
    more: bool
    next_cursor: str | None = None
    change_cursor: str | None = Field(None, description="On a first page: where changes since it begin.")


class Problem(Schema):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, str]] | None = None


class OrganisationOut(Schema):
    id: UUID
    parent: UUID | None
    name: str
    short_name: str
    code: str
    audience_codes: list[str]
    home: Home
    address: str


class PersonOut(Schema):
    id: UUID
    organisation: UUID
    unit: UUID | None
    name: str
    title: str
    mobile: str
    phone: str
    email: str
    language: str
    left_at: datetime | None


class Channel(Schema):
    kind: ChannelKind
    value: Annotated[str, StringConstraints(min_length=1, max_length=320, pattern=_PLAIN)]


class ContactPointOut(Schema):
    id: UUID
    organisation: UUID
    person: UUID | None
    label: str
    purpose: Purpose
    hours: Hours
    channels: list[Channel]
    filed_at: datetime
    verified_at: datetime | None
    retired_at: datetime | None


class SystemOut(Schema):
    id: UUID
    organisation: UUID
    operating_unit: UUID | None
    name: str
    code: str
    level: int | None
    important: bool
    important_reason: str
    platforms: list[str]
    addresses: str
    notes: str
    retired_at: datetime | None


class EdgeDeviceOut(Schema):
    id: UUID
    organisation: UUID
    kind: EdgeKind
    name: str
    address: str
    uplink: str


class DispatchOut(Schema):
    id: UUID
    organisation: UUID
    directive: UUID | None
    sha256: str
    size_bytes: int
    filename: str
    media_type: str
    received_at: datetime


class ObligationOut(Schema):
    id: UUID
    position: int
    code: str
    kind: ObligationKind
    audience: str
    text: str
    deadline_at: datetime | None
    derived: bool


class DirectiveOut(Schema):
    id: UUID
    organisation: UUID
    dispatch: UUID
    state: DirectiveState
    version: int
    kind: str
    issuer: str
    number: str
    numbered: bool
    place: str
    issued_on: date | None
    subject: str
    window_event: str
    window_start: date | None
    window_end: date | None
    addressees: list[Any]
    cves: list[Any]
    created_at: datetime
    confirmed_at: datetime | None
    obligations: list[ObligationOut]


class WatchOut(Schema):
    id: UUID
    organisation: UUID
    directive: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    state: WatchState
    opened_at: datetime | None
    closed_at: datetime | None
    closing_note: str
    exercise: bool


class ProofOut(Schema):
    """What holds now on one basis. `expired`: its validity has run out, so it reads "cannot tell"."""

    verdict: Verdict
    basis: Basis
    sentence: str
    measured_at: datetime | None
    valid_until: datetime | None
    expired: bool


class AssignmentOut(Schema):
    """One row of a board. `proof` is the first of `proofs`; no basis is blended into another."""

    id: UUID
    watch: UUID
    obligation: ObligationOut
    applies: bool
    applies_reason: str
    person: UUID | None
    own_deadline_at: datetime | None
    dropped_at: datetime | None
    proof: ProofOut | None
    proofs: list[ProofOut]


class CampaignOut(Schema):
    id: UUID
    organisation: UUID | None
    directive: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    answer_by_at: datetime | None
    exercise: bool
    state: CampaignState
    version: int
    created_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None


class RecipientOut(Schema):
    id: UUID
    campaign: UUID
    campaign_title: str
    sender: str
    organisation: UUID
    role: RecipientRole
    home: Home
    directive: UUID | None
    watch: UUID | None
    state: RecipientState
    state_at: datetime | None
    sent_at: datetime | None
    answer_by_at: datetime | None
    reason: str


class ReceiptOut(Schema):
    id: UUID
    recipient: UUID
    directive: UUID
    kind: ReceiptKind
    basis: Basis
    at: datetime
    received_at: datetime
    by: str
    reason: str


class DrillOut(Schema):
    id: UUID
    campaign: UUID
    text: str
    started_at: datetime
    answer_by_at: datetime
    ended_at: datetime | None
    outcomes: dict[str, int] = Field(description="Probes by outcome.")


class LinkOut(Schema):
    id: UUID
    organisation: UUID
    name: str
    kind: PeerKind
    side: PeerSide
    state: PeerState
    created_at: datetime
    linked_at: datetime | None
    revoked_at: datetime | None
    beat_at: datetime | None
    outage_since: datetime | None
    round_trip_ms: float | None


class EntryOut(Schema):
    """A sealed journal entry, without what is personal."""

    id: UUID
    sequence: int
    at: datetime
    actor: str
    action: str
    subject: str
    organisation: UUID | None
    why: str
    facts: dict[str, Any]
    hash: str


Name200 = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PLAIN)]
Name300 = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=_PLAIN)]
Text40 = Annotated[str, StringConstraints(min_length=0, max_length=40, pattern=_PLAIN)]
Text60 = Annotated[str, StringConstraints(min_length=0, max_length=60, pattern=_PLAIN)]
Text200 = Annotated[str, StringConstraints(min_length=0, max_length=200, pattern=_PLAIN)]
Text254 = Annotated[str, StringConstraints(min_length=0, max_length=254, pattern=_PLAIN)]
Text500 = Annotated[str, StringConstraints(min_length=0, max_length=500, pattern=_PLAIN)]
Text1000 = Annotated[str, StringConstraints(min_length=0, max_length=1000, pattern=_PLAIN)]
Text5000 = Annotated[str, StringConstraints(min_length=0, max_length=5000, pattern=_PLAIN)]
Said5000 = Annotated[str, StringConstraints(min_length=1, max_length=5000, pattern=_PLAIN)]


class _In(Schema):
    model_config = ConfigDict(extra="forbid")


class PersonFields(_In):
    """Fields of a person that may be changed; those not named stay."""

    unit: UUID | None = None
    name: Name200 = ""
    title: Text200 = ""
    mobile: Text40 = ""
    phone: Text40 = ""
    email: Text254 = ""
    language: Literal["vi", "en"] = "vi"


class PersonIn(PersonFields):
    """A new person."""

    organisation: UUID
    name: Name200


class ContactPointFields(_In):
    """Fields of a contact point that may be changed; a changed channel must be tested again."""

    person: UUID | None = None
    label: Name200 = ""
    purpose: Purpose = Purpose.INFORMATION
    hours: Hours = Hours.ALWAYS
    channels: Annotated[list[Channel], Field(min_length=1, max_length=50)] = []


class ContactPointIn(ContactPointFields):
    """A new contact point."""

    organisation: UUID
    label: Name200
    channels: Annotated[list[Channel], Field(min_length=1, max_length=50)]


class SystemFields(_In):
    """Fields of a system that may be changed; an important one needs its reason."""

    operating_unit: UUID | None = None
    name: Name300 = ""
    code: Text60 = ""
    level: Annotated[int, Field(ge=1, le=5)] | None = None
    important: bool = False
    important_reason: Text500 = ""
    platforms: Annotated[list[Platform], Field(max_length=20)] = []
    addresses: Text5000 = ""
    notes: Text5000 = ""


class SystemIn(SystemFields):
    """A new system."""

    organisation: UUID
    name: Name300


class WatchIn(_In):
    """A watch over whole days in Viet Nam; `open`: at once, else planned."""

    directive: UUID
    first_day: date
    last_day: date
    open: bool = False


class ClosingIn(_In):
    """`note`: why, when things are still open."""

    note: Text5000 = ""


class AnswerIn(_In):
    """An answer to a directive that was received; a refusal needs its reason."""

    kind: Literal["read", "accepted", "refused"]
    reason: Text1000 = ""


class StatementIn(_In):
    """What is so of one obligation, stated under the name of the token's user."""

    assignment: UUID
    verdict: Literal["met", "at_risk", "not_met"]
    text: Said5000
