"""A sheet between its preview and its import: carried by the page itself, packed and signed. Nothing is kept here."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest

from vigil.adapters.inventories import Sheet
from vigil.adapters.inventories.model import Row
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

_KEPT_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A sheet, the SHA-256 and the name of the file it was read from."""

    sheet: Sheet
    sha256: str
    filename: str


def packed(request: HttpRequest, purpose: str, parcel: Parcel) -> str:
    """The parcel as text that only this user's page for this purpose can hand back.

    Raises: Refused `sheet.too_large` when it would not fit into the answer.
    """
    content = {
        "header": parcel.sheet.header,
        "rows": [[row.number, row.cells] for row in parcel.sheet.rows],
        "sha256": parcel.sha256,
        "filename": parcel.filename,
    }
    text = signing.dumps(content, salt=_salt(request, purpose), compress=True)
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    if limit and len(text) > limit * 0.9:
        raise Refused(
            "sheet.too_large", N_("The file is larger than {limit_mb} MB. Split it."), limit_mb=limit // 1_000_000
        )
    return text


def unpacked(request: HttpRequest, purpose: str, text: str) -> Parcel:
    """What `packed` was given.

    Raises: Refused `sheet.stale` after an hour, or when it was made for another user or list.
    """
    try:
        content = signing.loads(text, salt=_salt(request, purpose), max_age=_KEPT_FOR)
    except signing.BadSignature as error:
        raise Refused("sheet.stale", N_("The preview is too old. Choose the file again.")) from error
    rows = tuple(Row(number, tuple(cells)) for number, cells in content["rows"])
    return Parcel(Sheet(tuple(content["header"]), rows), content["sha256"], content["filename"])


def _salt(request: HttpRequest, purpose: str) -> str:
    return f"vigil.import:{purpose}:{request.user.pk}"
