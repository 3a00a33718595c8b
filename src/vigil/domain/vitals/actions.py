"""A worker says that it lives."""

from datetime import datetime

from vigil.domain.vitals.models import WorkerBeat


def beat(*, name: str, now: datetime, detail: str = "", failed: bool = False) -> None:
    """Note that worker `name` ended a round at `now`."""
    WorkerBeat.objects.update_or_create(name=name, defaults={"at": now, "detail": detail[:500], "failed": failed})
