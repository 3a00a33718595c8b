"""Changing a clause."""

from dataclasses import replace
from datetime import date, datetime

from django.db import transaction

from vigil.domain.journal.actions import record
from vigil.domain.regimes.models import ClauseChange
from vigil.domain.regimes.queries import all_clauses
from vigil.engines.regimes import Clause
from vigil.kernel.actors import Actor
from vigil.kernel.errors import NotFound, Refused
from vigil.kernel.phrases import N_


@transaction.atomic
def change_clause(
    *,
    clause_id: str,
    starts: date,
    ends: date,
    hours: float | None,
    vi: str,
    en: str,
    source: str,
    why: str,
    actor: Actor,
    now: datetime,
) -> Clause:
    """Let a clause read otherwise from now on; its mark becomes "own". The old reading stays in the journal.

    Raises: NotFound `regime.no_clause`; Refused `regime.dates_crossed`, `regime.no_reason`.
    """
    before = next((clause for clause in all_clauses() if clause.id == clause_id), None)
    if before is None:
        raise NotFound("regime.no_clause", N_("There is no clause {id}."), id=clause_id)
    if ends < starts:
        raise Refused("regime.dates_crossed", N_("A clause cannot end before it starts."))
    if not why.strip():
        raise Refused("regime.no_reason", N_("Say why the clause is changed."))
    ClauseChange.objects.create(
        clause_id=clause_id,
        topic=before.topic,
        starts=starts,
        ends=ends,
        vi=vi,
        en=en,
        source=source,
        hours=hours,
        values=dict(before.values),
        changed_at=now,
    )
    record(
        actor=actor,
        now=now,
        action="regime.clause_changed",
        subject=f"regimes.clause:{clause_id}",
        why=why,
        facts={
            "before": {
                "starts": str(before.starts),
                "ends": str(before.ends),
                "hours": str(before.hours),
                "vi": before.vi,
                "en": before.en,
                "source": before.source,
            },
            "after": {
                "starts": str(starts),
                "ends": str(ends),
                "hours": str(hours),
                "vi": vi,
                "en": en,
                "source": source,
            },
        },
    )
    return replace(before, starts=starts, ends=ends, hours=hours, vi=vi, en=en, source=source)
