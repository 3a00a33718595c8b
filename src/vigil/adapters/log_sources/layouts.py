"""How lines of JSON with the same keys lie in their bytes: what is the same in all of them, and where values stand.

A layout is made of one line that was read as JSON. Another line has the layout when it has as many quotes and the same
bytes everywhere but in its values; that is asked of thousands of lines at once, eight bytes at a time (`holds`).
Places are told from *anchors*: the beginning of the line, each quote that is not escaped, the end of the line.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^"{}\[\]:,\s]+|\s+')
_SCALAR: Final = re.compile(rb"true|false|null|0|-?[1-9][0-9]{0,17}")
_MOST_DEPTH: Final = 12
_MOST_QUOTES: Final = 2000
Path = tuple[str, ...]
Places = NDArray[np.int64]
Named = Callable[[dict[str, Any]], "Sequence[tuple[str, Path]] | None"]
_DIGITS: Final = np.uint64(0x3030303030303030)
_HIGH: Final = np.uint64(0xF0F0F0F0F0F0F0F0)
_SIX: Final = np.uint64(0x0606060606060606)
_MASKS: Final = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)
_WORDS: Final = tuple(np.uint64(int.from_bytes(word, "little")) for word in (b"true", b"null", b"false"))


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a field's value stands: the number of the piece between quotes, and what of that piece is not value."""

    name: str
    piece: int
    before: int = 0
    behind: int = 0
    is_text: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """`used`: the anchors that the others are about, which name them by their index here.

    `spans`: pairs of anchors and how far they are apart. `words`: anchor, distance, mask and value of eight bytes.

    `scalars`: for each number, truth value or null, the anchors before and behind it, and the distances to them.
    """

    quotes: int
    cells: tuple[Cell, ...]
    used: Places
    spans: tuple[Places, Places, Places]
    words: tuple[Places, Places, NDArray[np.uint64], NDArray[np.uint64]]
    scalars: tuple[Places, Places, Places, Places]

    def holds(self, anchors: Places, words: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which lines (a column of the `used` anchors each) have the layout. `words[n]`: eight bytes from n on."""
        one, two, apart = self.spans
        held: NDArray[np.bool_] = (anchors[two] - anchors[one] == apart).all(axis=0)
        rows = np.flatnonzero(held)
        if not len(rows):
            return held
        ours = anchors if len(rows) == anchors.shape[1] else anchors[:, rows]
        at, distance, masks, values = self.words
        found = words[ours[at] + distance]
        found &= masks
        same = (found == values).all(axis=0)
        start, stop, before, behind = self.scalars
        if len(start):
            same &= _scalars(ours[start] + before, ours[stop] - behind, words).all(axis=0)
        held[rows] = same
        return held


def _scalars(begins: Places, ends: Places, words: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Whether a short whole number, a truth value or null stands there; what is longer is left to who parses."""
    length = ends - begins
    fits = (length > 0) & (length <= 8)
    short = np.where(fits, length, 0)
    word = words[begins] & _MASKS[short]
    mask = _MASKS[short]
    digits: NDArray[np.bool_] = ((word & _HIGH) == (_DIGITS & mask)) & (
        ((word + (_SIX & mask)) & _HIGH) == (_DIGITS & mask)
    )
    digits &= ((word & np.uint64(0xFF)) != np.uint64(0x30)) | (length == 1)
    for known in _WORDS:
        digits |= word == known
    digits &= fits
    return digits


def layout_of(line: bytes, named: Named) -> Layout | None:
    """The layout of a line; None where it has none (it is no JSON, has arrays, or the same key twice).

    `named` says which fields the event has, and by which path of keys each is reached; None where it is not such an
    event. It may ask for the kinds of values, not for values.
    """
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    fields = named(event) if type(event) is dict else None
    if fields is None:
        return None
    found = _Walk(line).leaves()
    if found is None or found.quotes > _MOST_QUOTES:
        return None
    cells = []
    for name, path in fields:
        leaf = found.by_path.get(path)
        if leaf is None:
            return None
        cells.append(leaf.named(name))
    return found.layout(tuple(cells))


@dataclass(frozen=True, slots=True)
class _Leaf:
    start: int
    stop: int
    is_text: bool
    quote: int
    """Of a text its opening quote, of another value the last quote before it; counted from 0."""

    def named(self, name: str) -> Cell:
        return Cell(name, self.quote + 1, is_text=self.is_text)


class _Walk:
    """Once over a line, from token to token."""

    def __init__(self, line: bytes) -> None:
        self._line = line
        self._tokens = [(found.start(), found.group()) for found in _TOKEN.finditer(line) if found.group().strip()]
        self._at = 0
        self.quotes = 0
        self.by_path: dict[Path, _Leaf] = {}
        self._anchors = [0]

    def leaves(self) -> "_Walk | None":
        """Itself with every leaf, or None where the line cannot have a layout."""
        try:
            self._value((), 0)
        except (ValueError, IndexError):
            return None
        self._anchors.append(len(self._line))
        return self

    def _next(self) -> tuple[int, bytes]:
        token = self._tokens[self._at]
        self._at += 1
        if token[1][:1] == b'"':
            self._anchors += [token[0], token[0] + len(token[1]) - 1]
            self.quotes += 2
        return token

    def _value(self, path: Path, depth: int) -> None:
        start, token = self._next()
        if token == b"{":
            self._object(path, depth)
        elif token[:1] == b'"':
            self.by_path[path] = _Leaf(start + 1, start + len(token) - 1, True, self.quotes - 2)
        elif _SCALAR.fullmatch(token):
            self.by_path[path] = _Leaf(start, start + len(token), False, self.quotes - 1)
        else:
            raise ValueError("an array, or a number that is written in several ways")

    def _object(self, path: Path, depth: int) -> None:
        seen = set()
        if depth > _MOST_DEPTH:
            raise ValueError("too deep")
        while True:
            _, token = self._next()
            if token == b"}":
                return
            if token == b",":
                _, token = self._next()
            key = orjson.loads(token)
            if key in seen:
                raise ValueError("a key twice")
            seen.add(key)
            self._next()
            self._value((*path, key), depth + 1)

    def layout(self, cells: tuple[Cell, ...]) -> Layout:
        """What `Layout` holds; anchor n + 1 is quote n."""
        anchors, line = self._anchors, self._line
        leaves = sorted(self.by_path.values(), key=lambda leaf: leaf.start)
        spans, words, scalars, trims = [], [], [], {}
        begin = 0
        for leaf in [*leaves, None]:
            end = len(line) if leaf is None else leaf.start
            first, last = _within(anchors, begin, end)
            spans.append((first, last, anchors[last] - anchors[first]))
            words += _words(line, begin, end, first, anchors[first])
            if leaf is None:
                break
            if not leaf.is_text:
                one, two = leaf.quote + 1, leaf.quote + 2
                before, behind = leaf.start - anchors[one], anchors[two] - leaf.stop
                scalars.append((one, before, two, behind))
                trims[leaf.quote + 1] = (before - 1, behind)
            begin = leaf.stop
        apart = list(dict.fromkeys(span for span in spans if span[0] != span[1]))
        used = sorted({0, len(anchors) - 1, *(one for span in apart for one in span[:2]), *(word[0] for word in words),
                       *(one for scalar in scalars for one in (scalar[0], scalar[2]))})  # fmt: skip
        index = {anchor: n for n, anchor in enumerate(used)}
        return Layout(
            self.quotes,
            tuple(
                cell if cell.is_text else Cell(cell.name, cell.piece, *trims[cell.piece], is_text=False)
                for cell in cells
            ),
            np.array(used, np.int64),
            _columns([(index[one], index[two], far) for one, two, far in apart], 1, 2),
            (
                *_columns([(index[word[0]], word[1]) for word in words], 1, 1),
                np.array([word[2:3] for word in words], np.uint64),
                np.array([word[3:] for word in words], np.uint64),
            ),
            _columns([(index[one], index[two], before, behind) for one, before, two, behind in scalars], 2, 2),
        )


def _within(anchors: list[int], begin: int, end: int) -> tuple[int, int]:
    """The first and the last anchor in [begin, end] (the ends of the line stand at 0 and at its length)."""
    inside = [n for n, at in enumerate(anchors) if begin <= at < end or (at == end and n == len(anchors) - 1)]
    return inside[0], inside[-1]


def _words(line: bytes, begin: int, end: int, anchor: int, at: int) -> list[tuple[int, int, int, int]]:
    """The bytes [begin, end) as words: the last ends where they end."""
    size = end - begin
    if size < 8:
        piece = line[begin:end]
        return [(anchor, begin - at, (1 << 8 * size) - 1, int.from_bytes(piece, "little"))] if size else []
    starts = [*range(begin, end - 7, 8)]
    if starts[-1] != end - 8:
        starts.append(end - 8)
    return [(anchor, one - at, (1 << 64) - 1, int.from_bytes(line[one : one + 8], "little")) for one in starts]


def _columns(rows: list[Any], distances: int, anchors: int) -> Any:
    """The columns of a table: of anchors as they are, of distances as columns of one, to be added to each line."""
    width = distances + anchors
    table = np.array(rows, np.int64).reshape(-1, width)
    return tuple(np.ascontiguousarray(table[:, n] if n < anchors else table[:, n : n + 1]) for n in range(width))
