"""People as rows of a sheet."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from vigil.domain.organisations.models import Organisation, Person, Unit
from vigil.faces.web.lists.belonging import BelongingLayout, organisation_column
from vigil.faces.web.lists.layout import Column, choice_from, column, text_column
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]


def unit_taker(attribute: str) -> Callable[[Any, str], None]:
    """How a cell names a unit of the row's own organisation. Units are asked for once an organisation."""
    known: dict[Any, dict[str, Unit]] = {}

    def take(thing: Any, cell: str) -> None:
        owner = thing.organisation_id
        if owner not in known:
            known[owner] = {unit.name.casefold(): unit for unit in Unit.objects.filter(organisation=owner)}
        if cell and cell.casefold() not in known[owner]:
            raise Refused("sheet.unknown_unit", N_("There is no unit “{name}” in the organisation."), name=cell[:80])
        setattr(thing, attribute, known[owner][cell.casefold()] if cell else None)

    return take


class PersonLayout(BelongingLayout[Person]):
    """Found by Vigil's identifier, else by organisation and name."""

    permission = "contacts.edit"
    names_are_unique = False

    def all_columns(self) -> list[Column[Any]]:
        """The columns; units are those of the row's organisation."""
        return [
            organisation_column(),
            text_column("name", N_("Full name"), needed=True, sample="Nguyễn Văn Mẫu", aliases=("Tên", "Họ tên")),
            text_column("title", N_("Title"), sample="Trưởng ca trực"),
            column("unit", N_("Unit"), lambda row: row.unit.name if row.unit else "", self._take_unit),
            text_column("mobile", N_("Mobile"), sample="0912 000 001"),
            text_column("phone", N_("Fixed line")),
            text_column("email", N_("E-mail"), sample="mau@donvi.example"),
            column("language", N_("Language"), lambda row: row.language, _take_language, sample="vi"),
            *super().all_columns(),
        ]

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self._take_unit = unit_taker("unit")

    def model_of(self, thing: Person) -> Person:
        """Themselves."""
        return thing

    def stored(self) -> QuerySet[Person]:
        """All people."""
        return Person.objects.select_related("organisation", "unit")

    def new_in(self, organisation: Organisation) -> Person:
        """A new person."""
        return Person(organisation=organisation)

    def key(self, thing: Person) -> Any:
        """Two people of one name are told apart by how they are reached."""
        return (thing.organisation_id, thing.name.casefold(), thing.mobile, thing.email.casefold())


def _take_language(person: Person, cell: str) -> None:
    person.language = choice_from(cell, LANGUAGES) if cell else "vi"
