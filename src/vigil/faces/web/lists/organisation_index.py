"""The organisations that an import may speak of, by identifier and by name."""

from collections import defaultdict
from uuid import UUID

from django.db.models import QuerySet

from vigil.domain.organisations.models import Organisation
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_


class OrganisationIndex:
    """Finds by agency identifier, by exact name, by Vigil's own identifier, in this order."""

    def __init__(self, organisations: QuerySet[Organisation]) -> None:
        self.all: dict[UUID, Organisation] = {}
        self._by_name: dict[str, set[UUID]] = defaultdict(set)
        self._by_code: dict[str, UUID] = {}
        for organisation in organisations:
            self.put(organisation)

    def put(self, organisation: Organisation) -> None:
        """Know one more."""
        self.all[organisation.pk] = organisation
        self._by_name[organisation.name.casefold()].add(organisation.pk)
        if organisation.code:
            self._by_code[organisation.code.casefold()] = organisation.pk

    def by_code(self, code: str) -> Organisation | None:
        """The one with this agency identifier."""
        found = self._by_code.get(code.casefold())
        return self.all[found] if found else None

    def by_name(self, name: str) -> list[Organisation]:
        """Those of this name."""
        return [self.all[pk] for pk in self._by_name.get(name.casefold(), ())]

    def named(self, text: str) -> Organisation:
        """The one organisation that a cell names; an empty cell names the only one there is.

        Raises: Refused `sheet.which_organisation`, `sheet.unknown_organisation`, `sheet.ambiguous_organisation`.
        """
        if not text:
            if len(self.all) == 1:
                return next(iter(self.all.values()))
            raise Refused("sheet.which_organisation", N_("Say which organisation it belongs to."))
        found = self.by_code(text) or self._by_id(text)
        named = [found] if found else self.by_name(text)
        if len(named) > 1:
            raise Refused(
                "sheet.ambiguous_organisation",
                N_("Several organisations are called “{name}”; give the identifier."),
                name=text[:80],
            )
        if not named:
            raise Refused(
                "sheet.unknown_organisation",
                N_("“{name}” is no organisation that you may change here."),
                name=text[:80],
            )
        return named[0]

    def _by_id(self, text: str) -> Organisation | None:
        try:
            return self.all.get(UUID(text))
        except ValueError:
            return None


def called(organisation: Organisation | None) -> str:
    """How a sheet names an organisation."""
    return (organisation.code or organisation.name) if organisation is not None else ""
