"""Whose a record is; a source that is silent is an alert, told once, closed by itself."""

from datetime import timedelta

import pytest
from tests.detection import DETECTOR, LEAD, source_of

from vigil.domain.detection import signs
from vigil.domain.detection.actions import sources as acts
from vigil.domain.detection.actions.alerts import close
from vigil.domain.detection.actions.silence import tell_silence
from vigil.domain.detection.actions.sources import find_source, renew_token, retire_source, save_source
from vigil.domain.detection.doors import Door
from vigil.domain.detection.models import Alert, LogSource, SourceHour
from vigil.domain.detection.queries import sources_now
from vigil.domain.detection.signs import detection_signs
from vigil.domain.journal.models import Entry, PersonalNote
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.kernel.errors import Conflict, Refused


def test_the_most_specific_network_and_the_named_host_win(isp, now) -> None:
    wide = source_of(isp, "mạng", now=now, address="10.0.0.0/8")
    host = source_of(isp, "máy trong mạng", now=now, address="10.0.0.0/8", host="FW1.donvi.example.")
    one = source_of(isp, "một máy", now=now, address="10.1.2.3")
    named = source_of(isp, "theo tên", now=now, host="proxy")
    v6 = source_of(isp, "v6", now=now, address="2001:db8::/32")
    door = Door()
    cases = [
        (("10.9.9.9", ""), wide), (("10.9.9.9", "khác"), wide), (("10.9.9.9", "fw1.donvi.example"), host),
        (("10.1.2.3", "fw1.donvi.example"), one), (("::ffff:10.1.2.3", ""), one), (("192.0.2.7", "PROXY"), named),
        (("2001:db8::7", ""), v6),
    ]  # fmt: skip
    assert [door.by_address(*asked) for asked, _ in cases] == [source.pk for _, source in cases]
    assert door.by_address("không phải địa chỉ") is None
    assert LogSource.objects.count() == 5


def test_who_is_not_known_is_registered_once_and_bounded(isp, now, monkeypatch, settings) -> None:
    door = Door(DETECTOR)
    first = door.by_address("192.0.2.7", "fw")
    assert first == Door(DETECTOR).by_address("192.0.2.7", "fw")
    found = LogSource.objects.get(pk=first)
    assert (found.organisation, found.name, found.found_by_itself) == (isp, "fw", True)
    other = LogSource.objects.get(pk=door.by_address("192.0.2.8", "fw"))
    assert other.name == "fw (192.0.2.8)"
    monkeypatch.setattr(acts, "MOST_FOUND", 2)
    assert door.by_address("192.0.2.9") is None
    settings.VIGIL_EVENTS_ORGANISATION = "không-có"
    assert find_source(address="192.0.2.10", host="", actor=DETECTOR, now=now) is None
    settings.VIGIL_EVENTS_ORGANISATION = ""
    second = Organisation(name="Cơ quan thứ hai", code="X.02")
    save_organisation(organisation=second, actor=LEAD, now=now)
    assert find_source(address="192.0.2.10", host="", actor=DETECTOR, now=now) is None  # whose, of two?
    for named in ("X.02", str(second.pk)):
        settings.VIGIL_EVENTS_ORGANISATION = named
        assert find_source(address="192.0.2.10", host="", actor=DETECTOR, now=now).organisation == second


def test_invented_hosts_leave_room_for_others(isp, now, monkeypatch) -> None:
    monkeypatch.setattr(acts, "MOST_OF_ADDRESS", 2)
    monkeypatch.setattr(acts, "MOST_FOUND", 4)
    monkeypatch.setattr(signs, "MOST_FOUND", 4)
    door = Door(DETECTOR)
    made = [door.by_address("192.0.2.7", f"h{n}") for n in range(6)]
    assert len(set(made)) == 3 and len(set(made[2:])) == 1, "beyond two, all other names are one source"
    assert LogSource.objects.get(pk=made[5]).host == ""
    assert door.by_address("192.0.2.7", "h0") == made[0]
    assert not [one for one in detection_signs(now) if one.name == "found sources"]
    other = find_source(address="192.0.2.8", host="fw", actor=DETECTOR, now=now)
    assert find_source(address="192.0.2.9", host="", actor=DETECTOR, now=now) is None
    sign = next(one for one in detection_signs(now) if one.name == "found sources")
    assert sign.state == "warns" and str(sign.sentence).startswith("4 sources were found by themselves")
    later = now + timedelta(days=1, seconds=1)
    LogSource.objects.update(created_at=now)
    LogSource.objects.exclude(pk=made[1]).update(last_received_at=later)
    new = find_source(address="192.0.2.9", host="", actor=DETECTOR, now=later)
    assert new is not None and LogSource.objects.get(pk=made[1]).retired_at == later, "who was silent for a day goes"
    assert find_source(address="192.0.2.10", host="", actor=DETECTOR, now=later) is None
    save_source(source=other, actor=LEAD, now=later)
    assert not LogSource.objects.get(pk=other.pk).found_by_itself, "somebody answers for it"
    assert find_source(address="192.0.2.10", host="", actor=DETECTOR, now=later) is not None


