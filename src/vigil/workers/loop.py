"""The loop that every worker shares: a round, a sign of life, a pause; a failed round is told, the next one tried."""

import logging
import threading
from collections.abc import Callable

from django.db import DatabaseError, close_old_connections

from vigil.domain.vitals.actions import beat
from vigil.kernel import clock
from vigil.kernel.errors import Unavailable

log = logging.getLogger(__name__)


def run(*, name: str, round: Callable[[], str], every_s: float, stop: threading.Event) -> None:
    """Run `round` every `every_s` seconds until `stop` is set. `round` returns a few words on what it did."""
    told = ""
    while not stop.is_set():
        close_old_connections()
        failed, detail = False, ""
        try:
            detail = round()
        except Unavailable as error:  # known, and said without what fills the sentence: /healthz is open to all
            failed, detail = True, error.phrase.wording if not error.facts else error.code
            if detail != told:
                log.error("worker %s: %s", name, error.phrase)
        except Exception as error:
            failed, detail = True, type(error).__name__  # the words go to the log: /healthz is open to all
            log.exception("worker %s: a round failed", name)
        told = detail if failed else ""
        try:
            beat(name=name, now=clock.now(), detail=detail, failed=failed)
        except DatabaseError:
            log.exception("worker %s: cannot say that it lives", name)
        stop.wait(every_s)
