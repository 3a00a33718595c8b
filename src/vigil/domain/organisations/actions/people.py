"""People: adding, changing, leaving."""

from datetime import datetime

from vigil.domain.journal.saving import save_and_record
from vigil.domain.organisations.models import Person
from vigil.kernel.actors import Actor

PERSONAL = ("name", "title", "mobile", "phone", "email")


def save_person(*, person: Person, actor: Actor, now: datetime) -> bool:
    """Add or change a person. What names them goes beside the journal's chain, not into it."""
    return save_and_record(person, actor=actor, now=now, organisation=person.organisation_id, personal=PERSONAL)


def person_left(*, person: Person, actor: Actor, now: datetime) -> bool:
    """The person has left; history keeps the name."""
    person.left_at = now
    return save_person(person=person, actor=actor, now=now)


def person_returned(*, person: Person, actor: Actor, now: datetime) -> bool:
    """The person is back, or never left."""
    person.left_at = None
    return save_person(person=person, actor=actor, now=now)
