"""Text in, structure out: each reader is asked in the order in which one needs what another found."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .addressees import Addressees, asked_of, find_addressees
from .captions import caption
from .contacts import find_contacts
from .dates import YearHint, dated, year_hint
from .deadlines import find_deadlines, find_time_limits
from .foot import find_foot
from .head import Head, find_head
from .issuers import day_of_issue, find_issuer
from .items import parse_items
from .kinds import DOCUMENT_TYPES, find_kind
from .layout import EXERCISE_RE, Layout, layout_of
from .news import paragraph_obligations
from .numbers import Numbered, cited_numbers, own_number_in_prose, type_code
from .obligations import obligations_of
from .products import find_products
from .reading import Maybe, Obligation, Reading, Ref
from .subjects import Subject, find_subject
from .text import SourceText
from .values import Field, absent
from .vulnerabilities import find_cves, find_names, find_references
from .windows import find_window

_LEAD_LIMIT = 2500


def read(text: str) -> Reading:
    """Read a dispatch, a notice, a plan, a directive, a report or an article about one.

    Takes any text; a field that the text does not hold stays empty. Offsets in the reading count characters of `text`.
    Source: NĐ 30/2020/NĐ-CP phụ lục I (parts and form), TT 01/2011/TT-BNV (the form before it).
    """
    return _reading(_parts_of(text))


def body_of(text: str) -> tuple[SourceText, Layout, int]:
    """The text prepared, its parts, and where its body begins."""
    parts = _parts_of(text)
    return parts.source, parts.layout, parts.body


def _parts_of(text: str) -> _Parts:
    source = SourceText.of(text)
    head = find_head(source)
    layout = layout_of(source, head.end)
    number = head.number or own_number_in_prose(source, _LEAD_LIMIT)
    kind = find_kind(source, head, number)
    subject = find_subject(source, head, layout, kind.value, number)
    listed = find_addressees(source, head, layout)
    body = min(max(head.end, subject.end, listed.end), layout.body_end)
    hint = year_hint(source, head.year)
    return _Parts(source, head, layout, number, kind, subject, listed, body, hint)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the letterhead and the first look gave."""

    source: SourceText
    head: Head
    layout: Layout
    number: Numbered | None
    kind: Field[str]
    subject: Subject
    listed: Addressees
    body: int
    hint: YearHint | None


def _reading(p: _Parts) -> Reading:
    issued = find_issuer(p.source, p.head, p.body)
    addressees = _addressees(p)
    obligations = _obligations(p, addressees)
    date, note = _date(p)
    foot = find_foot(p.source, p.layout)
    references = find_references(p.source, p.body, p.layout.body_end)
    general = asked_of(p.source, p.body, _lead_end(p)) if p.kind.value != "report" else ()
    span = p.subject.field.spans
    within = (p.source.offset(span[0][0]), p.source.offset(span[-1][1])) if span else None
    window = find_window(p.source, p.kind.value, within, p.layout, p.hint)
    cves = find_cves(p.source, p.layout)
    subject = p.subject.field
    if subject.value is None and not p.head.exists:
        first = min((s for o in obligations for s, _ in o.text.spans), default=len(p.source.given))
        names = tuple(name for name, _ in find_names(p.source) if name.spans[0][0] < first)
        early = cves if cves and cves[0].spans[0][0] < first else ()
        subject = caption(p.source, p.kind.value, issued.issuer, window, early, names)
    return Reading(
        kind=p.kind,
        issuer=issued.issuer,
        issuer_parent=issued.parent,
        number=_number(p),
        number_missing_serial=p.number is not None and p.number.missing_serial,
        place=p.head.place,
        date=date,
        date_note=note,
        subject=subject,
        addressees=addressees,
        window=window,
        obligations=obligations,
        cves=cves,
        vuln_references=references,
        products=find_products(p.source, p.layout),
        deadlines=find_deadlines(p.source, p.layout, obligations, p.hint, p.body) if p.kind.value != "report" else (),
        contacts=find_contacts(p.source, p.body, p.layout.body_end),
        recipients=foot.recipients,
        signatory=foot.signatory,
        refs=_refs(p),
        time_limits=find_time_limits(p.source, p.layout, obligations, p.body) if p.kind.value != "report" else (),
        document_type=_document_type(p),
        urgency=p.source.field(*p.head.urgency) if p.head.urgency else absent(),
        exercise=_exercise(p.source),
        filing=foot.filing,
        general_audience=general[0] if len(general) == 1 else absent(),
        same_as_above=foot.same_as_above,
        end_mark=p.source.field(*p.layout.end_mark) if p.layout.end_mark else None,
        truncated=p.source.field(*p.layout.cut) if p.layout.cut else None,
        list_open=any(r.sort == "open_list" for r in references),
    )


