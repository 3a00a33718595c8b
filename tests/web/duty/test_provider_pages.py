"""Providers through their page: asked, sent, answered, refused, none; what is wrong stays as it was typed."""

import pytest
from django.urls import reverse
from tests.duty import LEAD, NOW, at, organisation_named
from tests.web.duty.conftest import MORNING, facts_of, lead_of, unchanged, words

from vigil.domain.duty.models import Commitment, DutyRow, Post, ProviderRequest
from vigil.domain.organisations.actions.tree import save_provider_link
from vigil.domain.organisations.models import Person, ProviderLink

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(room):
    """The room with a provider that can be asked, and its lead at the page."""
    room.provider = organisation_named("Nhà mạng Sao")
    link = ProviderLink(organisation=room.organisation, provider=room.provider, service="SOC")
    save_provider_link(link=link, actor=LEAD, now=NOW)
    room.lead, room.page = lead_of(room), reverse("providers", args=[room.watch.pk])
    return room


def _asked(desk, **more: object) -> ProviderRequest:
    values = {"provider": desk.provider.pk, "functions": ["monitoring", "response"], "asked": "Hai kỹ sư\nngày đêm",
              "answer_by": "2026-04-30T12:00", **more}  # fmt: skip
    desk.lead.post(reverse("provider_ask", args=[desk.watch.pk]), values)
    return ProviderRequest.objects.get()


def _line(n: int, name: str, start: str, end: str, mobile: str = "", kind: str = "on_call") -> dict[str, str]:
    return {f"name-{n}": name, f"mobile-{n}": mobile, f"kind-{n}": kind, f"from-{n}": start, f"to-{n}": end}


ONE = _line(0, "Kỹ sư Một", "2026-04-30T08:00", "2026-04-30T20:00", "0913 000 001")
TWO = _line(1, "Kỹ sư Hai", "2026-04-30T20:00", "2026-05-01T08:00", "0913000002", "on_site")
SAID = {"by": "Bà Lê Phó Giám Đốc", "answer": "Đồng ý"}


def test_asked_sent_and_answered_and_whoever_was_promised_stands_in_the_roster(desk) -> None:
    assert "Nhà mạng Sao" in words(desk.lead.get(desk.page))
    asked = _asked(desk)
    assert (asked.state, asked.functions, asked.answer_by_at) == ("draft", ["monitoring", "response"], at(30, 12))
    page = words(desk.lead.get(desk.page))
    assert "Monitoring, Response · answer by 12:00 30 Apr 2026 Hai kỹ sư ngày đêm" in page
    assert "The letter (draft, unnumbered): Word · PDF" in page
    sent = reverse("provider_sent", args=[asked.pk])
    page = words(desk.lead.post(sent, {"note": "Số 12/CV-TT"}, follow=True))
    assert "Sent 09:00 30 Apr 2026 · Số 12/CV-TT" in page
    assert "It is sent" not in page
    answer, before = reverse("provider_answer", args=[asked.pk]), facts_of(desk.roster)
    page = words(desk.lead.post(answer, {**SAID, **ONE, **TWO, "name-2": "", "from-2": "rác"}, follow=True))
    assert "Kept; whoever was promised stands in the roster." in page
    assert "Answered 09:00 30 Apr 2026 by Bà Lê Phó Giám Đốc: Đồng ý" in page
    rows = list(DutyRow.objects.filter(origin="provider").order_by("starts_at"))
    assert [(row.person.name, row.kind, row.starts_at, row.ends_at) for row in rows] == [
        ("Kỹ sư Một", "on_call", at(30, 8), at(30, 20)), ("Kỹ sư Hai", "on_site", at(30, 20), at(1, 8))
    ]  # fmt: skip
    assert Person.objects.get(name="Kỹ sư Một").organisation == desk.provider
    post = Post.objects.get(provider=desk.provider)
    board = words(desk.lead.get(reverse("roster", args=[desk.watch.pk])))
    assert "Nhà mạng Sao provider" in board
    assert "Kỹ sư Hai" in board
    assert "Kỹ sư Một" in words(desk.lead.get(reverse("duty_now", args=[desk.watch.pk])))
    taken = desk.lead.post(reverse("roster_change", args=[desk.watch.pk]), {"row": rows[0].pk}, follow=True)
    assert "The provider changes this with a new answer." in words(taken)
    assert desk.lead.get(reverse("post_edit", args=[post.pk])).status_code == 200
    later = {**SAID, **_line(0, "Kỹ sư Ba", "2026-05-01T00:00", "2026-05-01T12:00")}
    page = desk.lead.post(answer, later, follow=True)
    struck = page.content.decode().count("text-decoration-line-through")
    assert struck == 2, "what was promised before stays on record"
    assert list(
        DutyRow.objects.filter(origin="provider", superseded_at=None).values_list("person__name", flat=True)
    ) == ["Kỹ sư Ba"]
    assert unchanged(desk.roster, {**before, **{row.pk: facts_of(desk.roster)[row.pk] for row in rows}})
    assert "This request was answered already." in words(desk.lead.post(sent, {"note": "x"}, follow=True))


