"""The layout of things that belong to an organisation (people, contact points, systems, devices)."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext

from vigil.domain.organisations.models import Organisation
from vigil.faces.web.lists.layout import Column, Layout
from vigil.faces.web.lists.organisation_index import OrganisationIndex, called
from vigil.faces.web.scoping import scoped, visible
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

T = TypeVar("T")


class BelongingLayout(Layout[T]):
    """Found by Vigil's identifier, else by organisation and `named_by`. What is stored does not change its owner."""

    permission = "view"
    named_by = "name"
    names_are_unique = True

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self._known: dict[UUID, T] | None = None
        self._by_key: dict[Any, list[T]] = defaultdict(list)
        self._organisations: OrganisationIndex | None = None

    @property
    def organisations(self) -> OrganisationIndex:
        """The organisations in which the user may change such things."""
        if self._organisations is None:
            self._organisations = OrganisationIndex(visible(self.request, self.permission))
        return self._organisations

    def stored(self) -> QuerySet[Any]:
        """All such things, with their organisation selected."""
        raise NotImplementedError

    def new_in(self, organisation: Organisation) -> T:
        """A new thing of an organisation."""
        raise NotImplementedError

    def find(self, cells: Mapping[str, str]) -> T | None:
        """See `Layout.find`."""
        known = self._load()
        if cells.get("id"):
            return _by_id(known, cells["id"])
        organisation = self.organisations.named(cells.get("organisation", ""))
        found = self._by_key.get((organisation.pk, cells.get(self.named_by, "").casefold()), [])
        if len(found) > 1:
            raise Refused(
                "sheet.ambiguous", N_("Several have this name; keep the column “ID” so that the right one is changed.")
            )
        return found[0] if found else None

    def fresh(self, cells: Mapping[str, str]) -> T:
        """See `Layout.fresh`."""
        return self.new_in(self.organisations.named(cells.get("organisation", "")))

    def key(self, thing: T) -> Any:
        """Organisation and name."""
        return self._name_key(thing)

    def _name_key(self, thing: T) -> Any:
        model: Any = self.model_of(thing)
        return (model.organisation_id, getattr(model, self.named_by).casefold())

    def _load(self) -> dict[UUID, T]:
        if self._known is None:
            rows = scoped(self.request, self.stored(), permission=self.permission)
            self._known = {self.model_of(thing).pk: thing for thing in self.wrapped(rows)}
            for thing in self._known.values():
                self._by_key[self._name_key(thing)].append(thing)
        return self._known

    def check(self, thing: T) -> list[str]:
        """Also: what names it must not be another's."""
        model = self.model_of(thing)
        taken = [other for other in self._by_key.get(self._name_key(thing), []) if self.model_of(other).pk != model.pk]
        if taken and self.names_are_unique:
            return [gettext("This name is taken in its organisation.")]
        return super().check(thing)


def organisation_column() -> Column[Any]:
    """To whom it belongs."""
    return Column("organisation", N_("Organisation"), _shown, _refuse_to_move, sample="")


def _shown(thing: Any) -> str:
    return called(getattr(thing, "point", thing).organisation)


def _refuse_to_move(thing: Any, cell: str) -> None:
    model = getattr(thing, "point", thing)
    if not model._state.adding and cell not in {model.organisation.name, str(model.organisation_id)}:
        raise Refused("sheet.cannot_move", N_("It belongs to another organisation and cannot be moved by a sheet."))


def _by_id(known: Mapping[UUID, T], text: str) -> T:
    try:
        found = known.get(UUID(text))
    except ValueError:
        found = None
    if found is None:
        raise Refused(
            "sheet.unknown_id", N_("The ID is not known here, or not yours to change. Empty it to add a new row.")
        )
    return found
