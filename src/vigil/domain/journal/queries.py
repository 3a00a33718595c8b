"""Reads of the journal. Every read is given the organisations its reader may see."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet

from vigil.domain.journal.models import ActorName, Entry, Head


def entries_visible(organisations: Collection[UUID] | None) -> QuerySet[Entry]:
    """Entries of `organisations`, newest first; None means all, also those of no organisation."""
    entries = Entry.objects.select_related("personal").order_by("-row")
    if organisations is None:
        return entries
    return entries.filter(Q(organisation_id__in=organisations))


def entries_about(subject: str) -> QuerySet[Entry]:
    """Everything said of one `room.model:id`, newest first."""
    return Entry.objects.select_related("personal").filter(subject=subject).order_by("-row")


def entries_by(entries: QuerySet[Entry], names: QuerySet[ActorName], ref: str) -> QuerySet[Entry]:
    """Those of `entries` that somebody of one of `names` did, or exactly the actor `ref` (`worker:courier`)."""
    if ":" in ref:
        return entries.filter(actor=ref)
    return entries.filter(personal__who__in=list(names.values_list("pk", flat=True)))


def last_head() -> Head | None:
    """The newest signed head."""
    return Head.objects.order_by("-sequence").first()
