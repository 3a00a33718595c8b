"""Rounds of the workers over the filled database: what each costs again and again, with nothing new to do."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from tools.bench import pages_detectors
from vigil.domain.directives.models import Campaign, CampaignState
from vigil.domain.flows.campaigns import in_motion, note_mail
from vigil.domain.flows.chasing import chase
from vigil.domain.readiness.actions import watches_running_out
from vigil.domain.readiness.campaigns import keep_standing
from vigil.domain.readiness.provers import provers_by_kind
from vigil.kernel import clock
from vigil.kernel.actors import worker

TURNS = 3


def rounds() -> Iterator[tuple[str, float, float]]:
    """(what, wall ms, processor ms of the worker) of each part, three times."""
    campaign = Campaign.objects.filter(state=CampaignState.SENT).select_related("organisation", "directive").first()
    if campaign is None:
        raise RuntimeError("no campaign is in force")
    actor = worker("campaigner")
    ahead = timedelta(minutes=2)

    def running_out() -> Any:
        return watches_running_out(provers=provers_by_kind(), before=clock.now() + ahead, at_most=100)

    def chasing() -> Any:
        return chase(campaign=campaign, base_url=settings.VIGIL_BASE_URL, actor=actor, now=clock.now())

    while chasing():  # what is due at the first look is not what a round costs
        pass
    parts: dict[str, Callable[[], Any]] = {
        "timekeeper: which watches run out": running_out,
        "campaigner: what is in motion": in_motion,
        "campaigner: receipts of mail": lambda: note_mail(actor=actor, now=clock.now()),
        "campaigner: chasing rules": chasing,
        "campaigner: how a campaign stands": lambda: keep_standing(campaign, clock.now()),
    }
    for name, part in {**parts, **pages_detectors.parts()}.items():
        for _ in range(TURNS):
            began, cpu = time.perf_counter(), time.process_time()
            part()
            yield name, (time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000
    connection.close()
