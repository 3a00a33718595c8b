"""What the board and the wall show of duty: who is on site now with their mark, who is next, the next hole."""

from datetime import datetime
from typing import Any

from vigil.domain.directives.models import Watch
from vigil.domain.duty.models import Roster
from vigil.domain.duty.queries import function_holes, in_force, on_now


def duty_of(watch: Watch, now: datetime) -> dict[str, Any]:
    """`duty` (None without a published roster) and `duty_hole`, the first hole that is not over."""
    roster = (
        Roster.objects.filter(watch=watch, published_at__isnull=False).select_related("watch__organisation").first()
    )
    if roster is None:
        return {"duty": None, "duty_hole": None}
    holes = function_holes(roster, now)
    return {
        "duty": on_now(in_force().filter(roster=roster), now),
        "duty_hole": holes[0] if holes else None,
        "duty_not_begun": now < watch.starts_at,
    }
