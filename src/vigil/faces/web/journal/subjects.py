"""What an entry is about, by its present name and with a link to it; only what the reader may see is named."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from vigil.domain.accounts.models import User
from vigil.domain.accounts.permissions import sees_everything
from vigil.domain.journal.models import Entry
from vigil.faces.web.scoping import scoped, user_of

# subject -> (where its organisation stands; its page)
KNOWN = {
    "organisations.organisation": ("", "organisation"),
    "organisations.unit": ("organisation", ""),
    "organisations.person": ("organisation", "person"),
    "organisations.contactpoint": ("organisation", "contact"),
    "organisations.providerlink": ("organisation", ""),
    "estate.informationsystem": ("organisation", "system"),
    "estate.edgedevice": ("organisation", "edge_device"),
    "directives.directive": ("organisation", "directive"),
    "directives.watch": ("organisation", "watch"),
    "directives.campaign": ("organisation", "campaign"),
    "directives.recipient": ("campaign__organisation", "recipient"),
    "directives.drill": ("campaign__organisation", "drill"),
    "paging.page": ("organisation", "page"),
    "paging.escalationpolicy": ("organisation", "policy"),
    "paging.deadman": ("organisation", ""),
    "exchange.peer": ("organisation", "link"),
    "accounts.user": (None, "account"),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A name, and the address of its page when it has one."""

    name: str
    link: str = ""


def subjects_of(request: HttpRequest, entries: Iterable[Entry]) -> dict[str, Subject]:
    """By the entries' `subject`; one read a kind of thing."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        kind, _, key = entry.subject.partition(":")
        if kind in KNOWN and _is_uuid(key):
            wanted[kind].add(key)
    found: dict[str, Subject] = {}
    for kind, keys in wanted.items():
        for row in _rows(request, kind, keys):
            page = KNOWN[kind][1]
            found[f"{kind}:{row.pk}"] = Subject(str(row)[:200], reverse(page, args=[row.pk]) if page else "")
    return found


def _rows(request: HttpRequest, kind: str, keys: set[str]) -> Iterable[Any]:
    by = KNOWN[kind][0]
    if by is None:
        visible = sees_everything(user_of(request), "accounts.manage")
        return User.objects.filter(pk__in=keys) if visible else ()
    model: Any = apps.get_model(kind)
    return scoped(request, model.objects.filter(pk__in=keys), permission="journal.read", by=by)


def model_of(subject: str) -> type[Model] | None:
    """The model that a subject names, if it is a known one."""
    kind = subject.partition(":")[0]
    return apps.get_model(kind) if kind in KNOWN else None


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
