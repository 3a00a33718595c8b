"""The tokens of RTF: groups, control words, characters. Source: RTF 1.9.1, section "RTF Syntax"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_TOKEN = re.compile(
    rb"(?P<open>\{)|(?P<close>\})|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?"
    rb"|\\(?P<symbol>[^a-zA-Z])|(?P<text>[^\\{}\r\n]+)|[\r\n]+"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `word` with `number` for control words, `raw` bytes for characters."""

    kind: Literal["open", "close", "word", "symbol", "bytes"]
    word: str = ""
    number: int | None = None
    raw: bytes = b""


def tokens(data: bytes) -> Iterator[Token]:
    """The tokens in order; raw binary (\\binN) is jumped over."""
    at = 0
    while at < len(data):
        match = _TOKEN.match(data, at)
        if match is None:
            at += 1
            continue
        at = match.end()
        kind = match.lastgroup
        if kind in ("open", "close"):
            yield Token("open" if kind == "open" else "close")
        elif match["hex"]:
            yield Token("bytes", raw=bytes([int(match["hex"], 16)]))
        elif match["word"]:
            number = int(match["number"]) if match["number"] else None
            if match["word"] == b"bin":
                at += max(number or 0, 0)
            yield Token("word", match["word"].decode("ascii"), number)
        elif match["symbol"]:
            yield Token("symbol", match["symbol"].decode("latin-1"))
        elif match["text"]:
            yield Token("bytes", raw=match["text"])
