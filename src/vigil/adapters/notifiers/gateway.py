"""One message out by a channel of the operator's, through apprise. Says whether it was taken, may be later, or never.

Apprise speaks in its log; of that nothing is kept but the HTTP status, since the rest may hold an address or a secret.
Redirects are not followed: the way out is the one that the operator wrote down.
"""

import logging
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final
from urllib.parse import quote

from vigil.adapters.notifiers.channels import WEBHOOKS, Channel
from vigil.kernel.errors import Refused, Unavailable
from vigil.kernel.phrases import N_

CONNECT_S: Final = 10.0
ID_HEADER: Final = "X-Vigil-Message-ID"
_FOR_NOW: Final = {408, 409, 423, 425, 429}


class _Statuses(logging.Handler):
    """Keeps the last HTTP status that each thread's sending told of."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._kept = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        found = re.search(r"error=(\d{3})\b", record.getMessage())
        if found:
            self._kept.status = int(found.group(1))

    @contextmanager
    def watched(self) -> Iterator[Any]:
        self._kept.status = None
        yield self._kept


@cache
def _apprise() -> tuple[Any, _Statuses]:
    import apprise

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its plug-ins, all loaded at the first use, bring old modules along
        apprise.Apprise.instantiate("json://localhost")
    statuses = _Statuses()
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.handlers = [statuses]
    logger.setLevel(logging.WARNING)
    return apprise, statuses


def make_ready() -> None:
    """Load what sending needs (a second or two); before threads send."""
    _apprise()


def check_template(channel: Channel) -> bool:
    """Whether apprise understands the channel's template, with an address of the right kind in it."""
    sample = {"phone": "+84912000001", "email": "truc@donvi.example", "chat": "1000001"}[channel.takes]
    return _plugin(channel, sample, "<sample@vigil>") is not None


def _plugin(channel: Channel, address: str, message_id: str) -> Any:
    apprise, _ = _apprise()
    url = channel.filled(address)
    if channel.scheme in WEBHOOKS:
        mark = "&" if "?" in url else "?"
        url = f"{url}{mark}+{ID_HEADER}={quote(message_id, safe='')}"
    try:
        made = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    except Exception:  # noqa: BLE001 - a foreign plug-in may fail in any way on what it is given
        return None
    if made is None:
        return None
    made.socket_connect_timeout, made.socket_read_timeout = min(channel.timeout_s, CONNECT_S), channel.timeout_s
    made.redirects = False
    made.persistent_storage = False
    return made


def send(channel: Channel, *, to: str, title: str, body: str, message_id: str) -> None:
    """Hand the message to the channel's provider; blocks for about `channel.timeout_s` at most, and ten seconds more.

    Raises: Refused `channel.refused`, `channel.rejected` when it will never be taken; Unavailable
    `channel.unavailable` when it may be later.
    """
    apprise, statuses = _apprise()
    never = N_("The channel {name} cannot be used with this address.")
    try:
        plugin = _plugin(channel, to, message_id)
    except ValueError as error:
        raise Refused("channel.refused", never, name=channel.name) from error
    if plugin is None:
        raise Refused("channel.refused", never, name=channel.name)
    with statuses.watched() as kept:
        try:
            taken = plugin.notify(
                body=body, title=title, notify_type=apprise.NotifyType.WARNING, body_format=apprise.NotifyFormat.TEXT
            )
        except Exception as error:  # noqa: BLE001 - a foreign plug-in; its words may hold an address
            raise Unavailable(
                "channel.unavailable",
                N_("The provider of the channel {name} does not answer ({why})."),
                name=channel.name,
                why=type(error).__name__,
            ) from None
        status = kept.status
    if taken:
        return
    why = f"HTTP {status}" if status else "?"
    if status is not None and 400 <= status < 500 and status not in _FOR_NOW:
        raise Refused(
            "channel.rejected",
            N_("The provider of the channel {name} refused the message ({why})."),
            name=channel.name,
            why=why,
        )
    raise Unavailable(
        "channel.unavailable",
        N_("The provider of the channel {name} does not answer ({why})."),
        name=channel.name,
        why=why,
    )
