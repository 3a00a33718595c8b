"""The campaigner: carries campaigns to their recipients in batches, sees what was delivered, chases the silent.

Each round: for every campaign of which some recipient is behind, a batch; then which letters a server took; and, now
and then, the chasing rules and how the large campaigns stand. What fails for one campaign is told and tried again; the
others go on.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from vigil.domain.directives.models import Campaign, CampaignState, Drill
from vigil.domain.flows.campaigns import carry, in_motion, note_mail
from vigil.domain.flows.chasing import chase
from vigil.domain.flows.drilling import run_drill, running, settle_drill
from vigil.domain.flows.peering import report_upwards
from vigil.domain.flows.redelivery import redeliver
from vigil.domain.readiness.campaigns import keep_standing
from vigil.kernel import clock
from vigil.kernel.actors import worker

log = logging.getLogger(__name__)

NAME = "campaigner"
EVERY_S = 1.0
BATCH = 200
CHASE_EVERY = timedelta(seconds=20)


class Campaigner:
    """Holds when it last looked at the chasing rules."""

    def __init__(self, *, base_url: str) -> None:
        self._base_url = base_url
        self._chased_at: datetime | None = None
        self._faults: list[str] = []

    def round(self) -> str:
        """One round; returns what was done. Raises: RuntimeError after it when something failed."""
        self._faults = []
        carried = sum(self._tried("carrying", partial(self._carry, campaign)) for campaign in in_motion())
        noted = self._tried("receipts of mail", lambda: note_mail(actor=worker(NAME), now=clock.now()))
        reported = self._tried("reporting", lambda: report_upwards(actor=worker(NAME), now=clock.now()))
        for drill in running():
            self._tried("drill", partial(self._drill, drill))
        chased = 0
        if self._chased_at is None or clock.now() - self._chased_at >= CHASE_EVERY:
            in_force = Campaign.objects.filter(state=CampaignState.SENT).exclude(organisation=None)
            for campaign in in_force.select_related("organisation", "directive"):
                carried += self._tried("sending again", partial(self._send_again, campaign))
            chased = sum(
                self._tried("chasing", partial(self._chase, campaign))
                for campaign in in_force.select_related("organisation", "directive")
            )
            for campaign in in_force.select_related("directive"):
                self._tried("counting", partial(keep_standing, campaign, clock.now()))
            self._chased_at = clock.now()
        if self._faults:
            raise RuntimeError("; ".join(sorted(set(self._faults))))
        return f"carried {carried}, delivered {noted}, chased {chased}, reported {reported}"

    def _carry(self, campaign: Campaign) -> int:
        return carry(campaign=campaign, base_url=self._base_url, actor=worker(NAME), now=clock.now(), at_most=BATCH)

    def _send_again(self, campaign: Campaign) -> int:
        return redeliver(campaign=campaign, base_url=self._base_url, actor=worker(NAME), now=clock.now())

    def _drill(self, drill: Drill) -> int:
        asked = 0
        if not drill.probed:
            asked = run_drill(drill=drill, base_url=self._base_url, actor=worker(NAME), now=clock.now())
        return asked + settle_drill(drill=drill, actor=worker(NAME), now=clock.now())

    def _chase(self, campaign: Campaign) -> int:
        return chase(campaign=campaign, base_url=self._base_url, actor=worker(NAME), now=clock.now())

    def _tried(self, what: str, act: Callable[[], int]) -> int:
        try:
            return act()
        except Exception as error:
            log.exception("%s failed", what)
            self._faults.append(f"{what}: {type(error).__name__}")
            return 0
