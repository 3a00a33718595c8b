"""What an entry is about, by its present name and with a link to it; only what the reader may see is named."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from vigil.domain.accounts.models import User
from vigil.domain.accounts.permissions import sees_everything
from vigil.domain.detection.titles import title_known, told
from vigil.domain.journal.models import Entry
from vigil.domain.paging.messages import title_of
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
    "duty.post": ("organisation", ""),
    "duty.member": ("organisation", ""),
    "duty.leave": ("organisation", ""),
    "duty.wish": ("organisation", ""),
    "duty.dutykey": ("organisation", ""),
    "duty.screen": ("post__organisation", ""),
    "duty.roster": ("watch__organisation", "roster"),
    "duty.dutyrow": ("roster__watch__organisation", "duty_now"),
    "duty.swap": ("row__roster__watch__organisation", "roster"),
    "duty.handover": ("shift_out__post__organisation", "handover"),
    "duty.providerrequest": ("watch__organisation", "providers"),
    "detection.alert": ("organisation", "alert"),
    "detection.logsource": ("organisation", "source"),
    "detection.rule": ("organisation", "rule"),
    "detection.suppression": ("organisation", ""),
    "detection.indicatorlist": ("organisation", ""),
    "detection.retrohunt": ("organisation", ""),
    "detection.posturechange": ("organisation", ""),
    "accounts.user": (None, "account"),
}

# what has no name of its own: the path to what names it; its page, where that is another thing's: the path to its key
NAMED_BY: Final = {
    "duty.roster": "watch",
    "duty.leave": "person",
    "duty.wish": "person",
    "duty.dutykey": "person",
    "duty.screen": "post",
    "duty.dutyrow": "person",
    "duty.swap": "row.person",
    "duty.handover": "shift_out.post",
    "duty.providerrequest": "provider",
}
PAGE_OF: Final = {
    "duty.roster": "watch_id",
    "duty.dutyrow": "roster.watch_id",
    "duty.swap": "row.roster.watch_id",
    "duty.providerrequest": "watch_id",
}
_TITLED: Final = ("detection.alert", "detection.rule", "detection.suppression")
_TOGETHER: Final = {
    "duty.member": ("person",),
    "duty.roster": ("watch",),
    "duty.leave": ("person",),
    "duty.wish": ("person",),
    "duty.dutykey": ("person",),
    "duty.screen": ("post",),
    "duty.dutyrow": ("person", "roster"),
    "duty.swap": ("row__person", "row__roster"),
    "duty.handover": ("shift_out__post",),
    "duty.providerrequest": ("provider",),
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
            key = attrgetter(PAGE_OF.get(kind, "pk"))(row)
            found[f"{kind}:{row.pk}"] = Subject(_name(kind, row), reverse(page, args=[key]) if page else "")
    return found


def _name(kind: str, row: Any) -> str:
    named = attrgetter(NAMED_BY[kind])(row) if kind in NAMED_BY else row
    if kind in _TITLED:
        return told(title_known(named.title), gettext)[:200] if named.title else str(named)[:200]
    if kind == "paging.page":
        return title_of(named).said(gettext)[:200]
    return str(named or "—")[:200]


def _rows(request: HttpRequest, kind: str, keys: set[str]) -> Iterable[Any]:
    by = KNOWN[kind][0]
    if by is None:
        visible = sees_everything(user_of(request), "accounts.manage")
        return User.objects.filter(pk__in=keys) if visible else ()
    model: Any = apps.get_model(kind)
    rows = model.objects.filter(pk__in=keys)
    if kind in _TOGETHER:
        rows = rows.select_related(*_TOGETHER[kind])
    return scoped(request, rows, permission="journal.read", by=by)


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
