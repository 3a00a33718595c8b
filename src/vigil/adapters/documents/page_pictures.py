"""A page of a PDF or scan as a picture, drawn in the child process: what a person sees beside what was read."""

import base64
from dataclasses import replace

from vigil.adapters.documents import child, sniff
from vigil.adapters.documents.limits import DEFAULT_LIMITS, Limits
from vigil.kernel.errors import NotFound
from vigil.kernel.phrases import N_

PIXELS = 1_600_000  # about 1060 x 1500 for A4: sharp on a screen, some 200 KB


def has_pictures(media_type: str) -> bool:
    """Whether pages of that kind of file can be drawn."""
    return media_type == sniff.PDF or media_type.startswith("image/")


def page_picture(data: bytes, page: int, *, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Page `page` (from 1) as PNG, grey.

    Raises: NotFound `document.no_picture`; Refused `document.*` when the file cannot be drawn.
    """
    media_type = sniff.media_type(data)
    if not has_pictures(media_type) or page < 1:
        raise NotFound("document.no_picture", N_("This page cannot be shown as a picture."))
    bounded = replace(limits, pixels=PIXELS, seconds=min(limits.seconds, 20.0))
    answer = child.ask({"job": "picture", "media_type": media_type, "page": page}, data, bounded)
    if answer is None:
        raise NotFound("document.no_picture", N_("This page cannot be shown as a picture."))
    return base64.b64decode(answer)
