"""Reads of the estate."""

from uuid import UUID

from django.db.models import QuerySet

from vigil.domain.estate.models import InformationSystem


def systems_in_use(organisation: UUID) -> QuerySet[InformationSystem]:
    """The systems of an organisation that are not retired."""
    return InformationSystem.objects.filter(organisation_id=organisation, retired_at=None)