def test_an_answer_that_cannot_be_taken_is_shown_again_as_it_was_typed(desk) -> None:
    asked = _asked(desk)
    answer, before = reverse("provider_answer", args=[asked.pk]), facts_of(desk.roster)
    for more, why in (
        ({"by": " "}, "Say who answered: the name stands under it."),
        ({"name-0": "", "name-1": ""}, "An answer names people and hours"),
        ({"mobile-0": "gọi sau"}, "Kỹ sư Một: gọi sau is not a telephone number."),
        ({"mobile-0": "12"}, "Kỹ sư Một: 12 is not a telephone number."),
        ({"from-1": ""}, "Kỹ sư Hai: say from when to when."),
        ({"to-1": "2026-02-30T08:00"}, "Kỹ sư Hai: say from when to when."),
        ({"to-1": "2026-04-30T19:00"}, "Kỹ sư Hai: the hours lie outside the watch, or end before they begin."),
        ({"to-1": "2026-04-30T20:00"}, "Kỹ sư Hai: the hours lie outside the watch, or end before they begin."),
        ({"from-1": "2026-06-01T00:00", "to-1": "2026-06-02T00:00"}, "Kỹ sư Hai: the hours lie outside the watch"),
        ({"name-1": "Kỹ sư Một", "from-1": "2026-04-30T19:00"}, "Kỹ sư Một is promised twice for the same hours."),
        ({"kind-1": "ngủ"}, "An answer names people and hours"),
    ):
        values = {**SAID, **ONE, **TWO, **more}
        shown = desk.lead.post(answer, values)
        page = shown.content.decode()
        assert shown.status_code == 422, more
        alert = page[page.index('class="alert alert-danger mt-3"') :].split("</div>")[0]
        assert why in alert, (more, alert)
        for name, value in values.items():
            if value.strip() and not name.startswith("kind"):
                assert f'value="{value}"' in page, (more, name)
    assert ProviderRequest.objects.get().state == "draft"
    assert not Commitment.objects.exists()
    assert not Person.objects.filter(organisation=desk.provider).exists()
    assert facts_of(desk.roster) == before


def test_a_wrong_later_answer_leaves_the_earlier_one_as_it_was_and_the_form_brings_it_along(desk) -> None:
    asked = _asked(desk)
    answer = reverse("provider_answer", args=[asked.pk])
    desk.lead.post(answer, {**SAID, **ONE, **TWO})
    before = list(DutyRow.objects.filter(origin="provider").values())
    page = desk.lead.get(desk.page).content.decode()
    assert 'name="name-1" value="Kỹ sư Hai"' in page
    assert 'name="from-1" value="2026-04-30T20:00"' in page
    shown = desk.lead.post(answer, {**SAID, **ONE, **TWO, "to-1": "2026-04-30T20:00"})
    assert shown.status_code == 422
    assert list(DutyRow.objects.filter(origin="provider").values()) == before
    assert not Commitment.objects.exclude(withdrawn_at=None).exists()


def test_refused_with_a_name_and_what_was_promised_falls(desk) -> None:
    asked = _asked(desk)
    answer = reverse("provider_answer", args=[asked.pk])
    desk.lead.post(answer, {**SAID, **ONE, **TWO})
    assert desk.lead.post(answer, {"refused": "1", "by": "", "answer": "hết người"}).status_code == 422
    assert DutyRow.objects.filter(origin="provider", superseded_at=None).count() == 2
    page = words(desk.lead.post(answer, {"refused": "1", "by": "Ông Từ Chối", "answer": "hết người"}, follow=True))
    assert "Nhà mạng Sao Refused" in page
    assert "by Ông Từ Chối: hết người" in page
    assert not DutyRow.objects.filter(origin="provider", superseded_at=None).exists()
    assert DutyRow.objects.filter(origin="provider", superseded_at=MORNING).count() == 2


def test_what_is_asked_badly_is_not_asked(desk) -> None:
    ask = reverse("provider_ask", args=[desk.watch.pk])
    good = {"provider": desk.provider.pk, "functions": ["monitoring"], "answer_by": ""}
    for more, why in (
        ({"provider": ""}, "Choose one of the organisation's providers."),
        ({"provider": desk.organisation.pk}, "Choose one of the organisation's providers."),
        ({"functions": []}, "Name at least one of the four functions."),
        ({"functions": ["ngủ"]}, "Name at least one of the four functions."),
        ({"answer_by": "2026-02-30T12:00"}, "No such day in the calendar of a duty."),
        ({"answer_by": "mai"}, "No such day in the calendar of a duty."),
    ):
        assert why in words(desk.lead.post(ask, {**good, **more}, follow=True)), more
    assert not ProviderRequest.objects.exists()
    desk.lead.post(ask, good)
    assert "This provider was asked already." in words(desk.lead.post(ask, good, follow=True))
    assert ProviderRequest.objects.get().answer_by_at is None


def test_that_there_is_none_is_said_with_a_name_and_taken_back(desk) -> None:
    none, ask = (reverse(f"provider_{part}", args=[desk.watch.pk]) for part in ("none", "ask"))
    assert "Say who states this: the name stands under it." in words(desk.lead.post(none, {"by": " "}, follow=True))
    page = words(desk.lead.post(none, {"by": "Ông Giám Đốc", "answer": "lực lượng tại chỗ"}, follow=True))
    assert "Ông Giám Đốc" in page
    assert "lực lượng tại chỗ" in page
    said = ProviderRequest.objects.get()
    assert (said.state, said.provider, said.answered_by) == ("none", None, "Ông Giám Đốc")
    good = {"provider": desk.provider.pk, "functions": ["monitoring"]}
    page = words(desk.lead.post(ask, good, follow=True))
    assert "It is recorded that there is no provider; take that back first." in page
    assert desk.lead.post(reverse("provider_answer", args=[said.pk]), {**SAID, **ONE}).status_code == 409
    desk.lead.post(none, {"back": "1"})
    assert not ProviderRequest.objects.exists()
    desk.lead.post(ask, good)
    page = words(desk.lead.post(none, {"by": "Ông Giám Đốc"}, follow=True))
    assert "A provider was asked; its answer counts." in page
    assert ProviderRequest.objects.get().provider == desk.provider
