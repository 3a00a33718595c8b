"""What is unfinished in detection: alerts that wait or are being looked at, suppressions that end, hunts under way."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from vigil.domain.detection.actions.calling import LEVEL_WORDS
from vigil.domain.detection.models import Alert, AlertState, HuntState, Level, RetroHunt, Suppression
from vigil.domain.detection.titles import title_of
from vigil.kernel.phrases import N_, Phrase, phrase
from vigil.kernel.proofs import OpenItem

_NAMED: Final = 50
_ENDS_WITHIN: Final = timedelta(hours=24)


class DetectionOpenItems:
    """Open matters of an organisation's detection."""

    def open_items(self, organisation: UUID, now: datetime) -> Sequence[OpenItem]:
        """The gravest alerts by name, the rest as a number; suppressions that end within a day; hunts. Oldest first."""
        rows = Alert.objects.filter(organisation_id=organisation).exclude(state=AlertState.CLOSED)
        found = [_alert(alert) for alert in rows.order_by("-weight", "raised_at")[:_NAMED]]
        more = rows.count() - len(found)
        if more > 0:
            found.append(OpenItem("detection", phrase(N_("{n} more alerts are not closed."), n=more), now, "/alerts/"))
        ending = Suppression.objects.filter(
            organisation_id=organisation, lifted_at=None, expires_at__gt=now, expires_at__lte=now + _ENDS_WITHIN
        )
        found += [
            OpenItem(
                "detection",
                phrase(N_("The suppression of {what} ends at {at}."), what=str(one), at=one.expires_at),
                one.created_at,
                "/suppressions/",
            )
            for one in ending
        ]
        under_way = RetroHunt.objects.filter(
            organisation_id=organisation, state__in=[HuntState.WAITING, HuntState.RUNNING]
        )
        found += [
            OpenItem("detection", phrase(N_("The hunt “{title}” goes on."), title=hunt.title), hunt.asked_at, "/hunts/")
            for hunt in under_way
        ]
        return sorted(found, key=lambda item: item.since)


def _alert(alert: Alert) -> OpenItem:
    level = Phrase(LEVEL_WORDS[Level(alert.level)])
    if alert.state == AlertState.TAKEN:
        said = phrase(
            N_("Alert, {level}: {title} {entity} (taken by {name})"),
            level=level, title=title_of(alert), entity=alert.entity, name=alert.taken_name,
        )  # fmt: skip
    else:
        said = phrase(
            N_("Alert, {level}, nobody has taken it: {title} {entity}"),
            level=level, title=title_of(alert), entity=alert.entity,
        )  # fmt: skip
    return OpenItem("detection", said, alert.raised_at, f"/alerts/{alert.pk}/")
