"""Measure what rules find: in public attack samples, and in a day of an office in which attacks are hidden.

    python tools/quality/detection.py   (VIGIL_CORPUS: the folder that holds `detection`; default ../shared/data)

- Public samples: files of Windows events, each of one attack or a few. Counted are the files in which something is told
  (a rule or correlation above *informational*).
- The day (`tests/quality/office.py`): about 150,000 records without an attack, with what is known to set off rules for
  nothing, and beside them the records of each attack. Counted are the attacks of which something is told, and what is
  told of the rest: false alarms, by rule and group or host.

Vigil's own rules stand beside the published ones (SigmaHQ's, at the levels of both postures). Prints a table and what
was missed, writes build/quality/detection.json, and fails where Vigil's own miss an attack or tell a false alarm.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.quality.office import attacks, clean_day  # noqa: E402

_JSON = {"windows", "eve"}
CLEAN = "clean"


@dataclass
class Score:
    """What a set of rules tells. `false_alarms`: by rule, how many groups or hosts."""

    rules: int
    samples: int = 0
    of_samples: int = 0
    planted: int = 0
    of_planted: int = 0
    missed: list[str] = field(default_factory=list)
    false_alarms: dict[str, int] = field(default_factory=dict)


def write_day(folder: Path) -> dict[str, str]:
    """Write the day below `folder`; the attack of each file of one."""
    for name, lines in clean_day().items():
        _write(folder / CLEAN / name, lines)
    named = {}
    for number, (attack, logs) in enumerate(attacks().items()):
        for kind, lines in logs.items():
            name = f"{number:02}-{kind}.{'jsonl' if kind in _JSON else 'log'}"
            _write(folder / "attacks" / name, lines)
            named[name] = attack
    return named


def told(folder: Path, *options: str) -> tuple[int, list[dict[str, Any]]]:
    """How many rules ran, and what `vigil hunt` tells of them above *informational*."""
    command = [sys.executable, "-m", "vigil.faces.cli", "hunt", str(folder), "--json", *options]
    answer = subprocess.run(command, capture_output=True, timeout=900)
    if answer.returncode not in (0, 1):  # 1: something was found or could not be read
        raise RuntimeError(answer.stderr.decode()[-2000:])
    said = json.loads(answer.stdout)
    found = [*said["found"], *said["correlations"]]
    return int(said["rules"]), [one for one in found if one["level"] != "informational"]


def score(day: Path, planted: dict[str, str], samples: Path | None, *options: str) -> Score:
    """What these rules tell of the day and of the samples."""
    rules, found = told(day, *options)
    false: Counter[str] = Counter()
    seen: set[str] = set()
    for one in found:
        seen |= {planted[name] for name in one["files"] if name in planted}
        if any(name not in planted for name in one["files"]):
            false[one["title"]] += len(one.get("groups") or one.get("hosts") or [0])
    every = sorted(set(planted.values()))
    made = Score(rules, planted=len(seen), of_planted=len(every), false_alarms=dict(false.most_common()))
    made.missed = [attack for attack in every if attack not in seen]
    if samples is not None:
        names = {path.name for path in samples.rglob("*.evtx")}
        made.of_samples = len(names)
        made.samples = len({name for one in told(samples, *options)[1] for name in one["files"]} & names)
    return made


def _write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _unpacked(corpus: Path, name: str, folder: Path) -> Path:
    with tarfile.open(corpus / f"{name}.tar.xz") as archive:
        archive.extractall(folder / name, filter="data")
    return folder / name


def report(scores: dict[str, Score]) -> str:
    """The table, what was missed, and the false alarms."""
    lines = [f"{'rules':44}{'run':>6}{'samples told':>16}{'planted found':>16}{'false alarms':>14}"]
    for name, one in scores.items():
        samples = f"{one.samples} of {one.of_samples}" if one.of_samples else "-"
        lines.append(
            f"{name:44}{one.rules:>6}{samples:>16}{f'{one.planted} of {one.of_planted}':>16}"
            f"{sum(one.false_alarms.values()):>14}"
        )
    for name, one in scores.items():
        lines += ["", f"{name}: missed {len(one.missed)}", *(f"  {attack}" for attack in one.missed)]
        lines += [f"  false alarm ({many}): {title}" for title, many in list(one.false_alarms.items())[:20]]
    return "\n".join(lines)


def main() -> int:
    """Measure, print, write, judge."""
    corpus = Path(os.environ.get("VIGIL_CORPUS", ROOT.parent / "shared" / "data")) / "detection"
    with tempfile.TemporaryDirectory(prefix="vigil-quality-") as kept:
        folder = Path(kept)
        planted = write_day(folder / "day")
        samples, published = None, None
        if corpus.is_dir():
            samples, published = (_unpacked(corpus, name, folder) for name in ("evtx_attack_samples", "sigma_rules"))
        scores = {"Vigil's own": score(folder / "day", planted, samples)}
        if published is not None:
            options = [f"--rules={path}" for path in sorted(published.iterdir()) if path.name.startswith("rules")]
            for name, level in (("published, level high and above", "high"), ("published, level low and above", "low")):
                scores[name] = score(folder / "day", planted, samples, *options, f"--level={level}")
        else:
            print("no public samples and rules: set VIGIL_CORPUS to the folder that holds `detection`")
    print(report(scores))
    target = ROOT / "build" / "quality"
    target.mkdir(parents=True, exist_ok=True)
    table = {name: asdict(one) for name, one in scores.items()}
    (target / "detection.json").write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", "utf-8")
    ours = scores["Vigil's own"]
    return 1 if ours.missed or ours.false_alarms else 0


if __name__ == "__main__":
    sys.exit(main())
