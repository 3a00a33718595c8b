"""The liaison: keeps the links with Vigils above, and notices when any link is cut.

Each round, for each peer above: ask for a token when there is none or it runs out; say that we live; post what waits,
in the order of its subject; read what is new. What fails for one peer is told on its page and stops no other.
"""

import logging
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from vigil.adapters.peers.bounded import BoundedHttp
from vigil.adapters.peers.letters import VigilPost
from vigil.adapters.peers.taxii import Client
from vigil.domain.exchange.actions.joining import note_trouble
from vigil.domain.exchange.actions.sending import forget_old
from vigil.domain.exchange.actions.watching import notice_outages, thin
from vigil.domain.exchange.keyring import Keyring
from vigil.domain.exchange.models import Link, Peer, PeerSide, PeerState
from vigil.domain.exchange.receiving import Receiver
from vigil.kernel import clock
from vigil.kernel.actors import worker
from vigil.kernel.errors import VigilError
from vigil.workers.calls import Call, TokenWanted

log = logging.getLogger(__name__)

NAME: Final = "liaison"
EVERY_S: Final = 0.5
RENEW_BEFORE: Final = timedelta(days=7)
LONGEST_PAUSE_S: Final = 60.0
_HOUSEKEEPING_S: Final = 3600.0
_LOOK_S: Final = 3.0


@dataclass
class _Talk:
    """What the liaison remembers of a peer between rounds. A restart loses nothing that counts."""

    http: BoundedHttp
    due: float = 0.0
    failures: int = 0
    polled: dict[str, str] = field(default_factory=dict)
    tips: dict[str, str] = field(default_factory=dict)


class Liaison:
    """Speaks with every peer above. `receiver` gives what arrives its meaning."""

    def __init__(
        self, *, keyring: Keyring, receiver: Callable[[], Receiver], interval_s: float, ca: Path | None = None
    ) -> None:
        self._keyring = keyring
        self._receiver = receiver
        self._interval_s = interval_s
        self._ca = ca
        self._talks: dict[UUID, _Talk] = {}
        self._tidied = 0.0
        self._looked = 0.0

    def round(self) -> str:
        """One round; returns what was done."""
        now = clock.now()
        peers = Peer.objects.filter(side=PeerSide.ABOVE).exclude(state=PeerState.REVOKED)
        up = sum(self._speak(peer) for peer in peers.select_related("organisation"))
        cut = 0
        if time.monotonic() - self._looked > _LOOK_S:
            self._looked = time.monotonic()
            cut = notice_outages(actor=worker(NAME), now=now)
        if time.monotonic() - self._tidied > _HOUSEKEEPING_S or not self._tidied:
            self._tidied = time.monotonic()
            forget_old(now=now)
            thin(now=now)
        return f"{up} links above answer" + (f", {cut} links newly cut" if cut else "")

    def _speak(self, peer: Peer) -> bool:
        talk = self._talks.get(peer.pk)
        if talk is None or talk.http.url != peer.url:
            try:
                talk = self._talks[peer.pk] = _Talk(BoundedHttp(peer.url, ca=self._ca))
            except VigilError as error:
                note_trouble(peer=peer, trouble=error.phrase)
                return False
        try:
            self._converse(peer, talk)
        except TokenWanted:
            Link.objects.filter(pk=peer.pk).update(token_expires_at=None)
            self._pause(talk)
        except VigilError as error:
            log.info("link with %s: %s", peer.pk, error)
            note_trouble(peer=peer, trouble=error.phrase)
            self._pause(talk, float(error.facts.get("retry_after_s") or 0))
        else:
            talk.failures = 0
        return talk.failures == 0

    def _pause(self, talk: _Talk, at_least_s: float = 0.0) -> None:
        """Later and later up to a minute, each a little off, so that a thousand members do not come back at once."""
        talk.failures += 1
        pause = min(self._interval_s * 2 ** (min(talk.failures, 8) - 1), max(LONGEST_PAUSE_S, self._interval_s))
        talk.due = time.monotonic() + max(at_least_s, min(pause, LONGEST_PAUSE_S) * random.uniform(0.5, 1.0))  # noqa: S311

    def _converse(self, peer: Peer, talk: _Talk) -> None:
        call = Call(peer, VigilPost(talk.http), self._keyring, worker(NAME))
        due = time.monotonic() >= talk.due
        if not due and (talk.failures or peer.state == PeerState.PENDING):
            return
        if self._wants_token(peer, clock.now()):
            talk.due = time.monotonic() + self._interval_s
            if not call.renew():
                return
            due = True
        if due:
            call.finish_rotation()
            talk.tips = call.beat(self._interval_s)
            talk.due = time.monotonic() + self._interval_s
        root = Link.objects.values_list("api_root", flat=True).get(pk=peer.pk)
        taxii = Client(talk.http, root=root, token=self._keyring.token(peer.pk))
        call.post_waiting(taxii)
        for alias, tip in talk.tips.items():
            if talk.polled.get(alias) != tip and call.read(taxii, alias, self._receiver()):
                talk.polled[alias] = tip

    def _wants_token(self, peer: Peer, now: datetime) -> bool:
        until = Link.objects.values_list("token_expires_at", flat=True).get(pk=peer.pk)
        with suppress(OSError):
            if peer.state == PeerState.ACTIVE and until is not None and self._keyring.token(peer.pk):
                return until - now < RENEW_BEFORE
        return True
