"""An older backup comes back, spool and kept events stay: every event is found once, and what nobody's is shows."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import orjson
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.db import connection, connections

from vigil.adapters.backups import dump_database, restore_database
from vigil.adapters.event_store import EventStore
from vigil.adapters.event_store.store import TOGETHER
from vigil.adapters.spool import SpoolWriter
from vigil.domain.detection.models import Alert, Detection, LogSource, SpoolPosition
from vigil.domain.detection.signs import detection_signs
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.workers import detector as module
from vigil.workers.detector import Detector

NOW = datetime.now(UTC).replace(microsecond=0)
SPAN = (NOW - timedelta(days=1), NOW + timedelta(days=1))


@pytest.fixture
def source(db, monkeypatch) -> LogSource:
    monkeypatch.setattr(module, "ROUND_S", 0.0)
    monkeypatch.setattr(module, "POLL_S", 0.0)
    owner = Organisation(name="Công ty Viễn thông Thử nghiệm", code="T.1")
    save_organisation(organisation=owner, actor=Actor("cli", "t", "t"), now=NOW)
    return LogSource.objects.create(organisation=owner, name="web", created_at=NOW, product="linux")


class Read:
    """A spool, a store, and one detector after another."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, EventStore(folder / "events")
        self._detector: Detector | None = None

    def another(self) -> Detector:
        self.close()
        self._detector = Detector(
            spool=self.folder / "spool", store=self.store, plans=self.folder / "plans", lists=self.folder / "lists",
            runs=lambda organisations, now: dict.fromkeys(organisations, frozenset()),
            within=lambda organisation, level: 900,
        )  # fmt: skip
        self._detector._tidied = float("inf")
        return self._detector

    def close(self) -> None:
        if self._detector is not None:
            self._detector.close()

    def sent(self, source, many: int, first: int = 0) -> None:
        """Frames of one event each, read one by one: a file of its own for each."""
        for n in range(first, first + many):
            writer = SpoolWriter(self.folder / "spool", "net0")
            writer.append(source, orjson.dumps({"host": "web-1", "n": n}), "192.0.2.9", NOW.timestamp())
            writer.close()
            with clock.frozen_at(NOW):
                self._detector.round()

    def kept(self, source: LogSource) -> Counter[str]:
        found: Counter[str] = Counter()
        for one in self.store.files([source.pk], *SPAN):
            found.update(pq.read_table(one.path, columns=["n"], partitioning=None)["n"].to_pylist())
        return found

    def merged(self) -> list[Path]:
        return sorted((self.folder / "events").rglob("merged-*.parquet"))

    def tidied(self) -> None:
        with clock.frozen_at(NOW):
            self._detector._tidied = 0.0
            self._detector.round()
            self._detector._tidied = float("inf")


@pytest.fixture
def read(tmp_path):
    one = Read(tmp_path)
    yield one
    one.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the test's own database is put back as a file")
def test_what_is_read_again_after_a_restore_is_found_once(source, read, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("vigil.adapters.spool.SpoolReader.release", lambda *_: 0)  # all is still there
    read.another()
    read.sent(source.pk, 10)
    backup = dump_database(connection.settings_dict, tmp_path)
    read.sent(source.pk, TOGETHER, first=10)
    later = LogSource.objects.create(organisation=source.organisation, name="later", created_at=NOW)
    read.sent(later.pk, 2, first=90)
    read.tidied()
    assert len(read.merged()) == 1
    before = read.kept(source)
    assert sorted(before, key=int) == [str(n) for n in range(10 + TOGETHER)]
    read.close()
    _put_back(backup)
    assert not LogSource.objects.filter(name="later").exists()
    last = read.another()
    with clock.frozen_at(NOW):
        while not last.round().startswith("0 events"):
            pass
    read.tidied()
    assert read.kept(source) == before, "each of them once, also those that were merged"
    read.tidied()
    assert read.kept(source) == before
    position = SpoolPosition.objects.get()
    assert (position.unknown_frames, position.unknown_bytes > 20) == (2, True)
    told = {sign.name: (sign.state, str(sign.sentence)) for sign in detection_signs(NOW)}
    assert told["unknown sources"][0] == "warns" and told["unknown sources"][1].startswith("2 packets (")
    assert not {sign.name for sign in detection_signs(NOW + timedelta(days=8))} & {"unknown sources"}


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_read_again_stays(source, read) -> None:
    read.another()
    read.sent(source.pk, 3)
    old = SpoolPosition.objects.get()
    read.sent(source.pk, TOGETHER, first=3)
    read.tidied()
    assert len(read.merged()) == 1
    before = read.kept(source)
    old.save()  # what lies behind it was read and removed from the spool
    read.another()
    read.sent(source.pk, 1, first=77)
    read.tidied()
    assert read.kept(source) == before + Counter(["77"])


@pytest.mark.django_db(transaction=True)
def test_of_a_merged_file_only_what_lies_beyond_goes(source, read) -> None:
    read.another()
    read.sent(source.pk, TOGETHER)
    read.tidied()
    (path,) = read.merged()
    ids = pq.read_table(path, columns=["_id"], partitioning=None)["_id"].to_pylist()
    segment, offset = ids[5].rsplit("-", 2)[1:]
    batch = f"net0-{int(segment, 16):012x}-{int(offset, 16):010x}"
    assert read.store.remove_from("net1", "net1-000000000000-0000000000") == 0
    assert read.store.remove_from("net0", batch, NOW + timedelta(days=3)) == 0, "it was merged before that"
    assert read.store.remove_from("net0", batch, NOW) == 1
    table = pq.read_table(path, partitioning=None)
    assert sorted(table["_id"].to_pylist()) == sorted(ids)[:5]
    name = batch.replace("net0-", "net0-") + ".parquet"
    (path.parent / name).write_bytes(path.read_bytes())  # the batch that is read again has its old name
    assert read.store.mend() == 0, "and the merged file names it as a part no more"
    (path.parent / name).unlink()
    assert read.store.remove_from("net0", "net0-000000000000-0000000000") == 1
    assert not path.exists()


@pytest.mark.django_db(transaction=True)
def test_a_merged_file_that_is_damaged_costs_itself_alone(source, read) -> None:
    place = read.folder / "events" / f"day={NOW.date().isoformat()}" / f"source={uuid4()}"
    place.mkdir(parents=True)
    (place / "merged-net0-x.parquet").write_bytes(b"no parquet")
    assert read.store.remove_from("net0", "net0-000000000000-0000000000") == 0
    assert (place / "merged-net0-x.parquet").exists()
    assert (Alert.objects.count(), Detection.objects.count()) == (0, 0)


def _put_back(backup: Path) -> None:
    """As `vigil restore` does; the database of this test lies where the settings of this process say."""
    connection.close()
    assert settings.DATABASES
    for name in (connection.settings_dict["NAME"],):
        for path in Path(name).parent.glob(f"{Path(name).name}*"):
            path.unlink()
    restore_database(connection.settings_dict, backup)
    connections.close_all()
