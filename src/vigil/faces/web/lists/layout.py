"""How things stand in a sheet: its columns, how a cell is shown, how one is taken."""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext, override

from vigil.adapters.inventories import cleaned
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

T = TypeVar("T")
LANGUAGES = ("vi", "en")


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column. `title` is an English message id; the header is known in both languages, and by `key`."""

    key: str
    title: str
    show: Callable[[T], str]
    take: Callable[[T, str], None]
    needed: bool = False
    sample: str = ""
    aliases: tuple[str, ...] = ()

    def heading(self) -> str:
        """The title in the reader's language."""
        return gettext(self.title)

    def names(self) -> set[str]:
        """Every heading under which the column is recognised."""
        found = {self.key, *self.aliases}
        for language in LANGUAGES:
            with override(language):
                found.add(gettext(self.title))
        return {folded(name) for name in found}


def folded(heading: str) -> str:
    """A heading without case, blanks around, and stars."""
    return " ".join(heading.replace("*", " ").replace("_", " ").split()).casefold()


def column(
    key: str,
    title: str,
    show: Callable[[T], str],
    take: Callable[[T, str], None],
    *,
    needed: bool = False,
    sample: str = "",
) -> Column[T]:
    """A column with its own way in and out."""
    return Column(key, title, show, take, needed, sample)


def text_column(
    key: str, title: str, *, needed: bool = False, sample: str = "", aliases: tuple[str, ...] = ()
) -> Column[Any]:
    """A column that holds a model's text field of the same name."""

    def take(thing: Any, cell: str) -> None:
        setattr(thing, key, cell)

    return Column(key, title, lambda thing: getattr(thing, key), take, needed, sample, aliases)


class Layout(Generic[T]):
    """A thing's columns, and which thing a row speaks of. Made for one request: it holds what its user may change."""

    columns: ClassVar[Sequence[Column[Any]]] = ()

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def all_columns(self) -> Sequence[Column[Any]]:
        """The columns, in order; the identifier last."""
        return [*self.columns, Column("id", N_("ID (do not change)"), self._id, lambda thing, cell: None)]

    @cached_property
    def fixed_columns(self) -> Sequence[Column[Any]]:
        """`all_columns`, made once: a sheet has thousands of rows."""
        return self.all_columns()

    def _id(self, thing: T) -> str:
        return "" if self.is_new(thing) else str(self.model_of(thing).pk)

    def shown(self, thing: T) -> dict[str, str]:
        """The thing as cells."""
        return {column.key: cleaned(column.show(thing)) for column in self.fixed_columns}

    # What a room says of its things.

    def model_of(self, thing: T) -> Model:
        """The model behind the thing."""
        raise NotImplementedError

    def wrapped(self, rows: Iterable[Any]) -> Iterable[T]:
        """Rows of the list as things of this layout."""
        return rows

    def fresh(self, cells: Mapping[str, str]) -> T:
        """A new thing for a row that speaks of none yet.

        Raises: Refused when the row does not say to whom it belongs.
        """
        raise NotImplementedError

    def find(self, cells: Mapping[str, str]) -> T | None:
        """The thing that a row speaks of, if there is one and the user may change it.

        Raises: Refused `sheet.unknown_id`, `sheet.ambiguous`.
        """
        raise NotImplementedError

    def key(self, thing: T) -> Any:
        """What two rows must not share."""
        raise NotImplementedError

    def accepted(self, thing: T) -> None:
        """A row was found good: later rows may refer to it."""

    # What is the same for all.

    def is_new(self, thing: T) -> bool:
        """Whether the thing is not stored yet."""
        return self.model_of(thing)._state.adding

    def copied(self, thing: T) -> T:
        """A copy that may be changed without the original noticing."""
        return copy.copy(thing)

    def check(self, thing: T) -> list[str]:
        """What is wrong with the thing, in the reader's language."""
        return model_faults(self.model_of(thing))


def model_faults(model: Model) -> list[str]:
    """Faults of a model's own fields and of its `clean`, without asking the database."""
    relations = [field.name for field in model._meta.concrete_fields if field.is_relation or not field.editable]
    found: list[str] = []
    try:
        model.clean_fields(exclude=relations)
        model.clean()
    except ValidationError as error:
        found += _listed(model, error)
    return found


def _listed(model: Model, error: ValidationError) -> list[str]:
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    listed = []
    for name, texts in error.message_dict.items():
        field: Any = None if name == NON_FIELD_ERRORS else model._meta.get_field(name)
        title = f"{field.verbose_name}: " if field else ""
        listed += [f"{title}{text}" for text in texts]
    return listed


def choice_from(cell: str, choices: Iterable[tuple[str, Any]]) -> str:
    """The value that a cell names: by value, or by its label in either language.

    Raises: Refused `sheet.unknown_choice`.
    """
    wanted = folded(cell)
    known = list(choices)
    for value, label in known:
        if wanted in {folded(str(value)), *_labels(label)}:
            return value
    raise Refused(
        "sheet.unknown_choice",
        N_("“{cell}” is not one of: {known}."),
        cell=cell[:80],
        known=", ".join(str(label) for _, label in known),
    )


def _labels(label: Any) -> set[str]:
    found = set()
    for language in LANGUAGES:
        with override(language):
            found.add(folded(str(label)))
    return found


def several_from(cell: str) -> list[str]:
    """The parts of a cell that holds several values: by semicolon or line."""
    return [part.strip() for part in cell.replace("\n", ";").split(";") if part.strip()]
