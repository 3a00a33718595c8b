"""By which way a letter about somebody's shifts reaches them: mail; without an address, the first way of a page."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from vigil.domain.organisations.models import Person
from vigil.domain.outbox.actions import queue
from vigil.domain.paging.channels import channels
from vigil.domain.paging.deciding import ways_to
from vigil.kernel.sms import for_sms


def way_to(person: Person) -> tuple[str, str] | None:
    """The channel and the address on it; None where no way is known."""
    if person.email:
        return "email", person.email
    return next(((channel, address) for channel, address, _ in ways_to(person)), None)


def send(
    *, way: tuple[str, str], title: str, body: str, link: str, about: str, organisation: UUID, now: datetime
) -> None:
    """Queue it; as an SMS the title and the link, the title alone where both are too long."""
    channel, address = way
    found = channels().usable.get(channel)
    if found is not None and found.sms:
        body = for_sms(f"VIGIL: {title}.")
        with suppress(ValueError):
            body = for_sms(f"VIGIL: {title}.", link)
        title = ""
    queue(
        address=address, title=title, body=body, now=now, about=about, organisation=organisation, channel=channel
    )  # fmt: skip
