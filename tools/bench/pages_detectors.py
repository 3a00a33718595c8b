"""What the workers of detection cost with 30,000 sources of 10,000 organisations, with nothing new to do."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from vigil.domain.accounts.models import User
from vigil.domain.detection.actions.calling import page_for_alerts
from vigil.domain.detection.actions.postures import keep_postures
from vigil.domain.detection.actions.silence import tell_silence
from vigil.domain.detection.doors import Door
from vigil.domain.detection.models import LogSource
from vigil.domain.detection.proofs import DetectionProver
from vigil.domain.detection.queries import running_for
from vigil.domain.detection.rule_book import LoadedRules, load
from vigil.kernel import clock
from vigil.kernel.actors import worker
from vigil.kernel.proofs import Question
from vigil.workers.second_stage import with_something_to_do


def parts() -> dict[str, Callable[[], Any]]:
    """The parts of the sentinel, the receiver and the detectors that they go through every few seconds or less."""
    actor, door = worker("sentinel"), Door()
    begun = clock.now()

    def looked() -> UUID | None:
        door._asked_at = float("-inf")
        return door.by_address("10.0.0.5", "may-5")

    def read_anew() -> UUID | None:
        door._version = -1
        return looked()

    while keep_postures(actor=actor, now=clock.now()) + tell_silence(actor=actor, now=clock.now()):
        pass  # what is due at the first look is not what a round costs
    while page_for_alerts(actor=actor, now=clock.now()):
        pass
    return {
        "sentinel: postures": lambda: keep_postures(actor=actor, now=clock.now()),
        "sentinel: silence": lambda: tell_silence(actor=actor, now=clock.now(), listening_since=begun),
        "sentinel: pages for alerts": lambda: page_for_alerts(actor=actor, now=clock.now()),
        "receiver: whether a source changed": looked,
        "receiver: the sources read anew": read_anew,
        "detector: whose correlations have something to do": lambda: with_something_to_do(clock.now()),
        "timekeeper: the proof of 2.a of who has many sources": _proof,
    }


def _proof() -> Any:
    owner = User.objects.get(username="bench-officer").grants.get().organisation_id
    if owner is None:
        raise RuntimeError("the officer has no organisation")
    now = clock.now()
    return DetectionProver().prove(Question(owner, "2.a", "detection_filtering", owner, now, now), now)


def loading() -> Iterator[tuple[str, float, str, float | None]]:
    """(what, value, unit, target) of the rule book: compiled from its texts, then after a switch; its memory."""

    def loaded(kept: LoadedRules | None) -> LoadedRules:
        folder = settings.VIGIL_DATA
        return load(runs=running_for, plans=folder / "plans", lists=folder / "indicators", now=clock.now(), kept=kept)

    before, began = _resident_mb(), time.perf_counter()
    first = loaded(None)
    yield "detector: rules loaded for everybody", time.perf_counter() - began, "s", 30.0
    yield "detector: memory of the rules of everybody", _resident_mb() - before, "MB", 500.0
    began = time.perf_counter()
    again = loaded(first)
    yield "detector: rules of everybody after a switch", time.perf_counter() - began, "s", 2.0
    owners = LogSource.objects.filter(retired_at=None).order_by().values("organisation").distinct().count()
    if len(again.ours) != owners:
        raise RuntimeError("not everybody has rules")


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
