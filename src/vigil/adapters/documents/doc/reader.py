"""A .doc as a document. Runs in the child process. Source: [MS-DOC] 2.4.1 (algorithm for retrieving text)."""

from vigil.adapters.documents import refusals
from vigil.adapters.documents.doc.container import opened
from vigil.adapters.documents.doc.lists import lists
from vigil.adapters.documents.doc.pieces import Piece, Stories, pieces, stories
from vigil.adapters.documents.doc.properties import letters, paragraphs
from vigil.adapters.documents.doc.story import Formats, Story
from vigil.adapters.documents.doc.styles import Styles
from vigil.adapters.documents.letterhead import is_stamp
from vigil.adapters.documents.limits import Limits
from vigil.adapters.documents.model import Document
from vigil.adapters.documents.sniff import DOC
from vigil.adapters.documents.sources import finished
from vigil.kernel.phrases import N_, phrase


def read_doc(data: bytes, limits: Limits) -> Document:
    """The text of a Word 97-2003 file: body, tables, numbers, text boxes, stamps of headers.

    Raises:
        Refused: `document.encrypted`, `document.damaged`, `document.unsupported`, `document.no_text`,
            `document.too_long`.
    """
    container = opened(data, limits)
    main, table = container.main, container.table
    found, parts = pieces(main, table), stories(main)
    if found[-1].end > limits.characters:
        raise refusals.too_much_text(limits.characters)
    formats = Formats(letters(main, table), paragraphs(main, table), Styles(main, table), lists(main, table))
    story = Story(main, formats)
    lines = [
        *_stamps(story, found, parts),
        *story.lines(found, *parts.range_of("text")),
        *story.lines(found, *parts.range_of("boxes")),
    ]
    warnings = []
    if container.has_macros:
        warnings.append(phrase(N_("The file holds macros or embedded objects; they were not opened.")))
    return finished(lines, story.encodings, DOC, limits, warnings)


def _stamps(story: Story, found: list[Piece], parts: Stories) -> list[str]:
    """Lines of headers, footers and their boxes that are stamps: a secrecy grade must not be lost."""
    lines = [
        line
        for name in ("headers", "header_boxes")
        for line in story.lines(found, *parts.range_of(name))
        if is_stamp(line)
    ]
    return list(dict.fromkeys(lines))
