"""The timekeeper: seals the journal, and keeps proofs fresh.

Each round: seal what waits; see from the sealed entries which organisations changed; prove the watches of those, and
every watch of which some proof is missing or runs out soon.
"""

import logging
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db.models import Q

from vigil.domain.directives.models import Watch
from vigil.domain.journal.models import Entry
from vigil.domain.journal.sealer import seal
from vigil.domain.readiness.actions import prove_watch, watches_to_prove
from vigil.domain.readiness.models import ProofSnapshot
from vigil.domain.readiness.provers import provers_by_kind
from vigil.kernel import clock
from vigil.kernel.actors import worker

log = logging.getLogger(__name__)

NAME = "timekeeper"
EVERY_S = 2.0
AHEAD = timedelta(minutes=2)


class Timekeeper:
    """Holds the position up to which changes were seen (a restart proves everything once)."""

    def __init__(self, *, key: Ed25519PrivateKey, journal: Path) -> None:
        self._key = key
        self._journal = journal
        self._seen: int | None = None  # None: everything is proven once
        self._owing: set[UUID | None] = set()

    def round(self) -> str:
        """One round; returns what was done.

        Raises: RuntimeError after the round when sealing or some watch's proofs failed; the rest was done, and what
        failed is tried again in the next round.
        """
        now, faults = clock.now(), []
        sealed = 0
        try:
            sealed = seal(key=self._key, folder=self._journal, now=now)
        except Exception as error:
            log.exception("sealing failed")
            faults.append(f"sealing: {type(error).__name__}")
        last, changed = self._changed_organisations()
        self._owing |= changed
        proven = 0
        for watch in watches_to_prove():
            if self._seen is None or watch.organisation_id in self._owing or self._runs_out(watch):
                try:
                    prove_watch(watch=watch, provers=provers_by_kind(), actor=worker(NAME), now=clock.now())
                except Exception as error:
                    log.exception("proving watch %s failed", watch.pk)
                    faults.append(f"proving: {type(error).__name__}")
                    continue
                proven += 1
        if not faults:
            self._seen, self._owing = last, set()
        if faults:
            raise RuntimeError("; ".join(sorted(set(faults))))
        return f"sealed {sealed}, proved {proven} watches"

    def _changed_organisations(self) -> tuple[int, set[UUID | None]]:
        """The last sealed entry, and the organisations with news since the last round that went well."""
        last = (
            Entry.objects.exclude(sequence=None).order_by("-sequence").values_list("sequence", flat=True).first() or 0
        )
        news = Entry.objects.filter(sequence__gt=self._seen or 0, sequence__lte=last).exclude(
            action__startswith="proof."
        )
        return last, set(news.values_list("organisation_id", flat=True).distinct())

    def _runs_out(self, watch: Watch) -> bool:
        due = clock.now() + AHEAD
        asked = watch.assignments.filter(applies=True, dropped_at=None)
        fresh = ProofSnapshot.objects.filter(assignment__watch=watch, current=True, valid_until__gt=due)
        return asked.exclude(Q(pk__in=fresh.values("assignment"))).exists()
