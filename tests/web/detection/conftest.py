"""Two organisations, each with a source, an alert, a rule of its own, a list, a hunt, a suppression."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from tests.detection import raised, rule_text, source_of
from tests.web.rooms import ACTOR, organisation

from vigil.domain.detection.actions.hunts import ask_hunt
from vigil.domain.detection.actions.lists import add_list
from vigil.domain.detection.actions.own_rules import save_own_rule
from vigil.domain.detection.actions.rules import import_rules
from vigil.domain.detection.actions.suppressions import suppress
from vigil.domain.detection.models import Alert, IndicatorList, LogSource, RetroHunt, Rule, Suppression
from vigil.domain.organisations.models import Organisation
from vigil.kernel import clock

OWN = """title: Luật của {name}
level: low
logsource:
  product: linux
detection:
  selection:
    cmd|contains: nc -e
  condition: selection
"""


@dataclass
class Watched:
    """An organisation and one of everything; every name holds the organisation's."""

    organisation: Organisation
    source: LogSource
    alert: Alert
    rule: Rule
    list: IndicatorList
    hunt: RetroHunt
    suppression: Suppression


def watched(name: str, parent: Organisation | None = None) -> Watched:
    now, owner = clock.now(), organisation(name, parent)
    source = source_of(owner, f"Tường lửa {name}", now=now)
    alert = raised(owner, now, entity=f"SRV {name}", source=source, times=2, title=f"Chạy lệnh lạ {name}")
    rule = save_own_rule(organisation=owner, text=OWN.format(name=name), actor=ACTOR, now=now)
    listed = add_list(
        organisation=owner,
        name=f"Danh sách {name}",
        tlp="amber",
        content=b"xau.example\ncom.vn\n",
        actor=ACTOR,
        now=now,
    )
    hunt = ask_hunt(
        organisation=owner, title=f"Tìm {name}", rules=[], lists=[listed.pk], since=now - timedelta(days=1),
        until=now, actor=ACTOR, now=now,
    )  # fmt: skip
    made = suppress(
        organisation=owner, key="k", entity=f"Ồn {name}", reason="Quét định kỳ", until=now + timedelta(days=1),
        actor=ACTOR, now=now,
    )  # fmt: skip
    return Watched(owner, source, alert, rule, listed, hunt, made)


@pytest.fixture
def ours(db) -> Watched:
    return watched("Đơn vị ta")


@pytest.fixture
def theirs(db) -> Watched:
    return watched("Đơn vị Họ")


@pytest.fixture
def shared(db) -> Rule:
    """A rule for everybody, beside one that cannot run."""
    broken = rule_text(2, title="Luật hỏng").replace(b"condition: selection", b"condition: khac")
    texts = [("1.yml", rule_text(1, title="Luật chung")), ("2.yml", broken)]
    import_rules(texts=texts, origin="sigmahq", actor=ACTOR, now=clock.now())
    return Rule.objects.get(title="Luật chung")