def test_a_token_is_shown_once_and_only_its_digest_is_kept(isp, now) -> None:
    source = source_of(isp, now=now)
    token = renew_token(source=source, actor=LEAD, now=now)
    assert Door().by_token(token) == source.pk
    assert not LogSource.objects.filter(token_digest=token).exists()
    assert token not in str(list(Entry.objects.values())) + str(list(PersonalNote.objects.values()))
    newer = renew_token(source=source, actor=LEAD, now=now)
    door = Door()
    assert (door.by_token(token), door.by_token(newer), door.by_token("")) == (None, source.pk, None)
    retire_source(source=source, actor=LEAD, now=now)
    assert Door().by_token(newer) is None
    for act in (retire_source, renew_token):
        with pytest.raises(Conflict):
            act(source=source, actor=LEAD, now=now)


def test_what_cannot_be_a_source_is_refused(isp, now) -> None:
    source_of(isp, "một", now=now, address="192.0.2.1")
    for address, code in (("abc", "source.address"), ("0.0.0.0/0", "source.everything")):
        with pytest.raises(Refused) as told:
            source_of(isp, "hai", now=now, address=address)
        assert told.value.code == code
    with pytest.raises(Conflict, match="already"):
        source_of(isp, "hai", now=now, address="192.0.2.1/32")
    with pytest.raises(Refused, match="Not saved"):
        source_of(isp, "một", now=now)


def heard(source: LogSource, at) -> None:
    LogSource.objects.filter(pk=source.pk).update(last_received_at=at)


def test_silence_is_told_once_and_ends_by_itself(isp, now) -> None:
    source = source_of(isp, now=now, silent_after_s=600)
    source_of(isp, "có thể im", now=now, silent_after_s=0)
    assert tell_silence(actor=DETECTOR, now=now + timedelta(seconds=600)) == 0
    fell = now + timedelta(seconds=601)
    assert [tell_silence(actor=DETECTOR, now=fell) for _ in range(3)] == [1, 0, 0]
    alert = Alert.objects.get()
    assert (alert.kind, alert.level, alert.entity, alert.source) == ("silence", "high", "Tường lửa", source)
    heard(source, fell + timedelta(seconds=5))
    assert tell_silence(actor=DETECTOR, now=fell + timedelta(seconds=6)) == 1
    alert.refresh_from_db()
    assert (alert.state, alert.closed_name, alert.verdict) == ("closed", "Vigil", "")
    assert tell_silence(actor=DETECTOR, now=fell + timedelta(seconds=700)) == 1
    assert Alert.objects.count() == 2


def test_one_that_a_person_closed_is_not_raised_again_before_it_spoke(isp, now, lan) -> None:
    source = source_of(isp, now=now, silent_after_s=60)
    at = now + timedelta(minutes=5)
    tell_silence(actor=DETECTOR, now=at)
    close(alert=Alert.objects.get(), verdict="benign", text="Bảo trì", actor=lan.as_actor(), now=at)
    assert tell_silence(actor=DETECTOR, now=at + timedelta(hours=1)) == 0
    heard(source, at + timedelta(hours=2))
    assert tell_silence(actor=DETECTOR, now=at + timedelta(hours=3)) == 1


def test_what_vigil_could_not_hear_is_no_silence(isp, now) -> None:
    source = source_of(isp, now=now, silent_after_s=60)
    back = now + timedelta(hours=1)
    assert tell_silence(actor=DETECTOR, now=back, listening_since=back) == 0
    assert tell_silence(actor=DETECTOR, now=back + timedelta(seconds=61), listening_since=back) == 1
    assert (
        tell_silence(actor=DETECTOR, now=back + timedelta(seconds=70), listening_since=back + timedelta(seconds=69))
        == 0
    )
    assert Alert.objects.get().state == "open"  # it did not speak
    retire_source(source=source, actor=LEAD, now=back)
    assert tell_silence(actor=DETECTOR, now=back + timedelta(seconds=71)) == 1
    assert Alert.objects.get().state == "closed"


def test_how_sources_do(isp, now) -> None:
    quiet = source_of(isp, "im", now=now - timedelta(days=1))
    busy = source_of(isp, "bận", now=now, most_lag_s=5)
    LogSource.objects.filter(pk=busy.pk).update(last_received_at=now, lag_s=9.0)
    busy.refresh_from_db()
    SourceHour.objects.create(source=busy, hour=now, events=90, rejected=10)
    first, second = sources_now([busy, quiet], now)
    assert (first.source, first.silent) == (quiet, True)
    assert (second.late, second.hours[-1], second.rejected_share, second.much_rejected) == (True, 90, 0.1, True)


def test_a_source_is_changed_and_the_journal_knows_what(isp, now) -> None:
    source = source_of(isp, now=now)
    source.silent_after_s = 60
    save_source(source=source, actor=LEAD, now=now)
    entry = Entry.objects.filter(action="detection.logsource_changed").get()
    assert entry.facts == {"silent_after_s": {"was": 900, "is": 60}}


def test_a_name_with_an_address_in_brackets_fits(isp, now) -> None:
    for n in (1, 2):
        found = find_source(
            address=f"2001:db8:1111:2222:3333:4444:5555:666{n}", host="h" * 300, actor=DETECTOR, now=now
        )
        assert found is not None
        found.full_clean()
        assert found.name.startswith("h" * 150)


def test_a_flood_of_names_is_not_a_flood_of_questions(isp, now, monkeypatch, django_assert_num_queries) -> None:
    monkeypatch.setattr(acts, "MOST_FOUND", 2)
    door = Door(DETECTOR)
    known = [door.by_address("192.0.2.7", f"h{n}") for n in range(3)]
    assert known[2] is None
    with django_assert_num_queries(0):
        assert {door.by_address("192.0.2.7", f"h{n}") for n in range(3, 1000)} == {None}
        assert door.by_address("192.0.2.7", "h1") == known[1]
