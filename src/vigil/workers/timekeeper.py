"""The timekeeper: seals the journal, and keeps proofs fresh.

Each round: seal what waits; see from the sealed entries which organisations changed; prove the watches of those, and
every watch of which some proof is missing or runs out soon.
"""

import logging
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigil.domain.directives.models import Watch, WatchState
from vigil.domain.journal.models import Entry
from vigil.domain.journal.sealer import seal
from vigil.domain.readiness.actions import prove_watch, watches_running_out
from vigil.domain.readiness.provers import provers_by_kind
from vigil.kernel import clock
from vigil.kernel.actors import worker

log = logging.getLogger(__name__)

NAME = "timekeeper"
EVERY_S = 2.0
AHEAD = timedelta(minutes=2)
LOOK_EVERY = timedelta(seconds=20)
AT_MOST = 100


class Timekeeper:
    """Holds the position up to which changes were seen, and whose watches are owed a measurement.

    A restart, which cannot know what changed meanwhile, owes one to every organisation with a watch that is not closed.
    """

    def __init__(self, *, key: Ed25519PrivateKey, journal: Path) -> None:
        self._key = key
        self._journal = journal
        self._seen: int | None = None
        self._owing: set[UUID] = set()
        self._failed: set[UUID] = set()
        self._looked_at: datetime | None = None

    def round(self) -> str:
        """One round; returns what was done. At most `AT_MOST` watches are proven, the others in the next rounds.

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
        self._see_changes()
        proven = 0
        for watch in self._due(now):
            try:
                prove_watch(watch=watch, provers=provers_by_kind(), actor=worker(NAME), now=clock.now())
            except Exception as error:
                log.exception("proving watch %s failed", watch.pk)
                faults.append(f"proving: {type(error).__name__}")
                self._failed.add(watch.organisation_id)
                continue
            proven += 1
        self._owing |= self._failed
        if faults:
            raise RuntimeError("; ".join(sorted(set(faults))))
        return f"sealed {sealed}, proved {proven} watches"

    def _see_changes(self) -> None:
        """Owe a measurement to the organisations of which the journal has news."""
        last = (
            Entry.objects.exclude(sequence=None).order_by("-sequence").values_list("sequence", flat=True).first() or 0
        )
        if self._seen is None:
            everybody = Watch.objects.exclude(state=WatchState.CLOSED)
            self._owing |= set(everybody.values_list("organisation_id", flat=True).distinct())
        else:
            news = Entry.objects.filter(sequence__gt=self._seen, sequence__lte=last).exclude(organisation_id=None)
            changed = news.exclude(action__startswith="proof.").values_list("organisation_id", flat=True)
            self._owing |= {found for found in changed.distinct() if found is not None}
        self._seen = last

    def _due(self, now: datetime) -> list[Watch]:
        """The watches of whom a measurement is owed to, then those of which one runs out (looked up now and then)."""
        self._failed = set()
        taken = set(islice(self._owing, AT_MOST))
        self._owing -= taken
        rows = Watch.objects.exclude(state=WatchState.CLOSED).select_related("organisation", "directive")
        due = list(rows.filter(organisation__in=taken))
        if len(due) < AT_MOST and (self._looked_at is None or now - self._looked_at >= LOOK_EVERY):
            running_out = watches_running_out(provers=provers_by_kind(), before=now + AHEAD, at_most=AT_MOST)
            due += [watch for watch in running_out if watch.organisation_id not in taken]
            self._looked_at = now if len(running_out) < AT_MOST else None
        return due
