"""Matches that correlations wait for, kept on disk until all are there, and given back in the order of time.

Matches may be many and come in any order, from several processes. So each process writes what it has, sorted, into a
folder of this hunt; in the end the files are merged. Memory holds one portion of them, however many there are.
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from pathlib import Path
from typing import Final

import orjson

from vigil.engines.detection.correlation import Matched

_TOGETHER: Final = 30_000
_MOST_OPEN: Final = 200


class MatchFiles:
    """Takes matches; `close` returns the files. `name` must differ from one writer to another."""

    def __init__(self, folder: Path, name: str, together: int = _TOGETHER) -> None:
        self._folder, self._name, self._together = folder, name, together
        self._waiting: list[Matched] = []
        self._files: list[Path] = []

    def add(self, matches: Iterable[Matched]) -> None:
        """Take some, in any order."""
        for one in matches:
            self._waiting.append(one)
            if len(self._waiting) >= self._together:
                self._write()

    def close(self) -> list[Path]:
        """Nothing more comes."""
        self._write()
        return self._files

    def _write(self) -> None:
        if self._waiting:
            self._waiting.sort(key=_order)
            path = self._folder / f"{self._name}.{len(self._files)}"
            write(path, self._waiting)
            self._files.append(path)
            self._waiting = []


def _order(one: Matched) -> tuple[float, str, str]:
    return one.at, one.event, one.rule


def write(path: Path, matches: Iterable[Matched]) -> None:
    """One a line."""
    with path.open("wb") as out:
        for one in matches:
            out.write(orjson.dumps([one.at, one.event, one.rule, one.values], option=orjson.OPT_APPEND_NEWLINE))


def in_order(files: Sequence[Path], at_once: int = _MOST_OPEN) -> Iterator[Matched]:
    """The matches of sorted files, by time, then as they stand in the logs."""
    level, several = 0, list(files)
    while len(several) > at_once:
        fewer = []
        for n in range(0, len(several), at_once):
            path = several[n].with_name(f"merged.{level}.{n}")
            write(path, in_order(several[n : n + at_once], at_once))
            fewer.append(path)
        level, several = level + 1, fewer
    yield from merge(*(_read(path) for path in several), key=_order)


def _read(path: Path) -> Iterator[Matched]:
    with path.open("rb") as lines:
        for line in lines:
            at, event, rule, values = orjson.loads(line)
            yield Matched(at, event, rule, tuple((name, value) for name, value in values))
