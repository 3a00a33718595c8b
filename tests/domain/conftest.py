"""The domain's tests: people who act, organisations they act for, an hour at which it happens."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection
from tests.duty import hurried

from vigil.domain.journal import guards
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor

NOW = datetime(2022, 4, 29, 3, 0, tzinfo=UTC)  # 10:00 in Viet Nam, the eve of the holiday


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurried(monkeypatch)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def lead() -> Actor:
    return Actor("user", "00000000-0000-7000-8000-000000000001", "Nguyễn Thị Trưởng Ca")


@pytest.fixture
def organisation_of(db: None, lead: Actor, now: datetime) -> Callable[..., Organisation]:
    def make(name: str, *classes: str, parent: Organisation | None = None) -> Organisation:
        organisation = Organisation(name=name, audience_codes=list(classes), parent=parent)
        save_organisation(organisation=organisation, actor=lead, now=now)
        return organisation

    return make


@pytest.fixture
def isp(organisation_of: Callable[..., Organisation]) -> Organisation:
    return organisation_of("Công ty Viễn thông Thử nghiệm", "isp")


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    folder = tmp_path / "originals"
    folder.mkdir()
    return folder


@pytest.fixture
def unguarded(db: None) -> Iterator[None]:
    """An intruder with the database's own rights: the append-only triggers are out of the way."""
    guards.remove(connection)
    yield
    guards.install(connection)
