"""The courier: carries messages from the outbox to the outside, each claimed first, each channel in a lane of its own.

Each round: what waits is claimed, as far as its lane has room, and given to the lane; what a lane is done with is told
to the outbox. The round ends when nothing is under way, or after a few seconds: what hangs then stays in its lane, and
the next round hears of it. A courier that dies leaves claims behind; they run out, and the message goes again under the
same Message-ID.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from vigil.adapters.notifiers import gateway
from vigil.adapters.notifiers.channels import EMAIL, Channels
from vigil.adapters.notifiers.mail import MailServer
from vigil.domain.outbox.actions import LEASE, channels_due, claim, failed, sent
from vigil.domain.outbox.models import Message
from vigil.kernel import clock
from vigil.kernel.errors import Refused, Unavailable
from vigil.kernel.phrases import N_
from vigil.workers.lanes import Done, Lanes

log = logging.getLogger(__name__)

NAME = "courier"
EVERY_S = 1.0
AT_MOST = 50
ROUND_S = 5.0
GLANCE_S = 0.2
MAILS_AT_ONCE = 2
_NO_CHANNELS = Channels({}, {})


class Courier:
    """Carries mail through one server (None: none is configured, and mail waits untouched) and the rest by channel."""

    def __init__(
        self,
        *,
        server: MailServer | None,
        channels: Callable[[], Channels] = lambda: _NO_CHANNELS,
        lease: timedelta = LEASE,
        round_s: float = ROUND_S,
    ) -> None:
        self._server = server
        self._channels = channels
        self._lease = lease
        self._round_s = round_s
        self._lanes: Lanes[Message] = Lanes()
        self._left = 0

    def round(self) -> str:
        """Carry what is due, at most `AT_MOST` messages a channel; returns how many left."""
        self._left, given = 0, 0
        until = time.monotonic() + self._round_s
        while True:
            self._hear(0)
            given += self._hand_out(AT_MOST - given)
            if not self._lanes.busy or time.monotonic() > until:
                break
            self._hear(GLANCE_S)
        if self._server is None and not self._left:
            return "no mail server is configured (VIGIL_SMTP_URL)"
        hanging = f", {self._lanes.busy} under way" if self._lanes.busy else ""
        return f"sent {self._left}{hanging}"

    def _hand_out(self, room: int) -> int:
        given, usable = 0, self._channels().usable
        for name in channels_due(now=clock.now(), lease=self._lease):
            if name == EMAIL and self._server is None:
                continue
            channel = usable.get(name)
            at_once = MAILS_AT_ONCE if name == EMAIL else channel.at_once if channel else 1
            while given < room and self._lanes.has_room(name, at_once):
                message = claim(now=clock.now(), channel=name, lease=self._lease)
                if message is None:
                    break
                given += 1
                self._lanes.give(name, message, self._sending(message))
        return given

    def _sending(self, message: Message) -> Callable[[], None]:
        what = {
            "to": message.address, "title": message.title, "body": message.body, "message_id": message.message_id
        }  # fmt: skip
        if message.channel == EMAIL:
            assert self._server is not None  # noqa: S101 - `_hand_out`
            return partial(self._server.send, **what)
        channel = self._channels().usable.get(message.channel)
        if channel is None:
            return partial(_no_channel, message.channel)
        gateway.make_ready()
        return partial(gateway.send, channel, **what)

    def _hear(self, wait_s: float) -> None:
        for done in self._lanes.settled(lambda message: message.channel, wait_s):
            self._settle(done)

    def _settle(self, done: Done[Message]) -> None:
        message, error, now = done.work, done.error, clock.now()
        if error is None:
            sent(message=message, now=now)
            self._left += 1
        elif isinstance(error, Refused):
            failed(message=message, now=now, error=str(error), permanent=True)
        elif isinstance(error, Unavailable):
            failed(message=message, now=now, error=str(error))
        else:
            log.error("message %s cannot be written", message.pk, exc_info=error)
            failed(message=message, now=now, error=type(error).__name__, permanent=True)


def _no_channel(name: str) -> None:
    raise Refused("channel.unknown", N_("There is no channel {name} that could be used."), name=name)
