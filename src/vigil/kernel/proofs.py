"""What a proof is, and the two protocols by which low rooms are asked for what higher ones need.

A proof says of one obligation and one organisation what is really so: a verdict, its basis, the facts it was
computed from, when it was measured and until when that holds. "Cannot tell" is never "met"; an empty set is
never 100 %; a proof past its `valid_until` reads "cannot tell".
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from vigil.kernel.phrases import N_, Phrase, phrase


class Verdict(StrEnum):
    """The four answers; there is no fifth and no percentage."""

    MET = "met"
    AT_RISK = "at_risk"
    NOT_MET = "not_met"
    CANNOT_TELL = "cannot_tell"

    @property
    def label(self) -> str:
        """The English word (a message id)."""
        return _VERDICT_LABELS[self]


class Basis(StrEnum):
    """How Vigil knows. The three are counted apart and never blended."""

    MEASURED = "measured"
    REPORTED = "reported"
    ATTESTED = "attested"

    @property
    def label(self) -> str:
        """The English words (a message id)."""
        return _BASIS_LABELS[self]


_VERDICT_LABELS = {
    Verdict.MET: N_("Met"),
    Verdict.AT_RISK: N_("At risk"),
    Verdict.NOT_MET: N_("Not met"),
    Verdict.CANNOT_TELL: N_("Cannot tell"),
}
_BASIS_LABELS = {
    Basis.MEASURED: N_("Measured here"),
    Basis.REPORTED: N_("Reported by a peer"),
    Basis.ATTESTED: N_("Attested by a person"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """One obligation asked of one organisation over one window (aware instants, start <= end)."""

    assignment: UUID
    code: str
    kind: str
    organisation: UUID
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing a verdict was computed from: a phrase, and whether it speaks for the obligation."""

    statement: Phrase
    holds: bool | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """The answer to a `Question`. Instants are aware."""

    question: Question
    verdict: Verdict
    basis: Basis
    sentence: Phrase
    measured_at: datetime
    valid_until: datetime
    facts: tuple[Fact, ...] = ()
    next_step: Phrase | None = None
    next_link: str = ""

    def as_of(self, instant: datetime) -> "Proof":
        """The proof as it reads at `instant`: expired ones read "cannot tell"."""
        if instant <= self.valid_until:
            return self
        stale = phrase(N_("The last measurement is no longer valid; nothing newer is known."))
        return replace(self, verdict=Verdict.CANNOT_TELL, sentence=stale)


class Prover(Protocol):
    """A room that can prove obligations of some kinds from its own live data.

    It may say in `homes` ("here", "guest", "peer") for whose organisations this side can measure; unsaid: here alone.
    """

    kinds: Collection[str]

    def prove(self, question: Question, now: datetime) -> Proof:
        """The proof of `question` at `now`; reads only, raises nothing for missing data (says so instead)."""
        ...


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something unfinished that a hand-over or a closing must not drop."""

    room: str
    statement: Phrase
    since: datetime
    link: str = ""


class OpenItems(Protocol):
    """A room that can list what is unfinished in an organisation."""

    def open_items(self, organisation: UUID, now: datetime) -> Sequence[OpenItem]:
        """Everything unfinished at `now`, oldest first."""
        ...


def cannot_tell(question: Question, now: datetime, why: Phrase, next_step: Phrase | None = None) -> Proof:
    """The honest answer where nothing measures the obligation; holds for an hour."""
    return Proof(
        question=question,
        verdict=Verdict.CANNOT_TELL,
        basis=Basis.MEASURED,
        sentence=why,
        measured_at=now,
        valid_until=now + timedelta(hours=1),
        next_step=next_step,
    )
