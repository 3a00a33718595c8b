"""The body of a document as a tree of its own words: what stands above the demands, and between them.

A reading holds the demands alone; who writes the document anew needs its headings too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .items import Item, parse_items, words_of
from .reader import body_of
from .text import SourceText


@dataclass(frozen=True, slots=True)
class OutlineItem:
    """One item: its `code` as in a reading (`1.a`), its style, its own words, the items under it."""

    code: str
    style: str
    words: str
    children: tuple[OutlineItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """The words before the first item, the items, and the paragraphs after the last."""

    lead: str
    items: tuple[OutlineItem, ...]
    closing: tuple[str, ...] = ()


def outline(text: str) -> Outline:
    """The tree of a document's items; a text without items has a lead alone."""
    source, layout, start = body_of(text)
    tree = parse_items(source, layout, start)
    lead = _LAST_MARKER_RE.sub("", source.words(*tree.lead)).lstrip(" .;:-")
    items = tuple(_item(source, child) for child in tree.root.children)
    end = max((_end(child) for child in tree.root.children), default=layout.body_end)
    rest = (source.words(line.start, line.end) for line in layout.lines if end <= line.start < layout.body_end)
    last = source.words(layout.lines[layout.line_at(layout.body_end)].start, layout.body_end)
    closing = [words for words in rest if words]
    if closing and last:
        closing[-1] = last
    return Outline(lead, items, tuple(closing))


_LAST_MARKER_RE = re.compile(r"\s*(?:[IVX]{1,5}|\d{1,2}|[a-zđ]|Điều \d{1,2})\s?[.)/:-]\s*$|\s*[-+*•]\s*$")


def _end(item: Item) -> int:
    return max([item.end, *(_end(child) for child in item.children)])


def _item(source: SourceText, item: Item) -> OutlineItem:
    children = tuple(_item(source, child) for child in item.children)
    return OutlineItem(item.path(), item.style, words_of(source, item), children)