def _exercise(text: SourceText) -> Field[str] | None:
    mark = EXERCISE_RE.search(text.match, 0, _LEAD_LIMIT)
    return text.field(*mark.span("mark")) if mark else None


def _number(p: _Parts) -> Maybe:
    if p.number is None:
        return absent()
    spans = (p.source.span(p.number.start, p.number.end),)
    if p.number.missing_serial:
        return Field(p.number.value, "blank", spans, "số thứ tự để trống")
    same = p.source.words(p.number.start, p.number.end) == p.number.value
    return Field(p.number.value, "read" if same else "normalised", spans)


def _document_type(p: _Parts) -> Maybe:
    if p.head.type_name is not None and p.head.type_span is not None:
        return Field(p.head.type_name.lower(), "normalised", (p.source.span(*p.head.type_span),))
    code = type_code(p.number.value) if p.number is not None else None
    if p.number is not None and code in DOCUMENT_TYPES:
        return Field(DOCUMENT_TYPES[code], "normalised", (p.source.span(p.number.start, p.number.end),))
    return Field("công văn", "inferred") if p.kind.value == "dispatch" else absent()


def _date(p: _Parts) -> tuple[Maybe, str | None]:
    """The date line's day; a blank one stays blank; else the day that running text gives the document."""
    head = p.head
    if head.date_span is not None:
        span = (p.source.span(*head.date_span),)
        if head.iso is not None:
            return Field(head.iso, "normalised", span), None
        return _blank_date(p, span)
    if p.number is not None and p.number.day is not None:
        found = dated(p.source, p.number.day, p.hint)
        return (found or absent()), None
    if p.kind.value == "news" or not head.exists:
        day = day_of_issue(p.source, _LEAD_LIMIT)
        found = dated(p.source, day, p.hint) if day else None
        return (found or absent()), None
    return absent(), None


def _blank_date(p: _Parts, span: tuple[tuple[int, int], ...]) -> tuple[Maybe, str]:
    head = p.head
    blank = [n for n, v in (("day", head.day), ("month", head.month), ("year", head.year)) if v is None]
    known = [f"{n} {v}" for n, v in (("day", head.day), ("month", head.month), ("year", head.year)) if v is not None]
    shown = p.source.given[span[0][0] : span[0][1]]
    note = f"'{shown}': {' and '.join(blank)} BLANK" + (f"; {', '.join(known)}" if known else "")
    return Field(None, "blank", span, note), note


def _addressees(p: _Parts) -> tuple[Field[str], ...]:
    if p.listed.fields or p.kind.value not in ("dispatch", "directive", "notice") or p.head.to is not None:
        return p.listed.fields
    return asked_of(p.source, p.body, _lead_end(p))


def _lead_end(p: _Parts) -> int:
    """Where the first item begins: the sentence that asks stands before it."""
    first = re.compile(r"^[ \t]*(?:1[.)/]|a\)|I\.|-)\s", re.M).search(p.source.match, p.body, p.layout.body_end)
    return first.start() if first else p.layout.body_end


def _obligations(p: _Parts, addressees: tuple[Field[str], ...]) -> tuple[Obligation, ...]:
    if p.kind.value == "report":
        return ()
    if p.kind.value == "news":
        return paragraph_obligations(p.source, p.layout, 0, (), article=True)
    tree = parse_items(p.source, p.layout, p.body)
    found = obligations_of(p.source, tree, p.kind.value, p.listed.fields, p.layout.cut)
    numbered = any(c.style != "bullet" for c in tree.root.children)
    if found or numbered or p.kind.value == "plan":
        return found
    return paragraph_obligations(p.source, p.layout, p.body, p.listed.fields, article=False)


def _refs(p: _Parts) -> tuple[Ref, ...]:
    """Other documents, each once; the document's own number is none of them."""
    found: dict[str, Ref] = {}
    own = p.number.value if p.number is not None else None
    for one in cited_numbers(p.source):
        if own is not None and (
            one.value == own or (p.number is not None and p.number.start <= one.start < p.number.end)
        ):
            continue
        if p.layout.foot is not None and one.start >= p.layout.foot:
            continue
        same = p.source.words(one.start, one.end) == one.value
        number = Field(one.value, "read" if same else "normalised", (p.source.span(one.start, one.end),))
        day = dated(p.source, one.day, p.hint) if one.day else None
        old = found.get(one.value)
        if old is None or (old.date.value is None and day is not None):
            found[one.value] = Ref(number if old is None else old.number, day or absent())
    return tuple(found.values())
