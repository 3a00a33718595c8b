"""What a reader of these pages may see, and for which organisation a page speaks."""

from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from vigil.domain.detection.models import LogSource
from vigil.domain.organisations.models import Organisation
from vigil.faces.web.scoping import default_organisation, remember_organisation, scoped, visible
from vigil.kernel.errors import NotFound
from vigil.kernel.phrases import N_

M = TypeVar("M", bound=Model)
READ = "alerts.read"
HANDLE = "alerts.handle"
MANAGE = "detection.manage"


def one_seen(request: HttpRequest, rows: QuerySet[M], pk: Any) -> M:
    """The row, if the reader may see alerts of its organisation. Raises: NotFound `page.not_found`."""
    try:
        found = scoped(request, rows, permission=READ).filter(pk=pk).first()
    except (ValidationError, ValueError):
        found = None
    if found is None:
        raise not_there()
    return found


def speaking_for(request: HttpRequest) -> Organisation:
    """The organisation whose rules, postures and hunts a page shows: as asked, else the last one. Raises: NotFound."""
    found = usual_organisation(request, READ)
    if found is None:
        raise not_there()
    if request.GET.get("organisation") == str(found.pk):
        remember_organisation(request, found)
    return found


def usual_organisation(request: HttpRequest, permission: str) -> Organisation | None:
    """Whose detection is meant where nobody says: as asked, else the last used, else whose sources were heard last."""
    return default_organisation(request, permission, _heard_last)


def _heard_last(allowed: QuerySet[Organisation]) -> Organisation | None:
    sources = LogSource.objects.filter(retired_at=None, last_received_at__isnull=False, organisation__in=allowed)
    found = sources.select_related("organisation").order_by("-last_received_at").first()
    return None if found is None else found.organisation


def choices(request: HttpRequest, permission: str = READ) -> list[Organisation]:
    """Those between which the reader may choose, the first two hundred."""
    return list(visible(request, permission).order_by("name")[:200])


def not_there() -> NotFound:
    """For what is not there and what is not theirs alike."""
    return NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))


def percent_of(part: float) -> str:
    """A share as whole or tenths of a percent."""
    return f"{part * 100:.1f}".removesuffix(".0")


def age_of(at: datetime | None, now: datetime) -> int | None:
    """Whole seconds since then."""
    return None if at is None else max(0, int((now - at).total_seconds()))
