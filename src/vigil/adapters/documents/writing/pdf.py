"""The PDF writer: the form as data for a fixed Typst template; no word of a document is ever read as markup.

Source: NĐ 30/2020/NĐ-CP phụ lục I mục I (page, margins, page numbers) and II (sizes, faces, rules).
"""

import json
from dataclasses import asdict
from functools import cache
from importlib.resources import files

import typst

from vigil.adapters.documents.writing.form import EXERCISE, MOTTO, NATION, RECIPIENTS, form_of
from vigil.adapters.documents.writing.official import OfficialDocument


@cache
def _template() -> bytes:
    return files("vigil.adapters.documents.writing").joinpath("official.typ").read_bytes()


def write_pdf(document: OfficialDocument) -> bytes:
    """The document as PDF, A4, the fonts embedded. Equal documents give equal bytes."""
    form = asdict(form_of(document))
    constants = {"nation": NATION, "motto": MOTTO, "recipients_title": RECIPIENTS, "exercise_mark": EXERCISE}
    written: bytes = typst.compile(
        _template(),
        format="pdf",
        sys_inputs={"form": json.dumps({**form, **constants}, ensure_ascii=False)},
        timestamp=0,
    )
    return written
