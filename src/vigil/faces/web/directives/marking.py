"""The original's text with a mark on every piece that something was read from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

SHOWN_CHARACTERS = 200_000
_LISTS = {
    "obligations": "obligation",
    "addressees": "addressees",
    "contacts": "contacts",
    "recipients_noi_nhan": "recipients",
    "cves": "cves",
    "products": "products",
    "vuln_references": "vuln_references",
    "deadlines": "deadlines",
    "refs": "refs",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """`text[start:end]` is where `field` came from; `how`: read, normalised, inferred..."""

    start: int
    end: int
    field: str
    how: str


def marks_of(readings: Mapping[str, Any]) -> list[Mark]:
    """Every span under `readings`, under the name of the review form's field."""
    found: list[Mark] = []
    for key, value in readings.items():
        if key == "obligations":
            for number, item in enumerate(value or [], start=1):
                found.extend(_spans(item, f"obligation-{number}"))
        else:
            found.extend(_spans(value, _LISTS.get(key, key)))
    return found


def _spans(node: Any, field: str) -> Iterator[Mark]:
    if isinstance(node, Mapping):
        for span in node.get("spans") or []:
            if len(span) == 2 and span[0] < span[1]:
                yield Mark(span[0], span[1], field, str(node.get("how", "read")))
        for key, value in node.items():
            if key != "spans" and not key.endswith("_spans"):
                yield from _spans(value, field)
    elif isinstance(node, list):
        for value in node:
            yield from _spans(value, field)


def marked_text(text: str, marks: list[Mark]) -> SafeString:
    """The text, escaped, cut at every mark's ends; a piece under marks says which fields it belongs to."""
    text = text[:SHOWN_CHARACTERS]
    cuts = sorted({0, len(text), *(min(edge, len(text)) for mark in marks for edge in (mark.start, mark.end))})
    opening: dict[int, list[Mark]] = {}
    for mark in marks:
        opening.setdefault(mark.start, []).append(mark)
    pieces: list[str] = []
    active: list[Mark] = []
    for start, end in pairwise(cuts):
        active = [mark for mark in active if mark.end > start] + opening.get(start, [])
        piece = str(escape(text[start:end]))
        if active and text[start:end].strip():
            fields = " ".join(dict.fromkeys(mark.field for mark in active))
            how = "inferred" if all(mark.how == "inferred" for mark in active) else "read"
            piece = f'<mark data-field="{escape(fields)}" class="{how}">{piece}</mark>'
        pieces.append(piece)
    return mark_safe("".join(pieces))  # noqa: S308 - every piece of text is escaped above


def how_of(readings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """For each field of the form: how its value came, and the reader's note on it."""
    found: dict[str, dict[str, Any]] = {}
    for key, value in readings.items():
        if isinstance(value, Mapping) and "how" in value:
            found[key] = {"how": value["how"], "note": value.get("note")}
        elif isinstance(value, list):
            found[_LISTS.get(key, key)] = {"how": "read" if value else "absent", "note": None}
    window = readings.get("window") or {}
    for part in ("event", "start", "end"):
        piece = window.get(part) or {"how": "absent"}
        found[f"window_{part}"] = {"how": piece.get("how"), "note": piece.get("note")}
    signatory = readings.get("signatory") or {}
    for part in ("authority", "title", "name"):
        piece = signatory.get(part) or {"how": "absent"}
        found[f"signatory_{part}"] = {"how": piece.get("how"), "note": piece.get("note")}
    found["issued_on"] = found.get("date", {"how": "absent"})
    return found
