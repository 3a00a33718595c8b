"""A document whose unread pages are filled in with what OCR read."""

from collections.abc import Sequence
from dataclasses import replace

from vigil.adapters.documents.model import Box, Document, Method, Page


def merged(document: Document, lots: Sequence[Document]) -> Document:
    """`document` with its pages replaced by those of the same number in `lots`, offsets put right."""
    sources = {page.number: (document, page) for page in document.pages}
    for lot in lots:
        sources |= {page.number: (lot, page) for page in lot.pages}
    pieces: list[str] = []
    pages: list[Page] = []
    words: list[Box] = []
    length = 0
    boxes_by_source = {id(source): _by_page(source) for source in (document, *lots)}
    for number in sorted(sources):
        source, page = sources[number]
        shift = length - page.start
        pieces.append(source.text[page.start : page.end])
        pages.append(replace(page, start=page.start + shift, end=page.end + shift))
        words += [
            replace(box, start=box.start + shift, end=box.end + shift)
            for box in boxes_by_source[id(source)].get(number, ())
        ]
        length += page.end - page.start
    return replace(document, text="".join(pieces), pages=tuple(pages), words=tuple(words), method=_method(pages))


def _by_page(source: Document) -> dict[int, list[Box]]:
    result: dict[int, list[Box]] = {}
    for box in source.words:
        result.setdefault(box.page, []).append(box)
    return result


def _method(pages: Sequence[Page]) -> Method:
    methods = {page.method for page in pages if page.end > page.start}
    if methods == {"ocr"}:
        return "ocr"
    return "mixed" if "ocr" in methods else "text layer"
