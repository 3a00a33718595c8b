"""What the tests of detection stand on: an organisation, a source, rules, alerts as the detector raises them."""

from datetime import datetime, timedelta

from vigil.domain.accounts.actions import create_user, grant
from vigil.domain.accounts.models import User
from vigil.domain.detection.actions.sources import save_source
from vigil.domain.detection.actions.taking import Hit, take_hits
from vigil.domain.detection.deadlines import take_within_s
from vigil.domain.detection.models import Alert, LogSource
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor, worker

LEAD = Actor("user", "lead", "Trần Trưởng Ca")
DETECTOR = worker("detector")

RULE = """title: {title}
id: {uid}
status: test
level: {level}
logsource:
  product: {product}
  category: process_creation
detection:
  selection:
    Image|endswith: '{image}'
  condition: selection
tags:
  - attack.t1190
  - attack.execution
"""


def rule_text(
    number: int, *, level: str = "high", product: str = "windows", image: str = "\\\\evil.exe", title: str = ""
) -> bytes:
    """A rule with an id of its own."""
    uid = f"0b7c1d50-0000-4000-8000-{number:012d}"
    said = RULE.format(title=title or f"Luật {number}", uid=uid, level=level, product=product, image=image)
    return said.encode()


def uid_of(number: int) -> str:
    """The id of `rule_text(number)`."""
    return f"0b7c1d50-0000-4000-8000-{number:012d}"


def source_of(organisation: Organisation, name: str = "Tường lửa", *, now: datetime, **fields: object) -> LogSource:
    """A source that was entered at `now`."""
    return save_source(source=LogSource(organisation=organisation, name=name, **fields), actor=LEAD, now=now)


def raised(
    organisation: Organisation,
    now: datetime,
    *,
    key: str = "rule-1",
    entity: str = "SRV-01",
    level: str = "high",
    event: str = "",
    times: int = 1,
    title: str = "Chạy lệnh lạ",
    source: LogSource | None = None,
    kind: str = "rule",
) -> Alert:
    """An alert as the detector commits it."""
    hits = [
        Hit(
            organisation=organisation.pk,
            kind=kind,
            key=key,
            title=title,
            level=level,
            entity=entity,
            at=now - timedelta(seconds=n),
            event=f"{event or f'{key}/{entity}/{now.isoformat()}'}/{n}",
            source=source.pk if source else None,
            techniques=("T1190",),
            shown={"Image": "C:\\evil.exe", "User": "quan.tri"},
        )
        for n in range(times)
    ]
    take_hits(hits=hits, within=take_within_s, actor=DETECTOR, now=now)
    return Alert.objects.filter(organisation=organisation, key=key, entity=entity).latest("raised_at")


def officer(organisation: Organisation | None, name: str, now: datetime, role: str = "duty_officer") -> User:
    """Somebody who may handle alerts."""
    user = create_user(username=name, password="x", actor=LEAD, now=now)
    grant(user=user, role=role, organisation=organisation, actor=LEAD, now=now)
    return user
