"""The courier: carries messages from the outbox to the outside, one by one, each claimed first."""

import logging

from vigil.adapters.notifiers.mail import MailServer
from vigil.domain.outbox.actions import claim, failed, sent
from vigil.kernel import clock
from vigil.kernel.errors import Refused, Unavailable

log = logging.getLogger(__name__)

NAME = "courier"
EVERY_S = 1.0
AT_MOST = 50


class Courier:
    """Carries through one mail server; None: none is configured, and messages wait untouched."""

    def __init__(self, *, server: MailServer | None) -> None:
        self._server = server

    def round(self) -> str:
        """Carry what is due, at most `AT_MOST` messages; returns how many left."""
        if self._server is None:
            return "no mail server is configured (VIGIL_SMTP_URL)"
        left = 0
        for _ in range(AT_MOST):
            message = claim(now=clock.now())
            if message is None:
                break
            try:
                self._server.send(
                    to=message.address, title=message.title, body=message.body, message_id=message.message_id
                )
            except Refused as error:
                failed(message=message, now=clock.now(), error=str(error), permanent=True)
            except Unavailable as error:
                failed(message=message, now=clock.now(), error=str(error))
            except Exception as error:
                log.exception("message %s cannot be written", message.pk)
                failed(message=message, now=clock.now(), error=type(error).__name__, permanent=True)
            else:
                sent(message=message, now=clock.now())
                left += 1
        return f"sent {left}"
