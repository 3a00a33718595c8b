"""Whom a step of an escalation reaches: asked of a high room (duty) by a low one (paging) through this protocol."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from vigil.kernel.phrases import N_


class Target(StrEnum):
    """Whom a step is for; PERSON alone is known without the roster."""

    ON_DUTY = "on_duty"
    ON_CALL = "on_call"
    BACKUP = "backup"
    LEAD = "lead"
    NEXT_SHIFT = "next_shift"
    STANDING_LEAD = "standing_lead"
    PERSON = "person"

    @property
    def label(self) -> str:
        """The English words (a message id)."""
        return _LABELS[self]


_LABELS = {
    Target.ON_DUTY: N_("Those on duty now"),
    Target.ON_CALL: N_("Those on call now"),
    Target.BACKUP: N_("The backup"),
    Target.LEAD: N_("The lead of the present shift"),
    Target.NEXT_SHIFT: N_("The next shift"),
    Target.STANDING_LEAD: N_("The standing lead"),
    Target.PERSON: N_("A named person"),
}


class OnCall(Protocol):
    """Knows who stands where; the room that keeps rosters implements it, `VIGIL_ON_CALL` names it."""

    def people(
        self,
        organisation: UUID,
        target: Target,
        at: datetime,
        *,
        post: UUID | None = None,
        function: str | None = None,
        exercise: bool = False,
    ) -> Sequence[UUID]:
        """The persons (ids of `organisations.Person`) that `target` means at `at`, best first; nobody: empty.

        `post` or `function`, when given, narrow it. While a real watch and an exercise run beside each other, whoever
        stands in the one is not asked about the other. Reads only; asked inside the transaction that decides a step.
        """
        ...


class NobodyOnCall:
    """What stands in while no room keeps rosters: nobody is on duty, and every escalation says so."""

    def people(
        self,
        organisation: UUID,
        target: Target,
        at: datetime,
        *,
        post: UUID | None = None,
        function: str | None = None,
        exercise: bool = False,
    ) -> Sequence[UUID]:
        """Nobody."""
        return ()
