"""Frames that cannot be read as they are: the lines that are the reason are found and left out, the rest is read.

A record that only some part beyond the formats cannot bear (a table, the database) would otherwise be read again and
again, and nothing after it. This is the net below the readers: what falls into it is a fault of theirs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from vigil.adapters.spool import Frame

MOST_TRIES: Final = 200
"""Beyond that all that was not found good is left out: who sends nothing but such lines shall not hold up others."""


@dataclass
class Sifted:
    """`good`: what can be read; `bad`: lines that cannot, each as a frame, with the reason."""

    good: list[Frame] = field(default_factory=list)
    bad: list[tuple[Frame, Exception]] = field(default_factory=list)
    tries: int = 0


def sifted(frames: Sequence[Frame], fault_of: Callable[[Sequence[Frame]], Exception | None]) -> Sifted:
    """Which lines are the reason. `fault_of`: why such frames cannot be read, None where they can."""
    found = Sifted()
    waiting = [list(frames)]
    while waiting:
        several = waiting.pop()
        found.tries += 1
        why = fault_of(several)
        if why is None:
            found.good += several
            continue
        parts = _halves(several)
        if parts is None or found.tries >= MOST_TRIES:
            found.bad += [(line, why) for frame in several for line in lines_of(frame)]
        else:
            waiting += reversed(parts)  # the first is looked at first: headers stand before what they are for
    return found


def _halves(frames: list[Frame]) -> list[list[Frame]] | None:
    if len(frames) == 1:
        frames = lines_of(frames[0])
    if len(frames) <= 1:
        return None
    half = len(frames) // 2
    return [frames[:half], frames[half:]]


def lines_of(frame: Frame) -> list[Frame]:
    """Each of its lines as a frame of its own, at the same place."""
    found, at = [], frame.offset
    for line in frame.data.split(b"\n"):
        if line:
            found.append(replace(frame, data=line, offset=at))
        at += len(line) + 1
    return found
