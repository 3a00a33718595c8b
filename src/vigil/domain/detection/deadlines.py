"""What the posture of an organisation means at present: which levels, within what time, how soon silence counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Case, IntegerField, Q, Value, When

from vigil.domain.detection.models import LEVELS, DetectionProfile, Level, Posture, PostureChange, usual_deadlines

LEAST: Final = {Posture.NORMAL: Level.HIGH, Posture.HIGHEST: Level.MEDIUM}
SILENT_PERCENT: Final = {Posture.NORMAL: 100, Posture.HIGHEST: 50}
_FEW: Final = 500


@dataclass(frozen=True, slots=True)
class Stance:
    """A posture with what it means: rules from `least_level`, of `products` (none: all), deadlines, silence."""

    posture: str
    least_level: str
    products: tuple[str, ...]
    take_within_s: dict[str, int]
    silent_percent: int

    @property
    def levels(self) -> list[str]:
        """The levels of rules that run."""
        return levels_from(self.least_level)


def levels_from(least: str) -> list[str]:
    """A level and all above it."""
    return LEVELS[LEVELS.index(least) :]


def deadlines_of(posture: str) -> dict[str, int]:
    """Where nobody has set others: half the time under the highest posture."""
    usual = usual_deadlines()
    return usual if posture != Posture.HIGHEST else {level: seconds // 2 for level, seconds in usual.items()}


def stance_of(organisation: UUID, posture: str | None = None) -> Stance:
    """What holds for the organisation now, or would under `posture`."""
    if posture is None:
        held = PostureChange.objects.filter(organisation_id=organisation, reverted_at=None).values_list("posture")
        posture = held[0][0] if held else Posture.NORMAL.value
    return _meant(posture, DetectionProfile.objects.filter(organisation_id=organisation, posture=posture).first())


def stances_of(organisations: Collection[UUID]) -> dict[UUID, Stance]:
    """What holds for each now, in two queries; those for whom the same holds share it where nobody set anything."""
    changes = PostureChange.objects.filter(reverted_at=None).order_by()
    profiles = DetectionProfile.objects.all()
    if len(organisations) <= _FEW:
        changes = changes.filter(organisation__in=organisations)
        profiles = profiles.filter(organisation__in=organisations)
    held = dict(changes.values_list("organisation_id", "posture"))
    own = {(row.organisation_id, row.posture): row for row in profiles}
    usual = {posture: _meant(posture, None) for posture in Posture.values}
    found = {}
    for organisation in organisations:
        posture = held.get(organisation, Posture.NORMAL.value)
        row = own.get((organisation, posture))
        found[organisation] = usual[posture] if row is None else _meant(posture, row)
    return found


def silent_percent() -> Case:
    """What `silent_percent` is for the organisation of a row (field `organisation`), as the database reckons it."""
    held = PostureChange.objects.filter(reverted_at=None, posture=Posture.HIGHEST).values("organisation")
    highest = Q(organisation__in=held)
    set_by = {Posture.HIGHEST: highest, Posture.NORMAL: ~highest}
    said = []
    rows = DetectionProfile.objects.order_by("posture", "silent_percent").values_list("posture", "silent_percent")
    for posture, percent in rows.distinct():
        owners = DetectionProfile.objects.filter(posture=posture, silent_percent=percent).values("organisation")
        said.append(When(set_by[Posture(posture)] & Q(organisation__in=owners), then=Value(percent)))
    usual = When(highest, then=Value(SILENT_PERCENT[Posture.HIGHEST]))
    return Case(*said, usual, default=Value(SILENT_PERCENT[Posture.NORMAL]), output_field=IntegerField())


def _meant(posture: str, row: DetectionProfile | None) -> Stance:
    named = Posture(posture)
    if row is None:
        return Stance(posture, LEAST[named].value, (), deadlines_of(posture), SILENT_PERCENT[named])
    within = deadlines_of(posture) | {level: int(seconds) for level, seconds in row.take_within_s.items()}
    return Stance(posture, row.least_level, tuple(row.products), within, row.silent_percent)


def due_at(organisation: UUID, level: str, raised_at: datetime) -> datetime | None:
    """When an alert of `level`, raised then, must have been taken; None: no deadline."""
    seconds = stance_of(organisation).take_within_s.get(level, 0)
    return raised_at + timedelta(seconds=seconds) if seconds > 0 else None


def take_within_s(organisation: UUID, level: str) -> int:
    """Seconds until an alert of `level` must have been taken, as things stand; 0: no deadline."""
    return stance_of(organisation).take_within_s.get(level, 0)
