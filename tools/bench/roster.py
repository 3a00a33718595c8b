"""`make bench-roster`: the roster engine on the instances in tools/bench/roster, greedy with local search and with
CP-SAT.

Costs are those of engines/roster/data/cost.toml. Per instance: cost and CPU-seconds of the default planner (median
of several
runs), CP-SAT's bound after 30 s (a tighter one than after 10), the gap to it, and what CP-SAT makes of that roster
in the same time. For the
impossible one:
how long the proof takes, by counting and by the solver. Prints a table and writes build/bench/roster.json.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from vigil.engines.roster.board import Board  # noqa: E402
from vigil.engines.roster.conflicts import counted  # noqa: E402
from vigil.engines.roster.exact import prove, solve  # noqa: E402
from vigil.engines.roster.greedy import first_roster  # noqa: E402
from vigil.engines.roster.model import Model  # noqa: E402
from vigil.engines.roster.planning import plan  # noqa: E402
from vigil.engines.roster.problem_file import read_problem  # noqa: E402
from vigil.engines.roster.search import effort, improve, steps  # noqa: E402

INSTANCES = ROOT / "tools/bench/roster"
SECONDS, BOUND_S, RUNS, MOST_GAP, MOST_PROOF_S = 10.0, 30.0, 3, 5.0, 1.0
LARGE = "14d-200p"
rows: list[dict[str, Any]] = []


def note(measure: str, value: float, unit: str, *, target: float | None = None, peer: float | None = None) -> None:
    """A row of the table; all are better when lower. The peer is CP-SAT's bound."""
    rows.append({"measure": measure, "value": round(value, 3), "unit": unit, "target": target, "better": "lower",
                 "peer": None if peer is None else f"CP-SAT's bound after {BOUND_S:g} s",
                 "peer_value": None if peer is None else round(peer, 3),
                 "ratio": round(peer / value, 3) if peer is not None and value else None})  # fmt: skip
    print(f"  {measure}: {value:,.3f} {unit}", flush=True)


def read(name: str) -> Model:
    """An instance, ready."""
    return Model(read_problem((INSTANCES / f"{name}.toml").read_bytes()))


def timed(what: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it gives, CPU-seconds and seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    made = what()
    return made, time.process_time() - cpu, time.perf_counter() - wall


def greedy(name: str) -> Board:
    """The default planner, from the file to the roster, several times with several seeds; the board of the median
    cost.
    """
    boards, cpu, wall = [], [], []
    for seed in range(RUNS):

        def once(seed: int = seed) -> Board:
            model = read(name)
            board = first_roster(model)
            improve(board, steps(effort(model)), seed)
            return board

        board, used, took = timed(once)
        boards.append(board)
        cpu.append(used)
        wall.append(took)
    boards.sort(key=lambda one: one.cost().total)
    note(
        f"{name}: greedy and local search, median of {RUNS}",
        statistics.median(cpu),
        "CPU-s",
        target=10 if name == LARGE else 1,
    )
    note(f"{name}: the same, until it is there", statistics.median(wall), "s")
    return boards[len(boards) // 2]


def gap(cost: int, bound: int) -> float:
    """In per cent of the bound."""
    return (cost - bound) / max(bound, 1) * 100


def measure(name: str) -> None:
    """One instance that can be staffed."""
    print(name, flush=True)
    board = greedy(name)
    own = board.cost().total
    longer = first_roster(board.model)
    began = time.process_time()
    improve(longer, lambda _: (time.process_time() - began) / SECONDS)
    left = SECONDS / 2
    solved, cpu, _ = timed(lambda: solve(board, seconds=left))
    bound = max(solved.bound, solve(solved.board, seconds=BOUND_S).bound)
    target = MOST_GAP if name == LARGE else None
    for words, cost, wanted in (
        ("greedy and local search", own, None),
        (f"greedy and local search for {SECONDS:g} CPU-s", longer.cost().total, target),
        (f"with CP-SAT, {left:g} s more", solved.board.cost().total, target),
    ):
        note(f"{name}: cost, {words}", cost, "points", peer=bound)
        note(f"{name}: gap, {words}", gap(cost, bound), "%", target=wanted)
    note(f"{name}: CPU of CP-SAT and the search beside it", cpu, "CPU-s")


def measure_impossible(name: str) -> None:
    """The one that cannot be staffed: the proof, and its words."""
    print(name, flush=True)
    times: dict[str, list[float]] = {"counting": [], "solver": [], "whole": []}
    for _ in range(5):
        model = read(name)
        proof, _, took = timed(lambda model=model: counted(model))
        times["counting"].append(took)
        alone, _, took = timed(lambda model=model: prove(model, seconds=30))
        times["solver"].append(took)
        made, _, took = timed(lambda: plan(read_problem((INSTANCES / f"{name}.toml").read_bytes())))
        times["whole"].append(took)
        if not (proof and alone and alone.minimal and made.impossible):
            raise SystemExit(f"{name}: not proven")
    print(f"  {proof.phrase}\n  {alone.phrase}")
    for how, words in (("counting", "proven by counting"), ("solver", "proven by CP-SAT alone, smallest conflict"),
                       ("whole", "file read, roster as good as can be, proof")):  # fmt: skip
        note(f"{name}: {words}, median of 5", statistics.median(times[how]), "s", target=MOST_PROOF_S)


def main() -> None:
    """See the module."""
    for name in ("5d-30p-8h", "5d-30p-12h", LARGE):
        measure(name)
    measure_impossible("5d-12p-impossible")
    target = ROOT / "build" / "bench"
    target.mkdir(parents=True, exist_ok=True)
    (target / "roster.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    print(f"\n{'measure':78} {'Vigil':>10} {'unit':8} {'target':>7} {'bound':>9}")
    for row in rows:
        bound = "" if row["peer_value"] is None else f"{row['peer_value']:,.0f}"
        wanted = "" if row["target"] is None else f"{row['target']:g}"
        print(f"{row['measure']:78} {row['value']:>10,.3f} {row['unit']:8} {wanted:>7} {bound:>9}")
    missed = [row["measure"] for row in rows if row["target"] is not None and row["value"] > row["target"]]
    if missed:
        sys.exit(f"targets missed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
