"""Why somebody stands where they stand, and why nobody stands where nobody does; read off the finished roster."""

from collections import Counter

from vigil.engines.roster.board import NONE, Board
from vigil.engines.roster.coverage import LEAD
from vigil.engines.roster.plan import Placed, Unfilled
from vigil.engines.roster.wording import joined, number, place_words, rule_words
from vigil.kernel.phrases import N_, Phrase, phrase


def placed(board: Board) -> tuple[Placed, ...]:
    """Every assignment with its reason, in the order of time."""
    model = board.model
    return tuple(
        Placed(
            model.people[p].id, model.tasks[t].slot.id, model.tasks[t].kind, _why(board, p, t), (p, t) in model.fixed
        )
        for p, t in board.pairs()
    )


def _why(board: Board, p: int, t: int) -> Phrase:
    model = board.model
    if (p, t) in model.fixed:
        return phrase(N_("Fixed beforehand."))
    others = [r for r in model.eligible[t] if r != p and board.may(r, t)]
    mine = model.qualities[p]
    task = model.tasks[t]
    for j, want in enumerate(task.wants):
        if want.quality is not None and want.quality in mine and board.have[t][j] <= want.n:
            others = [r for r in others if want.quality in model.qualities[r]]
            if not others:
                return phrase(
                    N_("Nobody else is free who could be {place} here."), place=place_words(task.kind, want.quality)
                )
    if not others:
        return phrase(N_("Nobody else may take it: the rules or other shifts keep all others out."))
    costs = [(board.delta([(p, t, NONE), (r, NONE, t)]), r) for r in others]
    least, best = min(costs)
    facts = _load(board, p, t)
    if least >= 0:
        return phrase(N_("Least costly of {count} who could: {facts}; {other} would cost {points} points more."),
                      count=len(others) + 1, facts=facts, other=model.people[best].label, points=least)  # fmt: skip
    return phrase(N_("One of {count} who could: {facts}."), count=len(others) + 1, facts=facts)


def _load(board: Board, p: int, t: int) -> Phrase:
    """The person's share so far, of what makes this task scarce."""
    model, task = board.model, board.model.tasks[t]
    if task.night:
        return phrase(
            N_("{count} nights, {fair} would be fair"), count=board.nights[p], fair=number(model.fair["nights"][p])
        )
    if task.holiday:
        return phrase(N_("{count} holiday shifts, {fair} would be fair"),
                      count=board.holidays[p], fair=number(model.fair["holidays"][p]))  # fmt: skip
    return phrase(N_("{count} h, {fair} would be fair"),
                  count=number(board.load[p] / 60), fair=number(model.fair["hours"][p]))  # fmt: skip


def unfilled(board: Board) -> tuple[Unfilled, ...]:
    """Every want that is not met, with how many people each rule keeps out of it."""
    found = []
    for task in board.model.tasks:
        for j, want in enumerate(task.wants):
            missing = want.n - board.have[task.index][j]
            if missing > 0:
                excluded = excluded_from(board, task.index, want.quality)
                place = place_words(task.kind, want.quality)
                found.append(
                    Unfilled(task.slot.id, task.slot.post, task.slot.turn, task.kind, want.quality, missing, excluded,
                             _nobody(place, excluded, len(board.model.people)))
                )  # fmt: skip
    return tuple(found)


def excluded_from(board: Board, t: int, quality: str | None) -> dict[str, int]:
    """Rule code -> how many people it keeps from filling this want, most first."""
    model = board.model
    counts: Counter[str] = Counter()
    full = len(board.on[t]) >= model.tasks[t].room
    for p in range(len(model.people)):
        if board.mask[p] >> t & 1:
            counts["there"] += 1
        elif quality is not None and quality not in model.qualities[p]:
            counts["lead" if quality == LEAD else "skill"] += 1
        else:
            code = board.bar(p, t) or ("full" if full else "")
            if code:
                counts[code] += 1
    return dict(counts.most_common())


def _nobody(place: Phrase, excluded: dict[str, int], people: int) -> Phrase:
    if (free := people - sum(excluded.values())) > 0:
        return phrase(N_("{count} people could still be {place}: choose one, or plan anew."), count=free, place=place)
    parts: list[Phrase | str] = [
        phrase(N_("{rule}: {count}"), count=count, rule=rule_words(code)) for code, count in excluded.items()
    ]
    if not parts:
        return phrase(N_("There is nobody who could be {place}."), place=place)
    return phrase(N_("Nobody is left who could be {place}: {reasons}."), place=place, reasons=joined(parts))
