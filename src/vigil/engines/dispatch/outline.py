"""The body of a document as a tree of its own words: what stands above the demands, and between them.

A reading holds the demands alone; who writes the document anew needs its headings too.
"""

from __future__ import annotations

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
    """The words before the first item, and the items."""

    lead: str
    items: tuple[OutlineItem, ...]


def outline(text: str) -> Outline:
    """The tree of a document's items; a text without items has a lead alone."""
    source, layout, start = body_of(text)
    tree = parse_items(source, layout, start)
    lead = source.words(tree.lead[0], tree.lead[1]).lstrip(" .;:-")
    return Outline(lead, tuple(_item(source, child) for child in tree.root.children))


def _item(source: SourceText, item: Item) -> OutlineItem:
    children = tuple(_item(source, child) for child in item.children)
    return OutlineItem(item.path(), item.style, words_of(source, item), children)
