"""Pages that wait and have reached nobody: no step found a person with a way that works."""

from datetime import datetime

from django.db.models import Count, Exists, Min, OuterRef, QuerySet

from vigil.domain.paging.models import Outcome, Page, PageState, PageStep, StepKind
from vigil.domain.vitals.queries import Vital
from vigil.kernel.phrases import N_, phrase


def unreached() -> QuerySet[Page]:
    """Whatever they are about, but for tests. A page whose first step is still to come is not among them."""
    steps = PageStep.objects.filter(page=OuterRef("pk"), kind=StepKind.STEP)
    waiting = Page.objects.filter(state__in=[PageState.OPEN, PageState.EXHAUSTED], is_test=False)
    tried = waiting.filter(Exists(steps.filter(outcome__in=[Outcome.SENT, Outcome.NOBODY])))
    return tried.exclude(Exists(steps.filter(outcome=Outcome.SENT, spent=False)))


def paging_signs(now: datetime) -> list[Vital]:
    """For the health page; nothing where somebody was reached each time. Raises: DatabaseError."""
    found = unreached().filter(exercise=False).aggregate(n=Count("pk"), oldest=Min("raised_at"))
    if not found["n"]:
        return []
    said = phrase(
        N_("{n} pages reached nobody, the oldest {minutes} min ago: see who is on duty and how they are reached."),
        n=found["n"],
        minutes=round((now - found["oldest"]).total_seconds() / 60),
    )
    return [Vital("pages", "warns", said)]
