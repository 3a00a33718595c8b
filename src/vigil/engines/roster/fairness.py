"""The fairness table: what each person stands in this roster, carried over, and what would be fair."""

from vigil.engines.roster.board import Board
from vigil.engines.roster.plan import Standing
from vigil.engines.roster.problem import Carried


def fairness(board: Board) -> tuple[Standing, ...]:
    """A row per person, in the order of the problem. Hours on call or as backup count in part (data/cost.toml)."""
    model = board.model
    rows = []
    for p, person in enumerate(model.people):
        carried = person.carried or Carried()
        avoided = sum(1 for t in model.avoid[p] if board.mask[p] >> t & 1)
        rows.append(
            Standing(
                person=person.id,
                nights=board.nights[p],
                holidays=board.holidays[p],
                hours=round(board.load[p] / 60, 2),
                shifts=board.shifts[p],
                on_call=board.mask[p].bit_count() - board.shifts[p],
                carried_nights=carried.nights,
                carried_holidays=carried.holidays,
                carried_hours=carried.hours,
                fair_nights=round(model.fair["nights"][p], 2),
                fair_holidays=round(model.fair["holidays"][p], 2),
                fair_hours=round(model.fair["hours"][p], 2),
                wishes_missed=avoided + sum(1 for count in board.met[p] if not count),
            )
        )
    return tuple(rows)


def spread(rows: tuple[Standing, ...], measure: str) -> float:
    """The mean distance from a fair share of `nights`, `holidays` or `hours`; 0 where there is nobody."""
    if not rows:
        return 0.0
    return sum(abs(float(getattr(row, measure)) - float(getattr(row, f"fair_{measure}"))) for row in rows) / len(rows)
