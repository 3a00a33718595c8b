"""The Word writer: the same form as paragraphs and two borderless tables, with page numbers that Word itself counts.

Source: NĐ 30/2020/NĐ-CP phụ lục I mục I (page, margins, page numbers) and II (sizes, faces, rules).
"""

import io
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from vigil.adapters.documents.writing.form import EXERCISE, MOTTO, NATION, RECIPIENTS, Form, form_of
from vigil.adapters.documents.writing.official import Annex, OfficialDocument

_FONT = "Times New Roman"
_RED = RGBColor(0xD0, 0, 0)
_LEFT, _CENTRE, _JUSTIFY = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.JUSTIFY
_TEXT_MM = 210 - 30 - 15


def write_docx(document: OfficialDocument) -> bytes:
    """The document as Word (.docx), A4, Times New Roman. Equal documents give equal parts."""
    form = form_of(document)
    file = Document()
    _page(file, form)
    _head(file, form)
    _title(file, form)
    _to(file, form)
    _body(file, form)
    _foot(file, form)
    for name, annex in form.annexes:
        _annex(file, name, annex)
    _properties(file, form)
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def _properties(file: Any, form: Form) -> None:
    core = file.core_properties
    core.title, core.author, core.comments, core.language = f"{form.issuer} {form.number}", "", "", "vi-VN"
    core.created = core.modified = datetime(2020, 3, 5, tzinfo=UTC)


def _page(file: Any, form: Form) -> None:
    """A4, margins 20/20/30/15 mm; a page number centred in the top margin from the second page on."""
    section = file.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    section.header_distance = section.footer_distance = Mm(10)
    section.different_first_page_header_footer = True
    style = file.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(14)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    style.element.rPr.rFonts.set(qn("w:cs"), _FONT)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "vi-VN")
    style.element.rPr.append(language)
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
    number = section.header.paragraphs[0]
    number.alignment = _CENTRE
    _field(number.add_run(), "PAGE")
    if form.exercise:
        for footer in (section.footer, section.first_page_footer):
            _words(footer.paragraphs[0], EXERCISE, 11, bold=True, colour=_RED, align=_CENTRE)


def _field(run: Any, name: str) -> None:
    run.font.size = Pt(13)
    for kind, text in (("begin", ""), ("", name), ("end", "")):
        element = OxmlElement("w:instrText" if text else "w:fldChar")
        if text:
            element.set(qn("xml:space"), "preserve")
            element.text = text
        else:
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)


def _words(
    paragraph: Any,
    text: str,
    size: float,
    *,
    bold: bool = False,
    italic: bool = False,
    align: Any = None,
    colour: RGBColor | None = None,
) -> Any:
    run = paragraph.add_run(text)
    run.font.size, run.font.bold, run.font.italic = Pt(size), bold, italic
    if colour is not None:
        run.font.color.rgb = colour
    if align is not None:
        paragraph.alignment = align
    return paragraph


def _rule(holder: Any, width_mm: float, room_mm: float) -> None:
    """A line of `width_mm` in the middle of `room_mm`: the lower border of an empty small paragraph."""
    paragraph = holder.add_paragraph()
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Mm((room_mm - width_mm) / 2)
    paragraph.paragraph_format.line_spacing = Pt(3)
    paragraph.paragraph_format.space_after = Pt(5)
    borders, bottom = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    _bordered(paragraph, borders)


def _bordered(paragraph: Any, borders: Any) -> None:
    """Put the borders where the schema wants them: before shading, spacing, indents and alignment."""
    after = (
        "w:shd",
        "w:tabs",
        "w:suppressAutoHyphens",
        "w:kinsoku",
        "w:spacing",
        "w:ind",
        "w:contextualSpacing",
        "w:jc",
    )
    paragraph._p.get_or_add_pPr().insert_element_before(borders, *after)


def _columns(file: Any, left_mm: float, right_mm: float) -> tuple[Any, Any]:
    """Two cells side by side without borders, each with its first paragraph ready."""
    table = file.add_table(rows=1, cols=2)
    table.autofit = False
    for cell, width in zip(table.rows[0].cells, (left_mm, right_mm), strict=True):
        cell.width = Mm(width)
    for column, width in zip(table.columns, (left_mm, right_mm), strict=True):
        column.width = Mm(width)
    row = table.rows[0]._tr.get_or_add_trPr()
    row.append(OxmlElement("w:cantSplit"))
    return table.rows[0].cells[0], table.rows[0].cells[1]


def _next(cell: Any) -> Any:
    """The cell's first paragraph while it is empty, then new ones."""
    first = cell.paragraphs[0]
    return first if len(cell.paragraphs) == 1 and not first.runs else cell.add_paragraph()


