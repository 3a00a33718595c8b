"""The clauses in force here: what ships, overlaid by the administrator's changes."""

from datetime import date

from vigil.domain.regimes.models import ClauseChange
from vigil.engines.regimes import Clause, Mark, clauses_in_force, shipped_clauses


def all_clauses() -> list[Clause]:
    """Every clause as it reads today, shipped or changed."""
    clauses = {clause.id: clause for clause in shipped_clauses()}
    for change in ClauseChange.objects.order_by("changed_at", "id"):
        clauses[change.clause_id] = Clause(
            id=change.clause_id,
            topic=change.topic,
            starts=change.starts,
            ends=change.ends,
            vi=change.vi,
            en=change.en,
            source=change.source,
            mark=Mark.OWN,
            hours=change.hours,
            values=change.values,
        )
    return list(clauses.values())


def in_force(day: date, topic: str | None = None) -> list[Clause]:
    """The clauses in force on `day`."""
    return clauses_in_force(all_clauses(), day, topic)
