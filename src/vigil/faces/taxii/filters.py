"""Query parameters of a collection's resources. What cannot be understood is a 400, never a wider answer.

Source: TAXII 2.1 sections 3.4 (filtering) and 3.5 (pagination).
"""

import re
from collections.abc import Collection
from typing import Final

from django.http import HttpRequest

from vigil.domain.exchange.instants import read_instant
from vigil.domain.exchange.queries.pages import Versions, Wanted
from vigil.faces.taxii.answers import Answered, refuse

PAGE: Final = 100
LARGEST_PAGE: Final = 1000
_MANY: Final = 100
_SINGLE: Final = ("added_after", "limit", "next")
_LATEST: Final = Versions(last=True)
_NEXT = re.compile(r"[0-9a-f]{1,16}", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9._-]{1,300}", re.ASCII)


def wanted(request: HttpRequest, matches: Collection[str], *, ids: tuple[str, ...] = ()) -> Wanted:
    """The filters of a request; `matches`: the `match[...]` that this resource has. Answers 400."""
    if not request.META.get("QUERY_STRING"):
        return Wanted(limit=PAGE, ids=ids)
    given = request.GET
    for name in given:
        if name.startswith("match[") and name[6:-1] not in matches:
            raise _bad(name, "there is no such filter here")
        if (name in _SINGLE or name.startswith("match[")) and len(given.getlist(name)) > 1:
            raise _bad(name, "it may be given once")
    return Wanted(
        limit=_limit(given.get("limit")),
        after=max(_instant("added_after", given.get("added_after")), _next(given.get("next"))),
        ids=ids or _words("match[id]", given.get("match[id]")),
        types=_words("match[type]", given.get("match[type]")),
        versions=_versions(given.get("match[version]")),
        spec_versions=_words("match[spec_version]", given.get("match[spec_version]")),
    )


def next_of(added: int) -> str:
    """The value of `next` that goes on after a row."""
    return f"{added:x}"


def _bad(name: str, why: str) -> Answered:
    return refuse(400, "The filter is not understood", f"{name[:100]}: {why}")


def _limit(text: str | None) -> int:
    if text is None:
        return PAGE
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) == 0:
        raise _bad("limit", "a positive whole number is needed")
    return min(int(text), LARGEST_PAGE)


def _next(text: str | None) -> int:
    if text is None:
        return -1
    if not _NEXT.fullmatch(text) or int(text, 16) >= 1 << 63:
        raise _bad("next", "it is not one that this server gave")
    return int(text, 16)


def _instant(name: str, text: str | None) -> int:
    if text is None:
        return -1
    try:
        return read_instant(text)
    except ValueError as error:
        raise _bad(name, str(error)) from error


def _listed(name: str, text: str) -> list[str]:
    values = [word.strip() for word in text.split(",")]
    if len(values) > _MANY:
        raise _bad(name, f"one list of at most {_MANY} values, with commas between them")
    return values


def _words(name: str, text: str | None) -> tuple[str, ...]:
    values = _listed(name, text) if text is not None else []
    if not all(_WORD.fullmatch(value) for value in values):
        raise _bad(name, "a value is empty or holds letters that it cannot have")
    return tuple(values)


def _versions(text: str | None) -> Versions:
    if text is None:
        return _LATEST
    values = _listed("match[version]", text)
    if len(set(values)) < len(values) or ("all" in values and len(values) > 1):
        raise _bad("match[version]", "each value may be given once, and `all` only by itself")
    instants = tuple(_instant("match[version]", it) for it in values if it not in ("first", "last", "all"))
    return Versions(last="last" in values, first="first" in values, every="all" in values, instants=instants)
