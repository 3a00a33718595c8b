"""By which door somebody comes to their own shifts: signed in, or by the key from a message. The pages are the same."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from vigil.domain.duty.actions.keys import key_of
from vigil.domain.duty.models import DutyRow, How, KeyUse
from vigil.domain.duty.queries import in_force
from vigil.domain.organisations.models import Person
from vigil.faces.web.scoping import user_of
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.errors import NotFound
from vigil.kernel.phrases import N_


@dataclass(frozen=True, slots=True)
class Door:
    """Who came in, as whom the journal knows them, and how addresses behind this door are written."""

    person: Person
    actor: Actor
    token: str = ""

    @property
    def how(self) -> str:
        """How a check-in without a code through this door is told."""
        return How.LINK if self.token else How.PAGE

    def url(self, name: str, *args: object) -> str:
        """`name` of the signed-in pages (`my_...`), or its twin behind the key."""
        if self.token:
            return reverse(name.replace("my_", "shift_", 1), args=[self.token, *args])
        return reverse(name, args=list(args))

    def row(self, pk: UUID) -> DutyRow:
        """A shift of this person. Raises: NotFound for any other."""
        found = in_force().filter(pk=pk, person=self.person).first()
        if found is None:
            raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
        return found


def door_of(request: HttpRequest, token: str = "") -> Door | None:
    """The door; None for an account that is linked to no person. Raises: NotFound `duty.key`."""
    if token:
        key = key_of(token, KeyUse.SHIFTS, clock.now())
        assert key.person is not None  # noqa: S101 - a key to shifts is a person's
        return Door(key.person, Actor("link", str(key.pk), key.person.name), token)
    user = user_of(request)
    return Door(user.person, user.as_actor()) if user.person is not None else None
