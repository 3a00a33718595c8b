"""The pages of the original as pictures, with a rectangle over every word that something was read from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vigil.adapters.documents import has_pictures
from vigil.domain.directives.models import Dispatch
from vigil.faces.web.directives.marking import Mark

SHOWN_PAGES = 12


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Points from the page's top left corner; `fields` are names of the review form's fields."""

    left: float
    top: float
    width: float
    height: float
    fields: str


@dataclass(frozen=True, slots=True)
class PagePicture:
    """One page: its number, its size in points, its rectangles."""

    number: int
    width: float
    height: float
    rectangles: list[Rectangle]


def page_pictures(dispatch: Dispatch, marks: Sequence[Mark]) -> list[PagePicture]:
    """The first pages of a PDF or scan; nothing for kinds of file that have no pages to draw."""
    if not has_pictures(dispatch.media_type):
        return []
    pages: list[Mapping[str, Any]] = dispatch.document.get("pages", [])
    boxes: list[list[float]] = dispatch.document.get("boxes", [])
    shown = []
    for page in pages[:SHOWN_PAGES]:
        width, height = page.get("width") or 595.0, page.get("height") or 842.0
        own = [box for box in boxes if box[2] == page["number"]]
        shown.append(PagePicture(page["number"], width, height, _rectangles(own, marks)))
    return shown


def _rectangles(boxes: Sequence[Sequence[float]], marks: Sequence[Mark]) -> list[Rectangle]:
    found = []
    for start, end, _page, left, top, right, bottom in boxes:
        fields = dict.fromkeys(mark.field for mark in marks if mark.start < end and mark.end > start)
        if fields:
            found.append(Rectangle(left, top, right - left, bottom - top, " ".join(fields)))
    return found
