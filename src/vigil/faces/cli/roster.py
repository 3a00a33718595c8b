"""`vigil roster plan PROBLEM.toml`: a roster, its holes, why each stands there, how fair it is; without a database.

Exit codes: 0 every minute is covered and every rule kept; 1 planned, but with gaps or broken rules; 2 called wrongly;
3 the problem is refused; 4 the solver is asked for and not installed.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from vigil.engines.roster import Plan, plan
from vigil.engines.roster.picture import svg
from vigil.engines.roster.problem_file import MAX_BYTES, read_problem
from vigil.faces.cli.terms import language, print_json, translator

WANTING = 1
_CHUNK = MAX_BYTES + 1


@click.group()
def roster() -> None:
    """Rosters: who stands watch when."""


@roster.command(name="plan")
@click.argument("problem", type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--picture", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write an SVG there.")
@click.option("--solver", is_flag=True, help="Let CP-SAT improve the roster and prove what is impossible.")
@click.option(
    "--seconds", type=click.FloatRange(0.1, 3600), help="Time to spend (solver: 10; else a fixed number of steps)."
)
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Another seed, another roster."
)
@click.option("--why", is_flag=True, help="Say for each assignment why this person.")
@click.option("--lang", type=click.Choice(["vi", "en"]), help="Language (default: VIGIL_LANG, vi).")
def plan_file(
    problem: str, as_json: bool, picture: Path | None, solver: bool, seconds: float | None, seed: int, why: bool,
    lang: str | None,
) -> None:  # fmt: skip
    """Plan PROBLEM (TOML; "-": standard input): a table of shifts, gaps, fairness and cost."""
    if lang is not None:
        os.environ["VIGIL_LANG"] = lang
    data = sys.stdin.buffer.read(_CHUNK) if problem == "-" else _read(Path(problem))
    made = _planned(data, solver=solver, seconds=seconds, seed=seed)
    say = translator(language())
    if picture is not None:
        picture.write_text(svg(made, say), encoding="utf-8")
    if as_json:
        print_json(made.to_json())
    else:
        from vigil.faces.cli.roster_summary import summary

        click.echo("\n".join(summary(made, say, why=why)))
    if not made.complete:
        sys.exit(WANTING)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_CHUNK)


def _planned(data: bytes, *, solver: bool, seconds: float | None, seed: int) -> Plan:
    problem = read_problem(data)
    if not solver:
        return plan(problem, spent=_until(seconds) if seconds else None, seed=seed)
    whole = seconds or 10.0
    return plan(problem, spent=_until(whole / 3), seed=seed, solver_s=whole * 2 / 3)


def _until(seconds: float) -> Callable[[int], float]:
    """An effort of so many seconds: the engine has no clock, so it is given one."""
    began = time.monotonic()
    return lambda done: (time.monotonic() - began) / seconds
