"""Systems and edge devices as rows of a sheet."""

from typing import Any

from django.db.models import QuerySet

from vigil.domain.estate.models import EdgeDevice, EdgeKind, InformationSystem, Platform
from vigil.domain.organisations.models import Organisation
from vigil.faces.web.lists.belonging import BelongingLayout, organisation_column
from vigil.faces.web.lists.layout import Column, choice_from, column, folded, several_from, text_column
from vigil.faces.web.organisations.sheets.people import unit_taker
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

_YES = {"x", "có", "yes", "y", "true", "1", "✓", "important", "quan trọng"}
_NO = {"", "không", "no", "n", "false", "0", "-"}


def _take_level(system: InformationSystem, cell: str) -> None:
    if cell and cell not in {"1", "2", "3", "4", "5"}:
        raise Refused("sheet.bad_level", N_("The level is a number from 1 to 5."))
    system.level = int(cell) if cell else None


def _take_important(system: InformationSystem, cell: str) -> None:
    if folded(cell) not in _YES | _NO:
        raise Refused("sheet.bad_mark", N_("Write x for important, or leave it empty."))
    system.important = folded(cell) in _YES


def _take_platforms(system: InformationSystem, cell: str) -> None:
    system.platforms = [choice_from(part, Platform.choices) for part in several_from(cell)]


class SystemLayout(BelongingLayout[InformationSystem]):
    """Found by Vigil's identifier, else by organisation and name."""

    permission = "estate.edit"

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self._take_unit = unit_taker("operating_unit")

    def all_columns(self) -> list[Column[Any]]:
        """The columns."""
        return [
            organisation_column(),
            text_column("name", N_("Name"), needed=True, sample="Cổng thông tin điện tử"),
            text_column("code", N_("Code")),
            column("level", N_("Level"), lambda row: str(row.level or ""), _take_level, sample="3"),
            column("important", N_("Important or sensitive"), _important_shown, _take_important, sample="x"),
            text_column("important_reason", N_("Why it is important"), sample="Phục vụ người dân trong kỳ nghỉ"),
            column("platforms", N_("Platform tags"), _platforms_shown, _take_platforms, sample="portal"),
            column("operating_unit", N_("Operating unit"), _unit_shown, self._take_unit),
            text_column("addresses", N_("Domains and addresses"), sample="donvi.example 192.0.2.10"),
            text_column("notes", N_("Notes")),
            *super().all_columns(),
        ]

    def model_of(self, thing: InformationSystem) -> InformationSystem:
        """Itself."""
        return thing

    def stored(self) -> QuerySet[InformationSystem]:
        """All, also retired ones: their names are taken."""
        return InformationSystem.objects.select_related("organisation", "operating_unit")

    def new_in(self, organisation: Organisation) -> InformationSystem:
        """A new system."""
        return InformationSystem(organisation=organisation)


def _important_shown(system: InformationSystem) -> str:
    return "x" if system.important else ""


def _platforms_shown(system: InformationSystem) -> str:
    return "; ".join(system.platforms)


def _unit_shown(system: InformationSystem) -> str:
    return system.operating_unit.name if system.operating_unit else ""


class EdgeLayout(BelongingLayout[EdgeDevice]):
    """Found by Vigil's identifier, else by organisation and name."""

    permission = "estate.edit"

    def all_columns(self) -> list[Column[Any]]:
        """The columns."""
        return [
            organisation_column(),
            column("kind", N_("Kind"), _kind_shown, _take_kind, needed=True, sample="firewall"),
            text_column("name", N_("Name"), needed=True, sample="FW-01"),
            text_column("address", N_("Address"), sample="192.0.2.1"),
            text_column("uplink", N_("Internet link")),
            *super().all_columns(),
        ]

    def model_of(self, thing: EdgeDevice) -> EdgeDevice:
        """Itself."""
        return thing

    def stored(self) -> QuerySet[EdgeDevice]:
        """All of them."""
        return EdgeDevice.objects.select_related("organisation")

    def new_in(self, organisation: Organisation) -> EdgeDevice:
        """A new device."""
        return EdgeDevice(organisation=organisation)


def _kind_shown(device: EdgeDevice) -> str:
    return device.get_kind_display() if device.kind else ""


def _take_kind(device: EdgeDevice, cell: str) -> None:
    device.kind = choice_from(cell, EdgeKind.choices)
