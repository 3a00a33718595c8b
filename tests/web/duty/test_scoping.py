"""Over every address of duty: what is another's is not there; a viewer changes nothing; secrets open their own."""

import re
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from tests.duty import LEAD
from tests.web.duty.addresses import OWN, SECRET, THINGS, own, stored
from tests.web.duty.conftest import MORNING, full_room, lead_of, officer
from tests.web.rooms import client_of

from vigil.domain.accounts.models import Role
from vigil.domain.duty.actions.keys import make_key, revoke_key
from vigil.domain.duty.actions.presence import end_screen
from vigil.domain.duty.models import DutyKey, KeyUse, Screen
from vigil.faces.web.duty.urls import urlpatterns

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hour")]

EVERY = {*THINGS, *SECRET, *(f"{door}_{part}" for door in ("my", "shift") for part in OWN)}
FILLED = {"name": "Đổi", "note": "x", "by": "x", "functions": "monitoring", "reason": "x", "kind": "leave"}
QUERY = {"roster_look": "row", "roster_panel": "row", "roster_change": "row", "roster_relieve": "row"}


@pytest.fixture
def ours():
    return full_room("Ta")


@pytest.fixture
def theirs():
    return full_room("Họ")


def test_every_address_has_a_case_here() -> None:
    assert {pattern.name for pattern in urlpatterns} == EVERY


def test_what_is_theirs_is_not_there_whether_one_looks_or_acts(ours, theirs) -> None:
    client, before = lead_of(ours, Role.ADMINISTRATOR), stored()
    for name, (kind, how, _) in THINGS.items():
        for stranger in (theirs.keys[kind], uuid4()):
            address = reverse(name, args=[stranger])
            asked = {**FILLED, QUERY.get(name, "row"): str(theirs.keys["row"])}
            if how != "POST":
                assert client.get(address, asked).status_code == 404, name
            if how != "GET":
                assert client.post(address, asked).status_code == 404, name
    assert stored() == before


def test_what_is_in_another_s_roster_is_not_reached_through_one_sown(ours, theirs) -> None:
    client, before = lead_of(ours), stored()
    their, own = theirs.keys, ours.keys
    asked = [
        {"row": their["row"]},
        {"row": own["later"], "other": their["later"]},
        {"row": own["later"], "shift": their["shift"]},
        {"row": own["later"], "person": theirs.people[0].pk},
        {"shift": their["shift"], "person": ours.people[0].pk},
        {"row": "không"}, {"shift": "\x00"}, {"row": own["later"], "person": "' OR 1=1"}, {},
    ]  # fmt: skip
    for values in asked:
        for name in ("roster_change", "roster_relieve"):
            assert client.post(reverse(name, args=[own["watch"]]), values).status_code == 404, values
        assert client.get(reverse("roster_look", args=[own["watch"]]), values).status_code == 404, values
    client.post(reverse("duty_people_add", args=[own["watch"]]), {"people": [theirs.people[0].pk, "x" * 36, "\x00"]})
    answer = client.post(reverse("provider_ask", args=[own["watch"]]), {**FILLED, "provider": theirs.organisation.pk})
    assert answer.status_code == 302
    assert stored() == before


def test_a_viewer_looks_and_does_not_touch(ours) -> None:
    client, before = lead_of(ours, Role.VIEWER), stored()
    for name, (kind, how, may_look) in THINGS.items():
        address = reverse(name, args=[ours.keys[kind]])
        if how != "GET":
            assert client.post(address, FILLED).status_code == 403, name
        if how != "POST" and name != "duty_tree":
            assert client.get(address, {"row": ours.keys["row"]}).status_code == (200 if may_look else 403), name
    assert stored() == before


def test_the_numbers_of_people_are_for_who_may_read_people(ours) -> None:
    from vigil.domain.accounts.permissions import MATRIX

    for role in Role.values:
        client = lead_of(ours, role)
        status = client.get(reverse("duty_tree", args=[ours.watch.pk])).status_code
        assert status == (200 if role in MATRIX["people.read"] else 403), role


def test_nobody_gets_in_without_signing_in(ours) -> None:
    addresses = [reverse(name, args=[ours.keys[kind]]) for name, (kind, _, _) in THINGS.items()]
    addresses += [own(ours, part) for part in OWN]
    for address in addresses:
        for answer in (Client().get(address), Client().post(address)):
            assert answer.status_code in (302, 405), address
            if answer.status_code == 302:
                assert answer.headers["Location"].startswith("/sign-in/"), address


