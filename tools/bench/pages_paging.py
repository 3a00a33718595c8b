"""The past of paging for the page benchmark: pages that are over, some under way, a policy, routes, switches.

One page goes by the real actions up to its first message; the rest is written in bulk, in the shape that they write.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from vigil.domain.organisations.models import Organisation, Person
from vigil.domain.paging.actions import raise_page
from vigil.domain.paging.actions.policies import StepEntry, save_policy
from vigil.domain.paging.actions.routes import add_route
from vigil.domain.paging.actions.switches import make_switch
from vigil.domain.paging.deciding import decide, next_due, on_call
from vigil.domain.paging.keys import key_for
from vigil.domain.paging.models import DeadMan, EscalationPolicy, Page
from vigil.domain.paging.plans import shipped_plan
from vigil.kernel.actors import Actor
from vigil.kernel.phrases import Phrase

ACTOR = Actor("cli", "bench", "bench")
OVER, SWITCHES, OPEN = 3, 200, 40


def fill_paging(
    authority: Organisation, made: Sequence[Organisation], chance: random.Random, now: datetime
) -> dict[str, str]:
    """Fill; returns the keys that the cases need. `OVER` pages that are over for every organisation."""
    here = next(one for one in made if one.home == "here")
    person = Person.objects.filter(organisation=here)[0]
    policy = EscalationPolicy(organisation=here, name="Ca trực mẫu", is_default=True)
    steps = [StepEntry("person", 0, person), *(StepEntry(target, 300) for target in ("backup", "lead", "next_shift"))]
    save_policy(policy=policy, steps=steps, actor=ACTOR, now=now)
    add_route(person=person, channel="email", address="truc@mau.example", actor=ACTOR, now=now)
    for number in range(SWITCHES):
        switch = DeadMan(organisation=made[number % len(made)], name=f"Vigil mẫu {number}")
        make_switch(switch=switch, actor=ACTOR, now=now)
    title, body, plan = Phrase("Điểm trực vắng người"), Phrase("Không ai điểm danh."), shipped_plan().to_json()
    rows = []
    for number, owner in enumerate(list(made) * OVER):
        at = now - timedelta(minutes=chance.randrange(1, 500_000))
        state = "open" if number < OPEN else "resolved"
        rows.append(
            Page(organisation=owner, kind="bench", title=title.to_json(), body=body.to_json(), plan=plan, state=state,
                 raised_at=at, last_raised_at=at, resolved_at=None if state == "open" else at)
        )  # fmt: skip
    Page.objects.bulk_create(rows, batch_size=2000)
    page = raise_page(organisation=here, kind="bench", title=title, body=body, actor=ACTOR, now=now)
    while (step := next_due(now)) is not None:
        decide(step=step, roster=on_call(), actor=ACTOR, now=now)
    _, token, _ = key_for(page, person, now)
    return {"page": str(page.pk), "policy": str(policy.pk), "routed": str(person.pk), "page_token": token}