def _head(file: Any, form: Form) -> None:
    if form.exercise:
        _words(file.add_paragraph(), EXERCISE, 13, bold=True, colour=_RED, align=_CENTRE)
    left_mm, right_mm = 73.0, _TEXT_MM - 73.0
    left, right = _columns(file, left_mm, right_mm)
    if form.parent:
        _words(_next(left), form.parent, 12, align=_CENTRE)
    _words(_next(left), form.issuer, 12, bold=True, align=_CENTRE)
    _rule(left, left_mm * 0.4, left_mm - 4)
    _words(_next(left), form.number, 13, align=_CENTRE)
    if form.about:
        about = _words(_next(left), form.about, 12, align=_CENTRE)
        about.paragraph_format.space_before = Pt(6)
    if form.urgency:
        _stamp(_next(left), form.urgency)
    _words(_next(right), NATION, 12, bold=True, align=_CENTRE)
    _words(_next(right), MOTTO, 13, bold=True, align=_CENTRE)
    _rule(right, 58, right_mm - 4)
    _words(_next(right), form.place_and_date, 13, italic=True, align=_CENTRE)


def _stamp(paragraph: Any, text: str) -> None:
    _words(paragraph, text, 13, bold=True, colour=_RED, align=_CENTRE)
    paragraph.paragraph_format.space_before = Pt(6)
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Mm(15)
    borders = OxmlElement("w:pBdr")
    for side in ("top", "left", "bottom", "right"):
        edge = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "8"), ("space", "4"), ("color", "D00000")):
            edge.set(qn(f"w:{name}"), value)
        borders.append(edge)
    _bordered(paragraph, borders)


def _title(file: Any, form: Form) -> None:
    if not form.type_name:
        return
    name = _words(file.add_paragraph(), form.type_name, 14, bold=True, align=_CENTRE)
    name.paragraph_format.space_before = Pt(14)
    _words(file.add_paragraph(), form.title, 14, bold=True, align=_CENTRE)
    _rule(file, _TEXT_MM * 0.22, _TEXT_MM)


def _to(file: Any, form: Form) -> None:
    for n, words in enumerate(form.to):
        paragraph = _words(file.add_paragraph(), words, 14, align=_CENTRE if len(form.to) == 1 else _LEFT)
        paragraph.paragraph_format.space_before = Pt(12 if n == 0 else 3)
        if len(form.to) > 1:
            paragraph.paragraph_format.left_indent = Mm(22 if n == 0 else 32)


def _body(file: Any, form: Form) -> None:
    texts = [(words, False, True) for words in form.grounds] + [(words, False, False) for words in form.lead]
    texts += [(f"{line.label} {line.text}", line.bold, False) for line in form.lines]
    texts += [(words, False, False) for words in form.closing]
    for n, (words, bold, italic) in enumerate(texts):
        paragraph = _words(file.add_paragraph(), words, 14, bold=bold, italic=italic, align=_JUSTIFY)
        layout = paragraph.paragraph_format
        layout.first_line_indent, layout.space_after, layout.line_spacing = Mm(12.7), Pt(6), 1.15
        layout.space_before = Pt(10 if n == 0 else 0)
        layout.keep_with_next = bold or n == len(texts) - 1  # no signature stands on a page alone


def _foot(file: Any, form: Form) -> None:
    spacer = file.add_paragraph()
    spacer.paragraph_format.line_spacing = Pt(8)
    spacer.paragraph_format.keep_with_next = True
    left, right = _columns(file, _TEXT_MM * 0.48, _TEXT_MM * 0.52)
    _words(_next(left), RECIPIENTS, 12, bold=True, italic=True)
    for words in form.recipients:
        _words(_next(left), words, 11)
    if form.authority:
        _words(_next(right), form.authority, 14, bold=True, align=_CENTRE)
    _words(_next(right), form.signs_as, 14, bold=True, align=_CENTRE)
    name = _words(right.add_paragraph(), form.name, 14, bold=True, align=_CENTRE)
    name.paragraph_format.space_before = Pt(64)


def _annex(file: Any, name: str, annex: Annex) -> None:
    file.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    _words(file.add_paragraph(), name, 14, bold=True, align=_CENTRE)
    title = _words(file.add_paragraph(), annex.title.upper(), 13, bold=True, align=_CENTRE)
    title.paragraph_format.space_after = Pt(8)
    table = file.add_table(rows=1, cols=len(annex.columns))
    table.style = "Table Grid"
    for cell, words in zip(table.rows[0].cells, annex.columns, strict=True):
        _words(cell.paragraphs[0], words, 12, bold=True)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for row in annex.rows:
        for cell, words in zip(table.add_row().cells, row, strict=True):
            _words(cell.paragraphs[0], words, 12)
