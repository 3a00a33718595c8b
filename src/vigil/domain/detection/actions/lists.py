"""Lists of indicators: handed in, kept as they were, refused line by line; retired."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from vigil.adapters.sigma_rules.lists import read_indicators
from vigil.domain.detection.actions.book import bump
from vigil.domain.detection.models import IndicatorList
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.files import place_new_file
from vigil.kernel.identifiers import new_id
from vigil.kernel.phrases import N_
from vigil.kernel.tlp import Tlp

MOST_LISTS: Final = 200
_SAMPLES: Final = 20


def list_path(identifier: UUID) -> Path:
    """Where the text of a list lies."""
    return Path(settings.VIGIL_DATA) / "indicators" / f"{identifier}.txt"


def add_list(
    *, organisation: Organisation, name: str, tlp: str, content: bytes, actor: Actor, now: datetime
) -> IndicatorList:
    """Keep a list: one indicator a line. What is none is counted and some of it shown; the rest is looked for.

    Raises: Refused `indicators.no_name`, `indicators.tlp`, `indicators.none`, `indicators.too_many`.
    """
    title = " ".join(name.split())[:200]
    if not title:
        raise Refused("indicators.no_name", N_("Give the list a name."))
    if tlp not in {label.value for label in Tlp}:
        raise Refused("indicators.tlp", N_("Say to whom the list may go on (TLP)."))
    if IndicatorList.objects.filter(organisation=organisation, retired_at=None).count() >= MOST_LISTS:
        raise Refused("indicators.too_many", N_("At most {most} lists; retire one first."), most=MOST_LISTS)
    identifier = new_id()
    path = list_path(identifier)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place_new_file(path, content)
    try:
        found = read_indicators(path)
        if not found.indicators:
            raise Refused("indicators.none", N_("There is no indicator in it; one stands on each line."))
        with transaction.atomic():
            made = IndicatorList.objects.create(
                id=identifier,
                organisation=organisation,
                name=title,
                tlp=tlp,
                sha256=hashlib.sha256(content).hexdigest(),
                accepted=len(found.indicators),
                refused=len(found.refused),
                refused_samples=[{"value": one.value, "why": one.reason} for one in found.refused[:_SAMPLES]],
                added_at=now,
                added_by=actor.name[:200] or actor.ref,
            )
            bump()
            _tell(made, "detection.list_added", actor, now)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return made


@transaction.atomic
def retire_list(*, listed: IndicatorList, actor: Actor, now: datetime) -> None:
    """Its indicators are looked for no more; its text stays. Raises: Conflict `indicators.retired`."""
    if not IndicatorList.objects.filter(pk=listed.pk, retired_at=None).update(retired_at=now):
        raise Conflict("indicators.retired", N_("This list was retired already."))
    bump()
    _tell(listed, "detection.list_retired", actor, now)


def _tell(listed: IndicatorList, action: str, actor: Actor, now: datetime) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"detection.indicatorlist:{listed.pk}",
        organisation=listed.organisation_id,
        facts={
            "name": listed.name,
            "tlp": listed.tlp,
            "count": listed.accepted,
            "refused": listed.refused,
            "sha256": listed.sha256,
        },
    )
