"""Reads of the journal. Every read is given the organisations its reader may see."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet

from vigil.domain.journal.models import Entry, Head


def entries_visible(organisations: Collection[UUID] | None) -> QuerySet[Entry]:
    """Entries of `organisations`, newest first; None means all, also those of no organisation."""
    entries = Entry.objects.select_related("personal").order_by("-row")
    if organisations is None:
        return entries
    return entries.filter(Q(organisation_id__in=organisations))


def entries_about(subject: str) -> QuerySet[Entry]:
    """Everything said of one `room.model:id`, newest first."""
    return Entry.objects.select_related("personal").filter(subject=subject).order_by("-row")


def last_head() -> Head | None:
    """The newest signed head."""
    return Head.objects.order_by("-sequence").first()
