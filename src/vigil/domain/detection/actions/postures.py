"""How sharply an organisation looks: what a posture means for it, and the highest one while a watch asks for it (2.a).

A watch with the obligation to detect and filter puts its organisation into the highest posture for its window; when it
is closed or its window ends, what held before holds again. What was before and after is kept with the change.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from vigil.domain.detection.actions.book import bump
from vigil.domain.detection.deadlines import Stance, stance_of
from vigil.domain.detection.models import LEVELS, DetectionProfile, Posture, PostureChange
from vigil.domain.detection.queries import rules_for
from vigil.domain.directives.models import Assignment, ObligationKind, Watch, WatchState
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_

_LONGEST_S: Final = 7 * 86_400
MOST_AT_ONCE: Final = 100
"""Postures of a round: where a campaign's windows begin all at once, what else the sentinel does waits no longer."""


@transaction.atomic
def set_profile(
    *,
    organisation: Organisation,
    posture: str,
    least_level: str,
    products: Sequence[str],
    take_within_s: Mapping[str, int],
    silent_percent: int,
    actor: Actor,
    now: datetime,
) -> DetectionProfile:
    """What a posture means for the organisation. Raises: Refused `profile.values`."""
    known = posture in Posture.values and least_level in LEVELS and set(take_within_s) <= set(LEVELS)
    if not known or not all(0 <= s <= _LONGEST_S for s in take_within_s.values()) or not 1 <= silent_percent <= 1000:
        raise Refused("profile.values", N_("A level, deadlines of at most a week and a percentage between 1 and 1000."))
    before = _plain(stance_of(organisation.pk, posture))
    row, _ = DetectionProfile.objects.update_or_create(
        organisation=organisation,
        posture=posture,
        defaults={
            "least_level": least_level,
            "products": sorted({name.strip().lower()[:60] for name in products if name.strip()})[:50],
            "take_within_s": dict(take_within_s),
            "silent_percent": silent_percent,
        },
    )
    after = _plain(stance_of(organisation.pk, posture))
    if before != after:
        bump()
        record(
            actor=actor,
            now=now,
            action="detection.profile_set",
            subject=f"detection.detectionprofile:{row.pk}",
            organisation=organisation.pk,
            facts={"posture": posture, "before": before, "after": after},
        )
    return row


@transaction.atomic
def apply_posture(
    *, organisation: Organisation, watch: Watch | None, actor: Actor, now: datetime, posture: str = Posture.HIGHEST
) -> PostureChange:
    """Switch the posture on, for a watch or (None) until a person reverts it. Raises: Conflict `posture.held`."""
    before = _measured(organisation, stance_of(organisation.pk), now)
    after = _measured(organisation, stance_of(organisation.pk, posture), now)
    try:
        with transaction.atomic():
            change = PostureChange.objects.create(
                organisation=organisation,
                watch=watch,
                posture=posture,
                before=before,
                after=after,
                applied_at=now,
                applied_by=actor.name[:200] or actor.ref,
            )
    except IntegrityError as error:
        raise Conflict(
            "posture.held", N_("The organisation is in another posture already; revert that first.")
        ) from error
    bump()
    _tell(change, "detection.posture_applied", actor, now)
    return change


@transaction.atomic
def revert_posture(*, change: PostureChange, actor: Actor, now: datetime, why: str = "") -> None:
    """What held before holds again. Raises: Conflict `posture.reverted`."""
    if not PostureChange.objects.filter(pk=change.pk, reverted_at=None).update(reverted_at=now):
        raise Conflict("posture.reverted", N_("This posture was reverted already."))
    bump()
    _tell(change, "detection.posture_reverted", actor, now, why)


def posture_due(now: datetime) -> tuple[list[Watch], list[PostureChange]]:
    """Watches that ask for the highest posture and whose organisation has none; changes whose watch asks no more."""
    asking = _asking(now)
    held = PostureChange.objects.filter(reverted_at=None)
    over = held.exclude(watch=None).exclude(watch__in=asking).select_related("organisation")
    taken = held.filter(Q(watch=None) | Q(watch__in=asking)).values("organisation")
    first: dict[Any, Watch] = {}
    for watch in asking.exclude(organisation__in=taken).select_related("organisation").order_by("starts_at", "pk"):
        first.setdefault(watch.organisation_id, watch)
    return list(first.values()), list(over)


def keep_postures(*, actor: Actor, now: datetime) -> int:
    """One round: reverts what is over, applies what is asked for; returns how many postures changed."""
    asked, over = posture_due(now)
    for change in over[:MOST_AT_ONCE]:
        revert_posture(change=change, actor=actor, now=now)
    for watch in asked[:MOST_AT_ONCE]:
        apply_posture(organisation=watch.organisation, watch=watch, actor=actor, now=now)
    return len(asked[:MOST_AT_ONCE]) + len(over[:MOST_AT_ONCE])


def _asking(now: datetime) -> QuerySet[Watch]:
    asked = Assignment.objects.filter(
        watch=OuterRef("pk"),
        obligation__kind=ObligationKind.DETECTION_FILTERING,
        applies=True,
        dropped_at=None,
    )
    open_now = Watch.objects.filter(state=WatchState.OPEN, exercise=False, starts_at__lte=now, ends_at__gt=now)
    return open_now.filter(Exists(asked))


def _plain(stance: Stance) -> dict[str, Any]:
    return {
        "posture": stance.posture,
        "least_level": stance.least_level,
        "products": list(stance.products),
        "take_within_s": dict(stance.take_within_s),
        "silent_percent": stance.silent_percent,
    }


def _measured(organisation: Organisation, stance: Stance, now: datetime) -> dict[str, Any]:
    return {**_plain(stance), "rules": rules_for(organisation.pk, now, stance).count()}


def _tell(change: PostureChange, action: str, actor: Actor, now: datetime, why: str = "") -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"detection.posturechange:{change.pk}",
        organisation=change.organisation_id,
        why=why,
        facts={
            "posture": change.posture,
            "watch": str(change.watch_id or ""),
            "before": change.before,
            "after": change.after,
            "rules_before": change.before["rules"],
            "rules_after": change.after["rules"],
        },
    )
