"""Compiled plans in a folder of one's own, named by what was compiled: the second start reads instead of compiling."""

import hashlib
import os
import pickle
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from vigil.engines.detection.plan import FORMAT, Plan, compile_rules
from vigil.engines.detection.terms import RuleSet


def kept_plan(texts: Sequence[tuple[str, bytes]], folder: Path | None) -> tuple[Plan, RuleSet, bool]:
    """The plan of these rules, what was read (rules without their conditions), and whether both were kept already.

    The folder must be one that nobody else writes to. A file in it that cannot be read is made anew.
    """
    if folder is None:
        return *_made(texts), False
    path = folder / f"{_digest(texts)}.plan"
    if path.is_file() and path.stat().st_uid == os.getuid():
        try:
            plan, found = pickle.loads(path.read_bytes())  # noqa: S301
            found.rules = list(plan.rules)
            return plan, found, True
        except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, ValueError, TypeError):
            path.unlink(missing_ok=True)
    plan, found = _made(texts)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_bytes(pickle.dumps((plan, replace(found, rules=[])), protocol=pickle.HIGHEST_PROTOCOL))
    part.rename(path)
    return plan, found, False


def _made(texts: Sequence[tuple[str, bytes]]) -> tuple[Plan, RuleSet]:
    from vigil.engines.detection.reading import read_texts  # the parser takes longer to load than a kept plan

    found = read_texts(texts)
    return compile_rules(found.rules), found


def _digest(texts: Sequence[tuple[str, bytes]]) -> str:
    versions = [
        version(name) for name in ("hyperscan", "pysigma", "pysigma-pipeline-sysmon", "pysigma-pipeline-windows")
    ]
    said = hashlib.sha256(repr((FORMAT, versions)).encode())
    for name, data in texts:
        said.update(f"{len(name)} {len(data)} {name}".encode() + data)
    return said.hexdigest()
