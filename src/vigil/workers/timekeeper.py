"""The timekeeper: seals the journal, and keeps proofs fresh.

Each round: seal what waits; see from the sealed entries which organisations changed; prove the watches of those, and
every watch of which some proof is missing or runs out soon.
"""

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

NAME = "timekeeper"
EVERY_S = 2.0
AHEAD = timedelta(minutes=2)


class Timekeeper:
    """Holds the position up to which changes were seen (a restart proves everything once)."""

    def __init__(self, *, key: Ed25519PrivateKey, journal: Path) -> None:
        self._key = key
        self._journal = journal
        self._seen: int | None = None

    def round(self) -> str:
        """One round; returns what was done."""
        now = clock.now()
        sealed = seal(key=self._key, folder=self._journal, now=now)
        changed = self._changed_organisations()
        proven = 0
        for watch in watches_to_prove():
            if changed is None or watch.organisation_id in changed or self._runs_out(watch):
                prove_watch(watch=watch, provers=provers_by_kind(), actor=worker(NAME), now=now)
                proven += 1
        return f"sealed {sealed}, proved {proven} watches"

    def _changed_organisations(self) -> set[UUID | None] | None:
        """Organisations with news since the last round; None the first time (all)."""
        last = (
            Entry.objects.exclude(sequence=None).order_by("-sequence").values_list("sequence", flat=True).first() or 0
        )
        seen, self._seen = self._seen, last
        if seen is None:
            return None
        news = Entry.objects.filter(sequence__gt=seen, sequence__lte=last).exclude(action__startswith="proof.")
        return set(news.values_list("organisation_id", flat=True).distinct())

    def _runs_out(self, watch: Watch) -> bool:
        due = clock.now() + AHEAD
        asked = watch.assignments.filter(applies=True, dropped_at=None)
        fresh = ProofSnapshot.objects.filter(assignment__watch=watch, current=True, valid_until__gt=due)
        return asked.exclude(Q(pk__in=fresh.values("assignment"))).exists()
