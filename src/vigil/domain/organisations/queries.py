"""Reads of organisations. Whoever reads for a person passes the scope that person may see."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from vigil.domain.organisations.models import ContactPoint, Organisation


def under(roots: Iterable[Organisation]) -> QuerySet[Organisation]:
    """Each root and everything that lies under it; no roots, no organisations."""
    condition = Q(pk__in=[])
    for root in roots:
        condition |= Q(path__startswith=root.path)
    return Organisation.objects.filter(condition)


def contact_points_filed(organisation: UUID) -> QuerySet[ContactPoint]:
    """The contact points in force of an organisation."""
    return ContactPoint.objects.filter(organisation_id=organisation, retired_at=None).prefetch_related("channels")


def nearest_above(organisations: Iterable[Organisation]) -> UUID | None:
    """The nearest organisation that holds all of `organisations` (one of them, if it holds the rest); None: none."""
    paths = {organisation.path for organisation in organisations}
    if not paths:
        return None
    split = [path.strip("/").split("/") for path in paths]
    shared = None
    for steps in zip(*split, strict=False):
        if len(set(steps)) > 1:
            break
        shared = steps[0]
    return UUID(shared) if shared else None
