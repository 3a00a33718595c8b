"""What a room declares of a list."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import QuerySet
from django.http import HttpRequest

from vigil.domain.journal.bulk import Manifest
from vigil.faces.web.lists.layout import Layout
from vigil.kernel.actors import Actor


class ImportAction(Protocol):
    """A domain action that saves checked rows together and records them once."""

    def __call__(self, *, added: Any, changed: Any, manifest: Manifest, actor: Actor, now: datetime) -> None: ...


@dataclass(frozen=True)
class Listing:
    """One list. `name` is the url's name and path; texts are message ids; `rows` are scoped to who asks."""

    name: str
    title: str
    icon: str
    permission: str
    new_label: str
    new_url: str
    empty_title: str
    empty_text: str
    rows: Callable[[HttpRequest], QuerySet[Any]]
    table: type[Any]
    filters: type[Any]
    layout: type[Layout[Any]]
    import_rows: ImportAction
