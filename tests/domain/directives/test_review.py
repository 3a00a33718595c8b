"""From a draft to a confirmed directive: corrections, conflicts, nothing confirmed silently."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from vigil.domain.directives.actions.link import link_directives
from vigil.domain.directives.actions.receive import draft_from
from vigil.domain.directives.actions.review import confirm, correct
from vigil.domain.directives.actions.watches import assign, close_watch, move_window, open_watch, plan_watch
from vigil.domain.directives.models import Directive, DirectiveState, Dispatch, LinkKind, Watch, WatchState
from vigil.domain.journal.models import Entry
from vigil.domain.organisations.models import Person
from vigil.domain.readiness.actions import prove_watch
from vigil.domain.readiness.models import ProofSnapshot
from vigil.domain.readiness.provers import all_open_items, provers_by_kind
from vigil.domain.readiness.queries import board_of
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused

TEXT = "1. Đối với các hệ thống thông tin quan trọng: a) Trực 24/7. b) Rà soát. 2. Chặn lọc. 3. Cử đầu mối."
ITEMS = [
    ("1.a", "duty", "all", "Trực 24/7."),
    ("1.b", "vulnerability_review", "all", "Rà soát."),
    ("2", "detection_filtering", "isp+platform", "Chặn lọc."),
    ("3", "contact_point", "all", "Cử đầu mối."),
]


def _reading(items: list[tuple[str, str, str, str]] = ITEMS, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "dispatch",
        "issuer": "Cục Thử",
        "number": "/CT-TT",
        "number_missing_serial": True,
        "subject": "trực lễ",
        "window": {"event": "Lễ 30/4", "start": "2022-04-30", "end": "2022-05-01"},
        "obligations": [{"id": code, "audience": audience, "text": text} for code, _, audience, text in items],
        "readings": {"obligations": [{"kind": kind} for _, kind, _, _ in items]},
        **fields,
    }


@pytest.fixture
def draft(isp, now: datetime) -> Callable[..., Directive]:
    made = iter(range(100))

    def make(**fields: Any) -> Directive:
        dispatch = Dispatch.objects.create(
            organisation=isp,
            sha256=f"{next(made):064d}",
            size_bytes=len(TEXT),
            media_type="text/plain",
            received_at=now,
            text=TEXT,
        )
        return draft_from(_reading(**fields), dispatch, now)

    return make


@pytest.fixture
def confirmed(draft, lead: Actor, now: datetime) -> Callable[..., Directive]:
    def make(**fields: Any) -> Directive:
        made = draft(**fields)
        return confirm(directive=made, version=made.version, actor=lead, now=now)

    return make


def test_a_draft_holds_what_was_read_and_nothing_else(draft) -> None:
    made = draft(place=None, date=None)
    assert (made.place, made.issued_on, made.state) == ("", None, DirectiveState.DRAFT)
    assert [(o.code, o.kind, o.audience) for o in made.obligations.all()] == [i[:3] for i in ITEMS]
    assert not made.is_numbered


def test_correcting_marks_the_field_as_edited_and_lifts_the_version(draft, lead, now) -> None:
    made = draft()
    changes = {"number": "1482/CT-TT", "issued_on": date(2022, 4, 26)}
    correct(directive=made, version=1, changes=changes, obligations=None, actor=lead, now=now)
    made.refresh_from_db()
    assert made.is_numbered
    assert made.origins == {"number": "edited", "issued_on": "edited"}
    assert made.version == 2
    assert Entry.objects.get(action="directive.corrected").facts["fields"] == ["issued_on", "number"]


def test_two_who_correct_the_same_version_are_told_apart(draft, lead, now) -> None:
    made = draft()
    correct(directive=made, version=1, changes={"subject": "a"}, obligations=None, actor=lead, now=now)
    with pytest.raises(Conflict) as raised:
        correct(directive=made, version=1, changes={"subject": "b"}, obligations=None, actor=lead, now=now)
    assert raised.value.code == "directive.changed_meanwhile"
    made.refresh_from_db()
    assert made.subject == "a"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_one_wins_and_the_other_is_told(draft, now) -> None:
    made = draft()

    def try_to(name: str) -> str:
        try:
            confirm(directive=Directive.objects.get(pk=made.pk), version=1, actor=Actor("user", name, name), now=now)
        except Conflict as error:
            return error.code
        finally:
            connection.close()
        return "confirmed"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(try_to, ["An", "Bình"]))
    assert outcomes == ["confirmed", "directive.already_confirmed"]
    assert Entry.objects.filter(action="directive.confirmed").count() == 1


@pytest.mark.parametrize(
    "fields, code",
    [({"subject": None}, "directive.no_subject"), ({"items": []}, "directive.nothing_asked")],
)
def test_a_directive_that_asks_nothing_or_is_about_nothing_is_not_confirmed(draft, lead, now, fields, code) -> None:
    made = draft(**fields)
    with pytest.raises(Refused) as raised:
        confirm(directive=made, version=1, actor=lead, now=now)
    assert raised.value.code == code
    made.refresh_from_db()
    assert (made.state, made.version) == (DirectiveState.DRAFT, 1)


def test_the_scope_that_the_text_names_becomes_a_row_of_its_own(confirmed) -> None:
    made = confirmed()
    scope = made.obligations.get(derived=True)
    assert scope.kind == "important_systems"
    assert "hệ thống thông tin quan trọng" in scope.text
    assert made.obligations.filter(derived=False).count() == len(ITEMS)


@pytest.mark.parametrize(
    "rows, code",
    [
        ([{"code": "1", "kind": "duty", "audience": "all", "text": "x"}] * 2, "directive.item_codes"),
        ([{"code": "1", "kind": "dance", "audience": "all", "text": "x"}], "directive.item_words"),
        ([{"code": "1", "kind": "duty", "audience": "all", "text": ""}], "directive.item_words"),
    ],
)
def test_obligations_that_make_no_sense_are_refused_whole(draft, lead, now, rows, code) -> None:
    made = draft()
    with pytest.raises(Refused) as raised:
        correct(directive=made, version=1, changes={}, obligations=rows, actor=lead, now=now)
    assert raised.value.code == code
    assert made.obligations.count() == len(ITEMS)


def _watch(directive: Directive, lead: Actor, now: datetime) -> Watch:
    planned = plan_watch(
        directive=directive,
        first_day=directive.window_start,
        last_day=directive.window_end,
        actor=lead,
        now=now,
    )
    return open_watch(watch=planned, actor=lead, now=now)


def test_a_watch_runs_from_midnight_to_midnight_in_viet_nam_and_counts_its_days(confirmed, lead, now) -> None:
    watch = _watch(confirmed(), lead, now)
    assert watch.starts_at == datetime.fromisoformat("2022-04-30T00:00+07:00")
    assert watch.ends_at == datetime.fromisoformat("2022-05-02T00:00+07:00")
    assert watch.day_count == 2
    assert watch.day_number(datetime.fromisoformat("2022-05-01T23:59:59+07:00")) == 2
    assert watch.day_number(watch.ends_at) is None


def test_an_obligation_for_others_does_not_apply(confirmed, organisation_of, lead, now) -> None:
    directive = confirmed()
    type(directive.organisation).objects.filter(pk=directive.organisation_id).update(audience_codes=["bank"])
    directive.refresh_from_db()
    watch = _watch(Directive.objects.get(pk=directive.pk), lead, now)
    assert [a.obligation.code for a in watch.assignments.filter(applies=False)] == ["2"]


@pytest.mark.parametrize(
    "first, last, code",
    [
        (None, None, "watch.no_window"),
        (date(2022, 5, 2), date(2022, 5, 1), "watch.window_crossed"),
        (date(2022, 1, 1), date(2023, 6, 1), "watch.window_long"),
    ],
)
def test_a_window_that_is_none_is_refused(confirmed, lead, now, first, last, code) -> None:
    with pytest.raises(Refused) as raised:
        plan_watch(directive=confirmed(), first_day=first, last_day=last, actor=lead, now=now)
    assert raised.value.code == code


def test_a_draft_is_not_watched_over_and_a_directive_only_once(draft, confirmed, lead, now) -> None:
    with pytest.raises(Refused, match="confirmed"):
        _watch(draft(), lead, now)
    directive = confirmed()
    watch = _watch(directive, lead, now)
    with pytest.raises(Conflict):
        _watch(directive, lead, now)
    with pytest.raises(Conflict):
        open_watch(watch=watch, actor=lead, now=now)


def test_a_later_numbered_issue_takes_the_watch_over_with_its_proofs(confirmed, lead, now) -> None:
    unnumbered = confirmed()
    watch = _watch(unnumbered, lead, now)
    prove_watch(watch=watch, provers=provers_by_kind(), actor=lead, now=now)
    before = {
        p.assignment.obligation.code: p.pk for p in ProofSnapshot.objects.select_related("assignment__obligation")
    }
    items = [*ITEMS[:3], ("4", "other", "all", "Báo cáo.")]
    numbered = confirmed(number="12/CT-TT", number_missing_serial=False, items=items)
    link_directives(later=numbered, earlier=unnumbered, kind=LinkKind.NUMBERED_ISSUE, actor=lead, now=now)
    watch.refresh_from_db()
    assert watch.directive == numbered
    kept = {a.obligation.code: a for a in watch.assignments.select_related("obligation")}
    assert set(kept) == {"*", "1.a", "1.b", "2", "3", "4"}
    assert kept["3"].dropped_at is not None
    assert kept["1.a"].obligation.directive == numbered
    assert {code: kept[code].proofs.get().pk for code in before} == before


@pytest.mark.parametrize(
    "turn, code",
    [
        ("itself", "directive.link_foreign"),
        ("draft", "directive.link_draft"),
        ("unnumbered", "directive.link_unnumbered"),
        ("circle", "directive.link_circle"),
        ("twice", "directive.linked_already"),
    ],
)
def test_links_that_cannot_be_are_refused(draft, confirmed, lead, now, turn, code) -> None:
    earlier, later = confirmed(), confirmed(number="12/CT-TT", number_missing_serial=False)

    def link(a: Directive, b: Directive, kind: str = LinkKind.AMENDMENT) -> None:
        link_directives(later=a, earlier=b, kind=kind, actor=lead, now=now)

    if turn in ("circle", "twice"):
        link(later, earlier)
    pair = {
        "itself": (later, later),
        "draft": (draft(), earlier),
        "unnumbered": (earlier, later, LinkKind.NUMBERED_ISSUE),
        "circle": (earlier, later),
        "twice": (later, earlier),
    }[turn]
    with pytest.raises((Refused, Conflict)) as raised:
        link(*pair)
    assert raised.value.code == code


def test_a_withdrawal_leaves_the_watch_and_says_so(confirmed, lead, now) -> None:
    earlier, later = confirmed(), confirmed(number="13/CT-TT", number_missing_serial=False)
    watch = _watch(earlier, lead, now)
    link_directives(later=later, earlier=earlier, kind=LinkKind.WITHDRAWAL, actor=lead, now=now)
    earlier.refresh_from_db()
    watch.refresh_from_db()
    assert earlier.state == DirectiveState.WITHDRAWN
    assert (watch.state, watch.directive) == (WatchState.OPEN, earlier)


def test_closing_over_open_things_needs_a_note_and_lists_them(confirmed, lead, now) -> None:
    watch = _watch(confirmed(), lead, now)
    left = all_open_items(watch.organisation_id, now)
    assert len(left) == 1 + len(ITEMS) + 1, "a line that nobody answers for them, and one each that is not proven"
    (unanswered,) = [item for item in left if item.room == "directives"]
    assert unanswered.statement.values["codes"] == ", ".join(code for code, *_ in ITEMS)
    with pytest.raises(Refused, match="still open"):
        close_watch(watch=watch, note=" ", open_items=left, actor=lead, now=now)
    close_watch(watch=watch, note="hết lễ", open_items=left, actor=lead, now=now)
    entry = Entry.objects.get(action="watch.closed")
    assert entry.why == "hết lễ"
    assert len(entry.facts["open_items"]) == len(left)
    with pytest.raises(Conflict):
        close_watch(watch=watch, note="lại", open_items=[], actor=lead, now=now)
    with pytest.raises(Conflict):
        move_window(watch=watch, first_day=date(2022, 5, 1), last_day=date(2022, 5, 2), why="x", actor=lead, now=now)


def test_nobody_of_another_organisation_answers_for_an_obligation(confirmed, organisation_of, lead, now) -> None:
    watch = _watch(confirmed(), lead, now)
    stranger = Person.objects.create(organisation=organisation_of("Nơi khác"), name="Người Lạ")
    with pytest.raises(Refused, match="another organisation"):
        assign(
            assignment=watch.assignments.first(),
            person=stranger,
            own_deadline_at=None,
            applies=True,
            applies_reason="",
            actor=lead,
            now=now,
        )


def test_saying_that_an_obligation_does_not_apply_needs_a_reason(confirmed, lead, now) -> None:
    assignment = _watch(confirmed(), lead, now).assignments.first()
    common = {"assignment": assignment, "person": None, "own_deadline_at": None, "actor": lead, "now": now}
    with pytest.raises(Refused, match="Say why"):
        assign(**common, applies=False, applies_reason="")
    assert assign(**common, applies=False, applies_reason="không có hạ tầng").applies is False


def test_a_proof_does_not_pass_to_an_item_that_asks_for_something_else(confirmed, lead, now) -> None:
    earlier = confirmed()
    watch = _watch(earlier, lead, now)
    items = [("1.a", "contact_point", "all", "Cử đầu mối."), ("2", "detection_filtering", "all", "Mọi nơi chặn lọc.")]
    later = confirmed(number="14/CT-TT", number_missing_serial=False, items=items)
    old = watch.assignments.get(obligation__code="1.a")
    link_directives(later=later, earlier=earlier, kind=LinkKind.AMENDMENT, actor=lead, now=now)
    old.refresh_from_db()
    assert old.dropped_at is not None
    assert watch.assignments.get(obligation__code="1.a", dropped_at=None).pk != old.pk


def test_an_amendment_s_wider_audience_reaches_who_was_left_out(confirmed, organisation_of, lead, now) -> None:
    earlier = confirmed()
    type(earlier.organisation).objects.filter(pk=earlier.organisation_id).update(audience_codes=["bank"])
    watch = _watch(Directive.objects.get(pk=earlier.pk), lead, now)
    assert not watch.assignments.get(obligation__code="2").applies
    later = confirmed(number="15/CT-TT", number_missing_serial=False, items=[("2", "detection_filtering", "all", "x")])
    link_directives(later=later, earlier=earlier, kind=LinkKind.AMENDMENT, actor=lead, now=now)
    assert watch.assignments.get(obligation__code="2").applies


def test_two_directives_that_are_both_watched_are_not_linked(confirmed, lead, now) -> None:
    earlier, later = confirmed(), confirmed(number="16/CT-TT", number_missing_serial=False)
    _watch(earlier, lead, now)
    _watch(later, lead, now)
    with pytest.raises(Conflict, match="Close one"):
        link_directives(later=later, earlier=earlier, kind=LinkKind.NUMBERED_ISSUE, actor=lead, now=now)


def test_a_number_whose_serial_is_taken_out_is_no_number_again(draft, lead, now) -> None:
    made = draft(number="12/CT-TT", number_missing_serial=False)
    correct(directive=made, version=1, changes={"number": " /CT-TT"}, obligations=None, actor=lead, now=now)
    assert not made.is_numbered


def test_a_dispatch_s_deadline_reaches_its_obligation(draft) -> None:
    made = draft(deadlines=[{"date": "2022-04-28", "obligation": "3", "what": "gửi danh sách"}])
    due = made.obligations.get(code="3").deadline_at
    assert due == datetime.fromisoformat("2022-04-28T00:00+07:00")


def test_a_closed_watch_shows_what_was_so_when_it_was_closed(confirmed, lead, now) -> None:
    watch = _watch(confirmed(), lead, now)
    prove_watch(watch=watch, provers=provers_by_kind(), actor=lead, now=now)
    left = all_open_items(watch.organisation_id, now)
    close_watch(watch=watch, note="x", open_items=left, actor=lead, now=now)
    later = now + timedelta(days=30)
    assert [row.verdict for row in board_of(watch, later).rows] == [row.verdict for row in board_of(watch, now).rows]
    assert prove_watch(watch=watch, provers=provers_by_kind(), actor=lead, now=later) == []
