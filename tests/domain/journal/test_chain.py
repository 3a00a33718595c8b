"""The chain holds what was written, and shows whatever was done to it afterwards."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.domain.journal.actions import erase_personal, record
from vigil.domain.journal.chain import GENESIS, entry_hash, head_message
from vigil.domain.journal.keys import key_id, signing_key
from vigil.domain.journal.models import Entry, Head, PersonalNote
from vigil.domain.journal.outside import HEADS_FILE, keep_outside
from vigil.domain.journal.sealer import hash_of, seal
from vigil.domain.journal.verification import Verification, verify
from vigil.kernel.actors import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def key(tmp_path: Path) -> Ed25519PrivateKey:
    return signing_key(tmp_path / "keys")


@pytest.fixture
def written(lead: Actor, now: datetime, key: Ed25519PrivateKey, folder: Path) -> Callable[[int], None]:
    """Write and seal `n` entries, in two rounds, so that there are two heads."""

    def write(n: int) -> None:
        for half in (n // 2, n - n // 2):
            for i in range(half):
                with transaction.atomic():
                    record(actor=lead, now=now + timedelta(seconds=i), action="test.done", facts={"n": i}, why="thử")
            seal(key=key, folder=folder, now=now)

    return write


def _verify(key: Ed25519PrivateKey, folder: Path, **more: object) -> Verification:
    return verify(key=key.public_key(), folder=folder, **more)  # type: ignore[arg-type]


def test_an_untouched_chain_holds(written, key, folder) -> None:
    written(10)
    found = _verify(key, folder)
    assert found.holds, found.faults
    assert (found.entries, found.heads, found.waiting) == (10, 2, 0)


def test_an_empty_journal_holds_and_says_that_it_is_empty(key, folder) -> None:
    found = _verify(key, folder)
    assert found.holds
    assert found.entries == 0


@pytest.mark.parametrize(
    "column, value",
    [
        ("action", "test.undone"),
        ("actor", "user:somebody"),
        ("why", ""),
        ("subject", "x"),
        ("personal_digest", "0" * 64),
    ],
)
def test_an_edited_entry_shows(written, key, folder, unguarded, column, value) -> None:
    written(6)
    Entry.objects.filter(sequence=3).update(**{column: value})
    assert any("3" in str(fault) for fault in _verify(key, folder).faults)


def test_edited_facts_and_times_show(written, key, folder, unguarded, now) -> None:
    written(6)
    Entry.objects.filter(sequence=2).update(facts={"n": 99})
    Entry.objects.filter(sequence=4).update(at=now - timedelta(days=1))
    assert len(_verify(key, folder).faults) == 2


def test_a_removed_entry_shows(written, key, folder, unguarded) -> None:
    written(6)
    PersonalNote.objects.filter(entry__sequence=3).delete()
    Entry.objects.filter(sequence=3).delete()
    assert any("missing" in str(fault) for fault in _verify(key, folder).faults)


def test_removed_entries_at_the_end_show_even_when_their_heads_go_too(written, key, folder, unguarded) -> None:
    written(6)
    PersonalNote.objects.filter(entry__sequence__gt=3).delete()
    Entry.objects.filter(sequence__gt=3).delete()
    Head.objects.filter(sequence__gt=3).delete()
    assert any("cut short" in str(fault) for fault in _verify(key, folder).faults)


def test_a_rewritten_history_shows_though_every_hash_fits(written, key, folder, unguarded) -> None:
    written(6)
    Entry.objects.filter(sequence=2).update(why="other")
    _rehash()
    faults = " ".join(str(fault) for fault in _verify(key, folder).faults)
    assert "another history" in faults
    assert "rewritten" in faults


def test_a_rewritten_history_signed_with_a_stolen_key_shows_to_a_witness(written, key, folder, unguarded) -> None:
    written(6)
    seen = Head.objects.order_by("-sequence").values_list("sequence", "hash").first()
    Entry.objects.filter(sequence=2).update(why="other")
    _rehash()
    for head in Head.objects.all():
        hash = Entry.objects.get(sequence=head.sequence).hash
        signature = key.sign(head_message(head.sequence, hash, head.at)).hex()
        Head.objects.filter(pk=head.pk).update(hash=hash, signature=signature)
    (folder / HEADS_FILE).unlink()
    keep_outside(folder)
    assert _verify(key, folder).holds, "with the key, and with the heads outside rewritten, only a witness can tell"
    assert any("witness" in str(fault) for fault in _verify(key, folder, witnessed=[seen]).faults)


def test_personal_data_erased_behind_the_journal_s_back_shows(written, key, folder, now) -> None:
    written(4)
    PersonalNote.objects.filter(entry__sequence=2).update(content=None, salt="", erased_at=now)
    assert any("without a record" in str(fault) for fault in _verify(key, folder).faults)


def test_heads_outside_that_are_gone_or_garbled_show(written, key, folder) -> None:
    written(4)
    path = folder / HEADS_FILE
    lines = path.read_text().splitlines()
    path.write_text("nonsense\n" + "[1]\n" + lines[1] + "\n")
    assert any("2 lines" in str(fault) for fault in _verify(key, folder).faults)
    path.unlink()
    assert any("gone" in str(fault) for fault in _verify(key, folder).faults)


@pytest.mark.django_db(transaction=True)
def test_a_sealer_at_work_is_no_false_alarm(written, lead, now, key, folder) -> None:
    written(4)
    stop = threading.Event()

    def write_on() -> None:
        try:
            while not stop.is_set():
                with transaction.atomic():
                    record(actor=lead, now=now, action="test.done")
                seal(key=key, folder=folder, now=now)
        finally:
            connection.close()

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        for _ in range(25):
            found = _verify(key, folder)
            assert found.holds, [str(fault) for fault in found.faults]
    finally:
        stop.set()
        writer.join()


def test_a_head_signed_with_another_key_shows(written, key, folder, unguarded) -> None:
    written(4)
    other = Ed25519PrivateKey.generate()
    head = Head.objects.order_by("sequence").first()
    assert head is not None
    forged = other.sign(head_message(head.sequence, head.hash, head.at)).hex()
    Head.objects.filter(pk=head.pk).update(signature=forged, key_id=key_id(key.public_key()))
    assert any("signature" in str(fault) for fault in _verify(key, folder).faults)


def test_altered_personal_data_shows_and_erased_does_not(written, key, folder, lead, now) -> None:
    written(4)
    first, second = Entry.objects.order_by("sequence")[:2]
    erase_personal(entry=first, actor=lead, now=now, why="theo yêu cầu")
    seal(key=key, folder=folder, now=now)
    assert _verify(key, folder).holds
    assert PersonalNote.objects.get(entry=first).content is None
    PersonalNote.objects.filter(entry=second).update(content={"actor": "Người khác"})
    assert any("personal data" in str(fault) for fault in _verify(key, folder).faults)


def test_the_database_itself_refuses_to_edit_or_delete(written) -> None:
    written(4)
    for act in (
        lambda: Entry.objects.filter(sequence=1).update(why="x"),
        lambda: Entry.objects.filter(sequence=1).update(sequence=None),
        lambda: Head.objects.update(hash="x"),
        lambda: Head.objects.all().delete(),
        lambda: Entry.objects.filter(sequence=1)._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()


def test_an_entry_is_gone_with_the_transaction_of_its_fact(lead, now) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record(actor=lead, now=now, action="test.done")
        raise ZeroDivisionError
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused(lead, now) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        record(actor=lead, now=now, action="test.done")


def test_a_torn_line_in_the_heads_outside_is_passed_over_and_mended(written, key, folder, lead, now) -> None:
    written(4)
    with (folder / HEADS_FILE).open("a") as file:
        file.write('{"sequence": 99, "ha')
    assert _verify(key, folder).holds
    record(actor=lead, now=now, action="test.done")
    seal(key=key, folder=folder, now=now)
    assert _verify(key, folder).holds
    assert len((folder / HEADS_FILE).read_text().splitlines()) == 4, "two heads, the torn line, the new head"


def test_heads_that_a_crash_kept_from_the_file_are_written_next_time(written, key, folder) -> None:
    written(4)
    lines = (folder / HEADS_FILE).read_text().splitlines()
    (folder / HEADS_FILE).write_text(lines[0] + "\n")
    seal(key=key, folder=folder, now=Head.objects.order_by("-sequence")[0].at)
    assert (folder / HEADS_FILE).read_text().splitlines() == lines


def _rehash() -> None:
    previous = GENESIS
    for entry in Entry.objects.order_by("sequence"):
        entry.previous_hash = previous
        previous = hash_of(entry)
        Entry.objects.filter(pk=entry.pk).update(previous_hash=entry.previous_hash, hash=previous)


_facts = st.dictionaries(
    st.text(max_size=8), st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20), max_size=4
)


@settings(max_examples=60, deadline=None)
@given(facts=_facts, other=_facts, why=st.text(max_size=30), other_why=st.text(max_size=30))
def test_two_entries_have_one_hash_only_if_they_say_the_same(facts, other, why, other_why) -> None:
    fixed = {
        "sequence": 1,
        "previous_hash": GENESIS,
        "id": "00000000-0000-7000-8000-000000000001",
        "at": datetime.fromisoformat("2022-04-30T00:00:00+07:00"),
        "actor": "user:1",
        "action": "a.b",
        "subject": "",
        "organisation_id": None,
        "personal_digest": "",
    }
    same = entry_hash(**fixed, facts=facts, why=why) == entry_hash(**fixed, facts=other, why=other_why)  # type: ignore[arg-type]
    assert same == (
        facts == other
        and why == other_why
        and repr(sorted(facts.items(), key=str)) == repr(sorted(other.items(), key=str))
    )


@settings(max_examples=25, deadline=None)
@given(rounds=st.lists(st.lists(_facts, max_size=4), max_size=4))
def test_whatever_is_written_in_whatever_rounds_verifies(rounds, tmp_path_factory, django_db_blocker) -> None:
    folder = tmp_path_factory.mktemp("chain")
    key = signing_key(folder)
    actor = Actor("cli", "x", "x")
    now = datetime.fromisoformat("2022-04-30T00:00:00+07:00")
    with transaction.atomic():
        for facts in rounds:
            for fact in facts:
                record(actor=actor, now=now, action="test.done", facts=_storable(fact))
            seal(key=key, folder=folder, now=now)
        found = verify(key=key.public_key(), folder=folder)
        assert found.holds, [str(fault) for fault in found.faults]
        assert found.entries == sum(len(facts) for facts in rounds)
        transaction.set_rollback(True)


def _storable(facts: dict[str, object]) -> dict[str, object]:
    """PostgreSQL's text holds no NUL and no lone surrogate."""
    if connection.vendor != "postgresql":
        return facts
    clean = lambda text: text.replace("\x00", "").encode("utf-8", "ignore").decode()  # noqa: E731
    return {clean(k): clean(v) if isinstance(v, str) else v for k, v in facts.items()}
