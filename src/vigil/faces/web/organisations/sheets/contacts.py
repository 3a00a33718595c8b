"""Contact points as rows of a sheet, all their channels in one row."""

import copy
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from vigil.domain.organisations.actions.contacts import ChannelEntry, check_channels
from vigil.domain.organisations.actions.imports import ContactDraft
from vigil.domain.organisations.models import ChannelKind, ContactPoint, Hours, Organisation, Person, Purpose
from vigil.faces.web.lists.belonging import BelongingLayout, organisation_column
from vigil.faces.web.lists.layout import Column, choice_from, column, several_from
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

CHANNELS = (
    (ChannelKind.MOBILE, N_("Mobile"), "0912 000 001"),
    (ChannelKind.PHONE, N_("Fixed line"), ""),
    (ChannelKind.HOTLINE, N_("Hotline"), "024 7300 0000"),
    (ChannelKind.EMAIL, N_("E-mail"), "truc@donvi.example"),
    (ChannelKind.FAX, N_("Fax"), ""),
)


def _channel_column(kind: str, title: str, sample: str) -> Column[ContactDraft]:
    def show(draft: ContactDraft) -> str:
        return "; ".join(entry.value for entry in draft.channels if entry.kind == kind)

    def take(draft: ContactDraft, cell: str) -> None:
        others = [entry for entry in draft.channels if entry.kind != kind]
        draft.channels = [*others, *(ChannelEntry(kind, part) for part in several_from(cell))]

    return column(kind, title, show, take, sample=sample)


def _point_column(key: str, title: str, choices: Any = None, needed: bool = False, sample: str = "") -> Column[Any]:
    def show(draft: ContactDraft) -> str:
        return str(getattr(draft.point, f"get_{key}_display")() if choices else getattr(draft.point, key))

    def take(draft: ContactDraft, cell: str) -> None:
        empty = getattr(ContactPoint(), key)
        setattr(draft.point, key, (choice_from(cell, choices) if cell else empty) if choices else cell)

    return column(key, title, show, take, needed=needed, sample=sample)


class ContactLayout(BelongingLayout[ContactDraft]):
    """Found by Vigil's identifier, else by organisation and label. Retired ones are not spoken of."""

    permission = "contacts.edit"
    named_by = "label"
    names_are_unique = False

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self._people: dict[Any, dict[str, list[Person]]] = {}

    def all_columns(self) -> list[Column[Any]]:
        """The columns."""
        return [
            organisation_column(),
            _point_column("label", N_("Label"), needed=True, sample="Phòng trực an toàn thông tin"),
            _point_column("purpose", N_("Purpose"), Purpose.choices, sample="information"),
            _point_column("hours", N_("Hours"), Hours.choices, sample="24/7"),
            column("person", N_("Person"), lambda d: d.point.person.name if d.point.person else "", self._take_person),
            *(_channel_column(*channel) for channel in CHANNELS),
            _point_column("source", N_("Source")),
            *super().all_columns(),
        ]

    def model_of(self, thing: ContactDraft) -> ContactPoint:
        """The point."""
        return thing.point

    def wrapped(self, rows: Iterable[Any]) -> Iterable[ContactDraft]:
        """Points with their channels."""
        for point in rows:
            yield ContactDraft(point, [ChannelEntry(c.kind, c.value) for c in point.channels.all()])

    def stored(self) -> QuerySet[ContactPoint]:
        """Those in force."""
        rows = ContactPoint.objects.filter(retired_at=None).select_related("organisation", "person")
        return rows.prefetch_related("channels")

    def new_in(self, organisation: Organisation) -> ContactDraft:
        """A new point."""
        return ContactDraft(ContactPoint(organisation=organisation))

    def copied(self, thing: ContactDraft) -> ContactDraft:
        """Point and channels of its own."""
        return ContactDraft(copy.copy(thing.point), list(thing.channels))

    def check(self, thing: ContactDraft) -> list[str]:
        """Also: it can be reached."""
        try:
            check_channels(thing.channels)
        except Refused as error:
            return [error.phrase.said(gettext)]
        return super().check(thing)

    def _take_person(self, draft: ContactDraft, cell: str) -> None:
        owner = draft.point.organisation_id
        if owner not in self._people:
            self._people[owner] = {}
            for person in Person.objects.filter(organisation=owner, left_at=None):
                self._people[owner].setdefault(person.name.casefold(), []).append(person)
        found = self._people[owner].get(cell.casefold(), [])
        if cell and len(found) != 1:
            raise Refused(
                "sheet.unknown_person",
                N_("There is no person “{name}” in the organisation, or several."),
                name=cell[:80],
            )
        draft.point.person = found[0] if cell else None
