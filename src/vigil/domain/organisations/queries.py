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
