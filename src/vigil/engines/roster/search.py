"""Local search: small changes that keep every rule, taken when they cost less or, early on, a little more.

Moves: somebody comes into an open place; another person takes a task over; two exchange tasks; one changes into
another's
task and a third takes what was left. Deterministic by seed. The engine has no clock: whoever calls says how much of the
effort is spent.
"""

import math
from collections.abc import Callable
from random import Random

from vigil.engines.roster.board import NONE, Board, Change
from vigil.engines.roster.greedy import chain, cheapest
from vigil.engines.roster.model import Model, bits

Spent = Callable[[int], float]
"""Steps done -> the part of the effort that is spent; 1 or more ends the search."""
_CHECK_EVERY = 200


def steps(count: int) -> Spent:
    """An effort of so many steps: the same roster on every machine."""
    return lambda done: done / count


def effort(model: Model) -> int:
    """Steps of the local search by default: enough for a good roster, at most a few seconds."""
    places = sum(task.room for task in model.tasks)
    return min(1_000_000, 4_000 + 700 * places)


def improve(board: Board, spent: Spent, seed: int = 0, *, gentle: bool = False) -> int:
    """Change `board` into the best roster found, never a dearer one; returns the points saved.

    `gentle`: for a roster that is good already, take fewer dearer steps.
    """
    search = _Search(board, Random(seed), gentle)  # noqa: S311 - no secret depends on it
    return search.run(spent)


class _Search:
    def __init__(self, board: Board, random: Random, gentle: bool) -> None:
        self.board, self.model, self.random = board, board.model, random
        self.gentle = gentle
        self.tasks = [t for t, able in enumerate(self.model.eligible) if able and self.model.tasks[t].room]
        weights = self.model.weights
        self.fair_nights = self.model.fair["nights"]
        self.fair_minutes = [hours * 60 for hours in self.model.fair["hours"]]
        self.hot = max(weights.fair["nights"], weights.fair["holidays"], weights.wish) / (24 if gentle else 2)

    def run(self, spent: Spent) -> int:
        """See `improve`."""
        saved = best = done = 0
        kept = self.board.pairs()
        if not self.tasks:
            return 0
        draw, exp, cold = self.random.random, math.exp, self.hot / (15 if self.gentle else 60)
        heat = self.hot
        while (part := spent(done)) < 1:
            heat = self.hot * (cold / self.hot) ** part
            if done % (_CHECK_EVERY * 20) == 0:
                saved -= self._mend()
            for _ in range(_CHECK_EVERY):
                done += 1
                changes = self._move()
                if not changes:
                    continue
                cost = self.board.delta(changes)
                if cost <= 0 or (cost < 8 * heat and draw() < exp(-cost / heat)):
                    for change in changes:
                        self.board.change(*change)
                    saved -= cost
            if saved > best:
                best, kept = saved, self.board.pairs()
        self._restore(kept)
        return best

    def _restore(self, kept: list[tuple[int, int]]) -> None:
        now, then = set(self.board.pairs()), set(kept)
        for p, t in now - then:
            self.board.change(p, t, NONE)
        for p, t in then - now:
            self.board.change(p, NONE, t)

    def _mend(self) -> int:
        """Look hard at every open place; the difference in points."""
        total = 0
        for t in self.tasks:
            if not self.board.missing(t):
                continue
            for want, have in zip(self.model.tasks[t].wants, list(self.board.have[t]), strict=True):
                if have >= want.n:
                    continue
                room = len(self.board.on[t]) < self.model.tasks[t].room
                changes = (cheapest(self.board, t, want.quality) or chain(self.board, t, want.quality)) if room else []
                changes = changes or self._better_suited(t, want.quality)
                cost = self.board.delta(changes) if changes else 0
                if cost < 0:
                    for change in changes:
                        self.board.change(*change)
                    total += cost
        return total

    def _better_suited(self, t: int, quality: str | None) -> list[Change]:
        """Somebody with the quality for somebody without it, in a full task."""
        best: list[Change] = []
        least = 0
        for q in self.board.on[t]:
            if quality is None or quality in self.model.qualities[q] or (q, t) in self.model.fixed:
                continue
            for p in self.model.eligible[t]:
                if quality in self.model.qualities[p] and self.board.may(p, t):
                    cost = self.board.delta([(q, t, NONE), (p, NONE, t)])
                    if cost < least:
                        best, least = [(q, t, NONE), (p, NONE, t)], cost
        return best

    def _move(self) -> list[Change]:
        """A change that no rule forbids, or nothing."""
        board, model = self.board, self.model
        choose = self.random.random
        t = self.tasks[int(choose() * len(self.tasks))]
        on, able = board.on[t], model.eligible[t]
        p = able[int(choose() * len(able))]
        other = able[int(choose() * len(able))]
        night = model.tasks[t].night
        if self._owes(other, night) > self._owes(p, night):
            p = other
        if board.mask[p] >> t & 1:
            return []
        if len(on) < model.tasks[t].room:
            return [(p, NONE, t)] if board.may(p, t) else []
        q = on[int(choose() * len(on))]
        other = on[int(choose() * len(on))]
        if self._owes(other, night) < self._owes(q, night):
            q = other
        if (q, t) in model.fixed:
            return []
        clash = board.mask[p] & model.clashing[t]
        if clash & (clash - 1):
            return []
        kind = choose()
        if not clash and kind < 0.4:
            return [(q, t, NONE), (p, NONE, t)] if board.may(p, t) else []
        theirs = bits(board.mask[p])
        if not theirs:
            return []
        left = clash.bit_length() - 1 if clash else theirs[int(choose() * len(theirs))]
        if (p, left) in model.fixed or not board.may(p, t, left):
            return []
        if kind < 0.7 and not board.mask[q] >> left & 1 and board.may(q, left, t):
            return [(p, left, t), (q, t, left)]
        return self._passed_on(t, p, q, left)

    def _owes(self, p: int, night: int) -> float:
        """How far a person is below their fair share of nights, or hours."""
        if night:
            return self.fair_nights[p] - self.board.nights[p]
        return self.fair_minutes[p] - self.board.load[p]

    def _passed_on(self, t: int, p: int, q: int, left: int) -> list[Change]:
        """p takes t from q; what p leaves goes to a third person, who may in turn give q something of theirs."""
        board, model = self.board, self.model
        choose = self.random.random
        able = model.eligible[left]
        for _ in range(4):
            r = able[int(choose() * len(able))]
            if r in (p, q) or board.mask[r] >> left & 1:
                continue
            clash = board.mask[r] & model.clashing[left]
            if clash & (clash - 1):
                continue
            if not clash:
                if board.may(r, left):
                    return [(q, t, NONE), (p, left, t), (r, NONE, left)]
                continue
            given = clash.bit_length() - 1
            if (
                (r, given) not in model.fixed
                and board.may(r, left, given)
                and not board.mask[q] >> given & 1
                and board.may(q, given, t)
            ):
                return [(q, t, given), (p, left, t), (r, given, left)]
        return []
