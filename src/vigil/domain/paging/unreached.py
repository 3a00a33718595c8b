"""Pages that wait and have reached nobody: no step found a person with a way that works."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from vigil.domain.paging.models import Outcome, Page, PageState, PageStep, StepKind
from vigil.domain.vitals.queries import Vital
from vigil.kernel.phrases import N_, phrase


def unreached() -> QuerySet[Page]:
    """Whatever they are about, but for tests. A page whose first step is still to come is not among them."""
    steps = PageStep.objects.filter(page=OuterRef("pk"), kind=StepKind.STEP)
    waiting = Page.objects.filter(state__in=[PageState.OPEN, PageState.EXHAUSTED], is_test=False)
    tried = waiting.filter(Exists(steps.exclude(decided_at=None)))
    return tried.exclude(Exists(steps.filter(outcome=Outcome.SENT, spent=False)))


def paging_signs(now: datetime) -> list[Vital]:
    """For the health page; nothing where somebody was reached each time. Raises: DatabaseError."""
    rows = unreached().filter(exercise=False)
    oldest = rows.order_by("raised_at").first()
    if oldest is None:
        return []
    said = phrase(
        N_("{n} pages reached nobody, the oldest {minutes} min ago: see who is on duty and how they are reached."),
        n=rows.count(),
        minutes=round((now - oldest.raised_at).total_seconds() / 60),
    )
    return [Vital("pages", "fails", said)]
