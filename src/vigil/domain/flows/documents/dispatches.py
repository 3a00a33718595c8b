"""A directive written out as a document: its confirmed fields and demands, under the headings it came with."""

import re
from datetime import datetime

from vigil.adapters.documents.writing import DocumentKind, Item, Level, OfficialDocument, Signatory, Urgency
from vigil.domain.directives.models import Directive
from vigil.domain.flows.documents import parts
from vigil.engines.dispatch import OutlineItem, outline
from vigil.kernel.clock import VIETNAM

_KINDS = {kind.reads_as: kind for kind in DocumentKind}
_RUNGS = {"roman": Level.SECTION, "number": Level.CLAUSE, "letter": Level.POINT}


def dispatch_of(directive: Directive, now: datetime) -> OfficialDocument:
    """The document that a directive stands for. What it lacks (number, date, name) is left blank, never invented."""
    found = outline(directive.dispatch.text)
    left = {item.code: item.text for item in directive.obligations.filter(derived=False)}
    items = tuple(_item(item, left, None) for item in found.items)
    items = (*items, *(Item(Level.CLAUSE, text) for text in left.values()))
    serial, _, symbol = directive.number.partition("/")
    year = directive.issued_on.year if directive.issued_on else now.astimezone(VIETNAM).year
    recipients = [r for r in directive.recipients if not re.match(r"như |lưu", r.lower())]
    return OfficialDocument(
        kind=_KINDS.get(directive.kind, DocumentKind.DISPATCH),
        issuer=directive.issuer or parts.bare(directive.organisation.name),
        issuer_parent=directive.issuer_parent,
        symbol=symbol or parts.abbreviation(directive.organisation),
        number=serial.strip() if directive.is_numbered else None,
        place=directive.place,
        issued_on=directive.issued_on,
        year=year,
        subject=directive.subject,
        addressees=tuple(map(str, directive.addressees)),
        lead=(found.lead,) if found.lead else (),
        items=items,
        closing=found.closing,
        recipients=tuple(map(str, recipients)),
        filing=_filing(directive),
        signatory=Signatory(
            directive.signatory_title or "THỦ TRƯỞNG ĐƠN VỊ", directive.signatory_authority, directive.signatory_name
        ),
        urgency=_urgency(directive),
        exercise=parts.is_exercise(directive),
    )


def _item(found: OutlineItem, left: dict[str, str], above: Level | None) -> Item:
    """A confirmed demand has the confirmed words; a heading keeps its own."""
    level = _RUNGS.get(found.style, Level.DASH)
    if above is not None and level <= above:
        level = Level(min(above + 1, Level.DASH))
    confirmed = left.pop(found.code, None)
    if confirmed is not None:
        return Item(level, confirmed)
    if level == Level.DASH:
        for child in found.children:  # nothing stands below a dash
            left.setdefault(child.code, child.words)
        return Item(level, found.words)
    return Item(level, found.words, tuple(_item(child, left, level) for child in found.children))


def _filing(directive: Directive) -> str:
    for line in map(str, directive.recipients):
        filed = re.match(r"lưu\s*:?\s*VT\s*,\s*(.+)", line, re.IGNORECASE)
        if filed:
            return filed[1].strip(" .")
    return ""


def _urgency(directive: Directive) -> Urgency | None:
    found = (directive.dispatch.reading.get("readings", {}).get("urgency") or {}).get("value", "")
    return next((grade for grade in reversed(Urgency) if str(found).startswith(grade.value)), None)
