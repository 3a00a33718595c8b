"""The first roster: the scarcest places first, each given to whom it costs least; no random, no solver.

Where nobody is free, somebody is moved out of another task that a third person can take over.
"""

from vigil.engines.roster.board import NONE, Board, Change
from vigil.engines.roster.model import Model


def first_roster(model: Model) -> Board:
    """Fixed assignments, then everything else."""
    board = Board(model, sorted(model.fixed))
    for t, j in _places(model):
        _fill(board, t, j)
    return board


def _places(model: Model) -> list[tuple[int, int]]:
    """Every want of every task: leads and skills before plain places, the few-handed first, then by time."""

    def rank(place: tuple[int, int]) -> tuple[bool, float, int]:
        t, j = place
        want = model.tasks[t].wants[j]
        able = sum(1 for p in model.eligible[t] if want.quality is None or want.quality in model.qualities[p])
        return want.quality is None, able / want.n if want.quality else 0.0, t

    return sorted(((task.index, j) for task in model.tasks for j in range(len(task.wants))), key=rank)


def _fill(board: Board, t: int, j: int) -> None:
    want = board.model.tasks[t].wants[j]
    while board.have[t][j] < want.n and len(board.on[t]) < board.model.tasks[t].room:
        change = cheapest(board, t, want.quality) or chain(board, t, want.quality)
        if not change:
            return
        for one in change:
            board.change(*one)


def cheapest(board: Board, t: int, quality: str | None = None) -> list[Change]:
    """The addition to t that costs least, if anybody may."""
    best: list[Change] = []
    least = 0
    for p in board.model.eligible[t]:
        if (quality is None or quality in board.model.qualities[p]) and board.may(p, t):
            cost = board.delta([(p, NONE, t)])
            if not best or cost < least:
                best, least = [(p, NONE, t)], cost
    return best


def chain(board: Board, t: int, quality: str | None = None) -> list[Change]:
    """The cheapest of: p leaves one task for t, r takes what p left; or p leaves it for t and it stays open, if that
    is less.

    Empty where none lowers the cost.
    """
    model = board.model
    best: list[Change] = []
    least = 0
    for p in model.eligible[t]:
        if quality is not None and quality not in model.qualities[p]:
            continue
        for left in _blocking(board, p, t):
            if (p, left) in model.fixed or not board.may(p, t, left):
                continue
            alone = [(p, left, t)]
            cost = board.delta(alone)
            if cost < least:
                best, least = alone, cost
            for r in model.eligible[left]:
                if r != p and board.may(r, left):
                    cost = board.delta([(p, left, t), (r, NONE, left)])
                    if cost < least:
                        best, least = [(p, left, t), (r, NONE, left)], cost
    return best


def _blocking(board: Board, p: int, t: int) -> list[int]:
    """The tasks of p that might be in the way of t: the clashing one, or any of the same week."""
    model = board.model
    clash = board.mask[p] & model.clashing[t]
    if clash:
        return [clash.bit_length() - 1] if clash & (clash - 1) == 0 else []
    day = model.tasks[t].day
    mask, near = board.mask[p], []
    while mask:
        low = mask & -mask
        index = low.bit_length() - 1
        if abs(model.tasks[index].day - day) <= 7:
            near.append(index)
        mask ^= low
    return near