def test_what_changes_something_is_not_done_by_looking(ours) -> None:
    lead, before = lead_of(ours), stored()
    mine = officer(ours, ours.on_now().person)
    for name, (kind, how, _) in THINGS.items():
        if how == "POST":
            assert lead.get(reverse(name, args=[ours.keys[kind]])).status_code == 405, name
    for part, (_, how) in OWN.items():
        for client, token in ((mine, ""), (Client(), ours.tokens["shifts"])):
            if how == "POST":
                assert client.get(own(ours, part, token)).status_code == 405, part
            elif how == "GET":
                assert client.post(own(ours, part, token)).status_code == 405, part
            assert client.put(own(ours, part, token)).status_code == 405, part
    assert stored() == before


def test_a_change_without_its_token_is_refused(ours) -> None:
    before = stored()
    lead = lead_of(ours)
    for client, addresses in (
        (lead, [reverse(n, args=[ours.keys[kind]]) for n, (kind, how, _) in THINGS.items() if how != "GET"]),
        (Client(), [own(ours, part, ours.tokens["shifts"]) for part, (_, how) in OWN.items() if how != "GET"]),
    ):
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = client.cookies
        for address in addresses:
            assert strict.post(address, FILLED).status_code == 403, address
    assert stored() == before


def test_a_key_opens_one_person_s_shifts_and_nobody_else_s(ours, theirs) -> None:
    token, before = ours.tokens["shifts"], stored()
    person = DutyKey.objects.get(pk=ours.keys["key"]).person
    page = Client().get(own(ours, "duty", token)).content.decode()
    assert person.name in page
    assert "Họ" not in page
    other = next(row for row in ours.rows() if row.person != person)
    for row, room in ((other, ours), (theirs.on_now(), theirs)):
        instead = {"row": row.pk, "later": row.pk, "shift": row.shift_id, "handover": room.keys["handover"]}
        for part in ("check_in", "handover", "swap"):
            address = own(ours, part, token, **instead)
            answers = [Client().post(address, FILLED)]
            if OWN[part][1] == "BOTH":
                answers.append(Client().get(address))
            assert {answer.status_code for answer in answers} == {404}, part
    assert Client().get(own(ours, "takeover", token, handover=theirs.keys["handover"])).status_code == 404
    for verb in ("agree", "refuse", "withdraw", "khac"):
        address = reverse("shift_swap_answer", args=[token, theirs.keys["swap"], verb])
        assert Client().post(address).status_code == 404
    assert stored() == before


def test_a_secret_of_one_kind_opens_nothing_of_another(ours) -> None:
    before = stored()
    for kind, token in ours.tokens.items():
        opens = {
            "screen": reverse("screen", args=[token]),
            "calendar": reverse("calendar_feed", args=[token]),
            "shifts": reverse("shift_duty", args=[token]),
        }
        for what, address in opens.items():
            right = what == kind or (what == "calendar" and kind == "team")
            assert Client().get(address).status_code == (200 if right else 404), (kind, what)
    for token in ("x", "\x00", "ổ khóa", "a" * 500, str(ours.keys["key"]), ours.tokens["shifts"] + "x"):
        for name in ("screen", "calendar_feed", "shift_duty"):
            assert Client().get(reverse(name, args=[token])).status_code == 404, (name, token)
    assert stored() == before


def test_what_is_revoked_or_expired_or_belongs_to_who_has_left_is_gone_alike(ours) -> None:
    person, at_once = ours.on_now().person, {"actor": LEAD, "now": MORNING}
    make = {"organisation": ours.organisation, "person": person, "use": KeyUse.SHIFTS, **at_once}
    _, expired = make_key(**make, expires_at=MORNING)
    revoked_key, revoked = make_key(**make)
    revoke_key(key=revoked_key, **at_once)
    never = reverse("shift_duty", args=["không-có"])
    told = {_said(Client().get(reverse("shift_duty", args=[token]))) for token in (expired, revoked)}
    assert told == {_said(Client().get(never))}
    for token in (expired, revoked):
        for part in OWN:
            answer = Client().post(own(ours, part, token)) if OWN[part][1] != "GET" else Client().get(
                own(ours, part, token)
            )  # fmt: skip
            assert answer.status_code == 404, part
    end_screen(screen=Screen.objects.get(pk=ours.keys["screen"]), **at_once)
    assert Client().get(reverse("screen", args=[ours.tokens["screen"]])).status_code == 404
    for token, name in ((ours.tokens["shifts"], "shift_duty"), (ours.tokens["calendar"], "calendar_feed")):
        assert Client().get(reverse(name, args=[token])).status_code == 200
    person.left_at = MORNING
    person.save()
    for token, name in ((ours.tokens["shifts"], "shift_duty"), (ours.tokens["calendar"], "calendar_feed")):
        assert Client().get(reverse(name, args=[token])).status_code == 404
    assert Client().get(reverse("calendar_feed", args=[ours.tokens["team"]])).status_code == 200, "the team's stays"


