"""An entry's facts and personal data as a person reads them: fields by their names, choices by their words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext

from vigil.domain.detection.titles import title_known, told
from vigil.faces.web.journal.sentences import WORDS, instant_of
from vigil.faces.web.journal.subjects import model_of
from vigil.kernel.phrases import N_, shown

_LONGEST = 500
_DUTY: dict[str, str] = {  # facts of duty that are no field of what the entry is about
    "attested_by": N_("Who attests it"),
    "avoid": N_("Rather not"),
    "broken": N_("Rules broken"),
    "came": N_("Came since the first signature"),
    "closed": N_("Closed since the first signature"),
    "due_at": N_("Was due"),
    "from": N_("From whom"),
    "how": N_("How"),
    "left": N_("Left the shift"),
    "open": N_("Places open"),
    "origin": N_("Whence"),
    "person": N_("Person"),
    "place": N_("What it says of the place"),
    "placed": N_("Places filled"),
    "people": N_("People"),
    "shifts": N_("Shifts"),
    "took": N_("Took the shift"),
    "went": N_("Went"),
    "version": N_("Version of the roster"),
}


@dataclass(frozen=True, slots=True)
class Detail:
    """One fact. `was` is None where nothing is known to have been there before."""

    title: str
    now: str
    was: str | None = None


def actor_words(ref: str) -> str:
    """An actor who has no name of their own: a worker, or whoever held a link."""
    kind, _, key = ref.partition(":")
    if kind == "link":
        return gettext("Whoever held the link")
    return key if kind == "worker" else ref


def details_of(subject: str, facts: Mapping[str, Any]) -> list[Detail]:
    """Each fact, in the order it was written."""
    return [_detail(subject, name, value) for name, value in facts.items()]


def _detail(subject: str, name: str, value: Any) -> Detail:
    field = _field(subject, name)
    title = str(getattr(field, "verbose_name", "") or name)
    if field is None and name in _DUTY and subject.startswith("duty."):
        title = gettext(_DUTY[name])
    title = title[:1].upper() + title[1:]
    if isinstance(value, dict) and set(value) == {"was", "is"}:
        return Detail(title, _said(field, value["is"], name), _said(field, value["was"], name))
    return Detail(title, _said(field, value, name))


def _field(subject: str, name: str) -> Any:
    model = model_of(subject)
    if model is None:
        return None
    try:
        return model._meta.get_field(name.removesuffix("_id"))
    except FieldDoesNotExist:
        return None


def _said(field: Any, value: Any, name: str = "") -> str:
    if value in (None, "", [], {}):
        return "—"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    instant = instant_of(value) if name == "at" or name.endswith("_at") else None
    if instant is not None:
        return str(shown(instant))
    choices: dict[Any, Any] = dict(getattr(field, "flatchoices", None) or WORDS.get(name) or ())
    if isinstance(value, str) and value in choices:
        return str(choices[value])
    if name == "title" and isinstance(value, str):
        return told(title_known(value), gettext)[:_LONGEST]
    if isinstance(value, list):
        return "; ".join(_said(None, part) for part in value)[:_LONGEST]
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_said(None, part)}" for key, part in value.items())[:_LONGEST]
    return str(value)[:_LONGEST]
