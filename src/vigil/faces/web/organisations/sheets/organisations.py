"""Organisations as rows of a sheet. A parent may be a row above."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext

from vigil.domain.accounts.permissions import organisations_for, sees_everything
from vigil.domain.organisations.audiences import audiences
from vigil.domain.organisations.models import Home, Organisation
from vigil.faces.web.lists.layout import Column, Layout, choice_from, column, several_from, text_column
from vigil.faces.web.lists.organisation_index import OrganisationIndex, called
from vigil.faces.web.scoping import scoped, user_of
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

PERMISSION = "organisations.edit"


def _audiences_shown(organisation: Organisation) -> str:
    return "; ".join(organisation.audience_codes)


def _take_audiences(organisation: Organisation, cell: str) -> None:
    known = audiences()
    by_name = [(a.code, name) for a in known.values() for name in (a.vi, a.en)]
    organisation.audience_codes = [choice_from(part, by_name) for part in several_from(cell)]


def _take_home(organisation: Organisation, cell: str) -> None:
    organisation.home = choice_from(cell, Home.choices) if cell else Home.HERE


class OrganisationLayout(Layout[Organisation]):
    """Found by Vigil's identifier, else by agency identifier, else by name."""

    columns = (
        text_column("name", N_("Name"), needed=True, sample="Sở Khoa học và Công nghệ tỉnh Mẫu Sơn"),
        text_column("short_name", N_("Short name"), sample="Sở KHCN"),
        text_column("code", N_("Agency identifier"), sample="MAU.02.02"),
        column("audience_codes", N_("Audience classes"), _audiences_shown, _take_audiences, sample="dept_ict; local"),
        column("home", N_("Home"), lambda row: row.get_home_display(), _take_home, sample="here"),
        text_column("address", N_("Address")),
        text_column("notes", N_("Notes")),
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self._index: OrganisationIndex | None = None
        self._visible: dict[UUID, Organisation] = {}

    def all_columns(self) -> list[Column[Any]]:
        """The parent stands after the identifier."""
        parent = column("parent", N_("Parent"), self._parent_shown, self._take_parent, sample="MAU.02")
        plain = [*super().all_columns()]
        return [*plain[:3], parent, *plain[3:]]

    def model_of(self, thing: Organisation) -> Organisation:
        """Itself."""
        return thing

    @property
    def editable(self) -> OrganisationIndex:
        """The organisations that the user may change."""
        if self._index is None:
            self._index = OrganisationIndex(organisations_for(user_of(self.request), PERMISSION))
        return self._index

    def fresh(self, cells: Mapping[str, str]) -> Organisation:
        """A new one; without a parent it stands at the top, which needs the right over everything."""
        if not cells.get("parent") and not sees_everything(user_of(self.request), PERMISSION):
            raise Refused("sheet.no_parent", N_("Say under which organisation it lies."))
        return Organisation()

    def find(self, cells: Mapping[str, str]) -> Organisation | None:
        """See `Layout.find`."""
        if cells.get("id"):
            return self._by_id(cells["id"])
        code, name = cells.get("code", ""), cells.get("name", "")
        if code:
            return self.editable.by_code(code)
        found = [row for row in self.editable.by_name(name) if not row._state.adding]
        if len(found) > 1:
            raise Refused(
                "sheet.ambiguous", N_("Several have this name; keep the column “ID” so that the right one is changed.")
            )
        return found[0] if found else None

    def _by_id(self, text: str) -> Organisation:
        try:
            return self.editable.all[UUID(text)]
        except (ValueError, KeyError) as error:
            raise Refused(
                "sheet.unknown_id", N_("The ID is not known here, or not yours to change. Empty it to add a new row.")
            ) from error

    def key(self, thing: Organisation) -> Any:
        """The agency identifier, else parent and name."""
        return ("code", thing.code.casefold()) if thing.code else (thing.parent_id, thing.name.casefold())

    def accepted(self, thing: Organisation) -> None:
        """Rows below may name it as their parent."""
        self.editable.put(thing)

    def check(self, thing: Organisation) -> list[str]:
        """Also: an identifier is one organisation's alone, wherever it is."""
        if thing.code and self._codes_elsewhere().get(thing.code, thing.pk) != thing.pk:
            return [gettext("This agency identifier is taken.")]
        return super().check(thing)

    def _codes_elsewhere(self) -> dict[str, UUID]:
        if not hasattr(self, "_codes"):
            self._codes = dict(Organisation.objects.exclude(code="").values_list("code", "pk"))
        return self._codes

    def _parent_shown(self, thing: Organisation) -> str:
        if thing.parent_id is None:
            return ""
        if not self._visible:
            rows = scoped(self.request, Organisation.objects.all(), by="")
            self._visible = {row.pk: row for row in rows} or {thing.pk: thing}
        return called(self._visible.get(thing.parent_id) or self.editable.all.get(thing.parent_id))

    def _take_parent(self, thing: Organisation, cell: str) -> None:
        if cell:
            thing.parent = self.editable.named(cell)
        elif sees_everything(user_of(self.request), PERMISSION):
            thing.parent = None
        else:
            raise Refused("sheet.no_parent", N_("Say under which organisation it lies."))
