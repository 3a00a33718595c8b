"""The channels as the room sees them: read anew when the file changes; what an address on each must look like."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from vigil.adapters.notifiers.channels import Channel, Channels, allowed_schemes, is_chat_address, read_channels
from vigil.domain.organisations.actions.contacts import e164
from vigil.domain.organisations.models import Person
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_


def channels() -> Channels:
    """What `VIGIL_CHANNELS` gives now."""
    path = Path(settings.VIGIL_CHANNELS)
    try:
        found = path.stat()
        stamp = (found.st_mtime_ns, found.st_size, found.st_mode)
    except OSError:
        stamp = (0, 0, 0)
    return _read(path, settings.VIGIL_CHANNEL_SCHEMES, stamp)


@lru_cache(maxsize=8)
def _read(path: Path, schemes: str, stamp: tuple[int, int, int]) -> Channels:
    return read_channels(path, allowed_schemes(schemes))


def channel_named(name: str) -> Channel:
    """Raises: Refused `paging.no_channel` when it is not set up, or set aside."""
    found = channels().usable.get(name)
    if found is None:
        raise Refused("paging.no_channel", N_("There is no channel {name} that could be used."), name=name[:40])
    return found


def normalised(channel: Channel, address: str) -> str:
    """The address as it is kept: telephones in E.164, the rest without blanks around.

    Raises: Refused `paging.bad_number`, `paging.bad_address`.
    """
    text = address.strip()
    if channel.takes == "phone":
        number = e164(text) if len(text) <= 40 else ""
        if not number:
            raise Refused("paging.bad_number", N_("{value} is not a telephone number."), value=text[:40])
        return number
    if channel.takes == "email":
        try:
            validate_email(text)
        except ValidationError as error:
            raise Refused("paging.bad_address", N_("{value} is not a mail address."), value=text[:80]) from error
        return text
    if not is_chat_address(text):
        raise Refused(
            "paging.bad_address", N_("{value} is not an address on {name}."), value=text[:80], name=channel.name
        )
    return text


def implied_routes(person: Person) -> list[tuple[str, str]]:
    """Ways to somebody who set up none: (channel, address) from the mobile number and the mail address on record."""
    found = []
    number = e164(person.mobile) if person.mobile else ""
    if number:
        by_sms = next((c for c in channels().usable.values() if c.sms and c.takes == "phone"), None)
        if by_sms is not None:
            found.append((by_sms.name, number))
    if person.email:
        found.append(("email", person.email))
    return found