def _said(answer) -> str:
    """What the page says, without the addresses in it."""
    text = answer.content.decode()
    return re.sub(r"<[^>]*>", "", text[text.index("<main") :])


def test_an_account_without_a_person_is_told_so_and_changes_nothing(ours) -> None:
    client, before = lead_of(ours), stored()
    for part, (_, how) in OWN.items():
        answer = client.post(own(ours, part)) if how != "GET" else client.get(own(ours, part))
        assert answer.status_code == 200
        assert "linked to no person" in answer.content.decode()
    assert stored() == before


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_is_drawn_in_both_languages_without_inline_style_or_handler(ours, language) -> None:
    lead = client_of(None, Role.ADMINISTRATOR, language)
    mine = officer(ours, ours.on_now().person)
    mine.cookies["vigil_language"] = language
    pages = [(lead, reverse(n, args=[ours.keys[k]])) for n, (k, how, _) in THINGS.items() if how != "POST"]
    last = ours.rows(ours.on_now().person)[-1].pk
    pages += [
        (mine, own(ours, part, later=last)) for part, (_, how) in OWN.items() if how != "POST" and part != "takeover"
    ]
    pages += [(Client(), reverse("screen", args=[ours.tokens["screen"]]))]
    pages += [(Client(), own(ours, "duty", ours.tokens["shifts"]))]
    for client, address in pages:
        if address.endswith((".pdf", ".svg", "/look/")):
            continue
        answer = client.get(address, {"row": str(ours.keys["later"])})
        assert answer.status_code == 200, address
        text = answer.content.decode()
        if client is not lead and "/duty/" not in address:
            assert 'lang="' in text
        else:
            assert f'lang="{language}"' in text, address
        assert " style=" not in text, address
        assert not re.search(r"\son(click|change|submit)=", text), address
        _named(text, address)


def _named(text: str, address: str) -> None:
    """Every field has a name for who does not see it: a label around it or bound to it, or a name of its own."""
    main = text[text.index("<main") :]
    bound = set(re.findall(r'<label[^>]*\bfor="([^"]+)"', main))
    around = "".join(re.findall(r"<label\b.*?</label>", main, re.DOTALL))
    for tag in re.findall(r'<(?:input|select|textarea)\b(?![^>]*type="hidden")[^>]*>', main):
        own = re.search(r'\bid="([^"]+)"', tag)
        assert "aria-label" in tag or (own and own.group(1) in bound) or tag in around, (address, tag)
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids)), (address, sorted(one for one in ids if ids.count(one) > 1))


def test_ids_that_are_none_are_no_address(ours) -> None:
    lead = lead_of(ours)
    for name, (kind, _, _) in THINGS.items():
        address = reverse(name, args=[ours.keys[kind]])
        for wrong in ("x", "1", "%00", "..", str(UUID(int=0))[:-1]):
            broken = address.replace(str(ours.keys[kind]), wrong)
            assert lead.get(broken).status_code in (301, 404), broken


def test_a_key_is_spent_no_faster_than_it_is_made(ours) -> None:
    """Whoever holds a key cannot fill the table with calendars: the newest ten are kept."""
    for _ in range(15):
        assert Client().post(own(ours, "calendar", ours.tokens["shifts"])).status_code == 200
    person = ours.on_now().person
    assert DutyKey.objects.filter(person=person, use=KeyUse.CALENDAR, revoked_at=None).count() == 10


def test_pages_of_secrets_are_not_kept_by_anybody_on_the_way(ours) -> None:
    for address in (
        own(ours, "duty", ours.tokens["shifts"]),
        reverse("screen", args=[ours.tokens["screen"]]),
        reverse("calendar_feed", args=[ours.tokens["calendar"]]),
    ):
        answer = Client().get(address)
        assert "no-store" in answer.headers["Cache-Control"] or "private" in answer.headers["Cache-Control"]
        assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
