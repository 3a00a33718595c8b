"""Reads of the mailbox."""

from vigil.domain.organisations.models import Organisation


def owner_of_mailbox(named: str) -> Organisation | None:
    """The organisation whose mailbox is read: by agency code, short name or name; unnamed: the first root."""
    if not named:
        return Organisation.objects.filter(parent=None).order_by("created_at").first()
    for field in ("code", "short_name__iexact", "name__iexact"):
        found = list(Organisation.objects.filter(**{field: named})[:2])
        if len(found) == 1:
            return found[0]
    return None
