"""Over every address of duty: what is another's is not there; a viewer changes nothing; secrets open their own."""

import re
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from tests.duty import LEAD
from tests.web.duty.conftest import MORNING, full_room, lead_of, officer
from tests.web.rooms import client_of

from vigil.domain.accounts.models import Role
from vigil.domain.duty.actions.keys import make_key, revoke_key
from vigil.domain.duty.actions.presence import end_screen
from vigil.domain.duty.models import DutyKey, KeyUse, Screen
from vigil.faces.web.duty.urls import urlpatterns

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hour")]

# address name -> (whose key it takes, how it is used, whether a viewer may look)
THINGS = {
    "roster": ("watch", "GET", True),
    "roster_begin": ("watch", "POST", False),
    "roster_plan": ("watch", "POST", False),
    "roster_publish": ("watch", "POST", False),
    "roster_picture": ("watch", "GET", True),
    "roster_look": ("watch", "GET", False),
    "roster_panel": ("watch", "GET", False),
    "roster_change": ("watch", "POST", False),
    "roster_relieve": ("watch", "POST", False),
    "swap_approve": ("swap", "POST", False),
    "swap_refuse": ("swap", "POST", False),
    "post_new": ("watch", "BOTH", False),
    "post_edit": ("post", "BOTH", False),
    "post_retire": ("post", "POST", False),
    "screen_new": ("post", "POST", False),
    "screen_end": ("screen", "POST", False),
    "duty_people": ("watch", "GET", False),
    "duty_people_add": ("watch", "POST", False),
    "member_edit": ("member", "BOTH", False),
    "member_retire": ("member", "POST", False),
    "away_new": ("member", "BOTH", False),
    "leave_end": ("leave", "POST", False),
    "wish_end": ("wish", "POST", False),
    "duty_now": ("watch", "GET", True),
    "duty_tree": ("watch", "GET", True),
    "team_calendar": ("watch", "POST", False),
    "duty_attest": ("row", "POST", False),
    "handover": ("handover", "GET", True),
    "duty_key_revoke": ("key", "POST", False),
    "providers": ("watch", "GET", True),
    "provider_ask": ("watch", "POST", False),
    "provider_none": ("watch", "POST", False),
    "provider_sent": ("request", "POST", False),
    "provider_answer": ("request", "POST", False),
}
# part of the address -> (keys it takes besides the token, how it is used); signed in as "my_...", by a key "shift_..."
OWN = {
    "duty": ([], "GET"),
    "check_in": (["row"], "POST"),
    "handover": (["shift"], "BOTH"),
    "takeover": (["handover"], "BOTH"),
    "swap": (["later"], "BOTH"),
    "swap_answer": (["swap", "agree"], "POST"),
    "calendar": ([], "POST"),
}
SECRET = {"screen": "screen", "calendar_feed": "calendar"}
EVERY = {*THINGS, *SECRET, *(f"{door}_{part}" for door in ("my", "shift") for part in OWN)}
FILLED = {"name": "Đổi", "note": "x", "by": "x", "functions": "monitoring", "reason": "x", "kind": "leave"}
QUERY = {"roster_look": "row", "roster_panel": "row", "roster_change": "row", "roster_relieve": "row"}


@pytest.fixture
def ours():
    return full_room("Ta")


@pytest.fixture
def theirs():
    return full_room("Họ")


def _stored() -> list[object]:
    """Everything in this room but when a secret was last used, as values."""
    found = []
    for model in apps.get_app_config("duty").get_models():
        kept = [f.attname for f in model._meta.concrete_fields if f.name not in ("used_at", "seen_at")]
        found.append(list(model.objects.order_by("pk").values_list(*kept)))
    return found


def _own(room, part: str, token: str = "", **instead) -> str:
    keys = [instead.get(name, room.keys.get(name, name)) for name in OWN[part][0]]
    return reverse(f"{'shift' if token else 'my'}_{part}", args=[token, *keys] if token else keys)


def test_every_address_has_a_case_here() -> None:
    assert {pattern.name for pattern in urlpatterns} == EVERY


def test_what_is_theirs_is_not_there_whether_one_looks_or_acts(ours, theirs) -> None:
    client, before = lead_of(ours, Role.ADMINISTRATOR), _stored()
    for name, (kind, how, _) in THINGS.items():
        for stranger in (theirs.keys[kind], uuid4()):
            address = reverse(name, args=[stranger])
            asked = {**FILLED, QUERY.get(name, "row"): str(theirs.keys["row"])}
            if how != "POST":
                assert client.get(address, asked).status_code == 404, name
            if how != "GET":
                assert client.post(address, asked).status_code == 404, name
    assert _stored() == before


def test_what_is_in_another_s_roster_is_not_reached_through_one_s_own(ours, theirs) -> None:
    client, before = lead_of(ours), _stored()
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
    assert _stored() == before


def test_a_viewer_looks_and_does_not_touch(ours) -> None:
    client, before = lead_of(ours, Role.VIEWER), _stored()
    for name, (kind, how, may_look) in THINGS.items():
        address = reverse(name, args=[ours.keys[kind]])
        if how != "GET":
            assert client.post(address, FILLED).status_code == 403, name
        if how != "POST" and name != "duty_tree":
            assert client.get(address, {"row": ours.keys["row"]}).status_code == (200 if may_look else 403), name
    assert _stored() == before


def test_the_numbers_of_people_are_for_who_may_read_people(ours) -> None:
    from vigil.domain.accounts.permissions import MATRIX

    for role in Role.values:
        client = lead_of(ours, role)
        status = client.get(reverse("duty_tree", args=[ours.watch.pk])).status_code
        assert status == (200 if role in MATRIX["people.read"] else 403), role


def test_nobody_gets_in_without_signing_in(ours) -> None:
    addresses = [reverse(name, args=[ours.keys[kind]]) for name, (kind, _, _) in THINGS.items()]
    addresses += [_own(ours, part) for part in OWN]
    for address in addresses:
        for answer in (Client().get(address), Client().post(address)):
            assert answer.status_code in (302, 405), address
            if answer.status_code == 302:
                assert answer.headers["Location"].startswith("/sign-in/"), address


def test_what_changes_something_is_not_done_by_looking(ours) -> None:
    lead, before = lead_of(ours), _stored()
    mine = officer(ours, ours.on_now().person)
    for name, (kind, how, _) in THINGS.items():
        if how == "POST":
            assert lead.get(reverse(name, args=[ours.keys[kind]])).status_code == 405, name
    for part, (_, how) in OWN.items():
        for client, token in ((mine, ""), (Client(), ours.tokens["shifts"])):
            if how == "POST":
                assert client.get(_own(ours, part, token)).status_code == 405, part
            elif how == "GET":
                assert client.post(_own(ours, part, token)).status_code == 405, part
            assert client.put(_own(ours, part, token)).status_code == 405, part
    assert _stored() == before


def test_a_change_without_its_token_is_refused(ours) -> None:
    before = _stored()
    lead = lead_of(ours)
    for client, addresses in (
        (lead, [reverse(n, args=[ours.keys[kind]]) for n, (kind, how, _) in THINGS.items() if how != "GET"]),
        (Client(), [_own(ours, part, ours.tokens["shifts"]) for part, (_, how) in OWN.items() if how != "GET"]),
    ):
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = client.cookies
        for address in addresses:
            assert strict.post(address, FILLED).status_code == 403, address
    assert _stored() == before


def test_a_key_opens_one_person_s_shifts_and_nobody_else_s(ours, theirs) -> None:
    token, before = ours.tokens["shifts"], _stored()
    person = DutyKey.objects.get(pk=ours.keys["key"]).person
    page = Client().get(_own(ours, "duty", token)).content.decode()
    assert person.name in page
    assert "Họ" not in page
    other = next(row for row in ours.rows() if row.person != person)
    for row, room in ((other, ours), (theirs.on_now(), theirs)):
        instead = {"row": row.pk, "later": row.pk, "shift": row.shift_id, "handover": room.keys["handover"]}
        for part in ("check_in", "handover", "swap"):
            address = _own(ours, part, token, **instead)
            answers = [Client().post(address, FILLED)]
            if OWN[part][1] == "BOTH":
                answers.append(Client().get(address))
            assert {answer.status_code for answer in answers} == {404}, part
    assert Client().get(_own(ours, "takeover", token, handover=theirs.keys["handover"])).status_code == 404
    for verb in ("agree", "refuse", "withdraw", "khac"):
        address = reverse("shift_swap_answer", args=[token, theirs.keys["swap"], verb])
        assert Client().post(address).status_code == 404
    assert _stored() == before


def test_a_secret_of_one_kind_opens_nothing_of_another(ours) -> None:
    before = _stored()
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
    assert _stored() == before


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
            answer = Client().post(_own(ours, part, token)) if OWN[part][1] != "GET" else Client().get(
                _own(ours, part, token)
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
    client, before = lead_of(ours), _stored()
    for part, (_, how) in OWN.items():
        answer = client.post(_own(ours, part)) if how != "GET" else client.get(_own(ours, part))
        assert answer.status_code == 200
        assert "linked to no person" in answer.content.decode()
    assert _stored() == before


HOSTILE = {
    "long": "ê" * 20_000,
    "nul": "a\x00b",
    "number": "9" * 400,
    "nan": "nan",
    "no uuid": "x" * 36,
    "first day": "0001-01-01T00:00",
    "last day": "9999-12-31T23:59",
    "zone": "9999-12-31T23:59+00:00",
    "empty": "",
}  # fmt: skip
FIELDS = (
    "name", "place", "phone", "functions", "pattern", "own_shifts", "wanted_skills", "handover_min", "on_site",
    "leads", "on_call", "backup", "check_in_every_min", "grace_min", "people", "words", "may_lead", "joins_on",
    "leaves_on", "carried_nights", "carried_hours", "starts_at", "ends_at", "kind", "reason", "row", "shift", "other",
    "person", "version", "provider", "asked", "answer_by", "note", "by", "answer", "name-0", "mobile-0", "kind-0",
    "from-0", "to-0", "code", "digest", "with", "rest_h", "max_nights", "max_shifts_7d", "max_hours_7d", "watch",
)  # fmt: skip


def _plausible(room) -> dict[str, object]:
    """What every form would take, so that a hostile value is judged on its own."""
    return {
        "name": "Phòng khác", "functions": ["monitoring"], "pattern": "own", "own_shifts": "ngày, 07:00, 19:00",
        "wanted_skills": "windows 1", "handover_min": 15, "on_site": 2, "leads": 1, "on_call": 0, "backup": 0,
        "check_in_every_min": 60, "grace_min": 10, "people": [str(room.people[0].pk)], "words": "mạng",
        "starts_at": "2026-05-01T08:00", "ends_at": "2026-05-01T10:00", "kind": "leave", "reason": "x",
        "row": str(room.keys["later"]), "person": str(room.people[1].pk), "by": "Bà Đáp", "answer": "có", "note": "x",
        "name-0": "Kỹ sư", "kind-0": "on_call", "from-0": "2026-04-30T08:00", "to-0": "2026-04-30T20:00",
        "carried_nights": 0, "carried_holidays": 0, "carried_hours": 0, "asked": "x", "digest": "x",
        "with": f"person:{room.people[2].pk}", "code": "000000",
    }  # fmt: skip


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_no_form_value_breaks_a_page(ours, kind) -> None:
    """Every address takes every field with it; whatever it answers, it is an answer, and pages still open after it."""
    lead, value = lead_of(ours), HOSTILE[kind]
    mine = officer(ours, ours.on_now().person)
    addresses = [(lead, reverse(n, args=[ours.keys[k]]), how) for n, (k, how, _) in THINGS.items() if how != "GET"]
    addresses += [(mine, _own(ours, part), how) for part, (_, how) in OWN.items() if how != "GET"]
    for client, address, _ in addresses:
        for values in (
            {**_plausible(ours), **dict.fromkeys(FIELDS, value)},
            *({**_plausible(ours), name: value} for name in FIELDS if _reads(address, name)),
        ):
            answer = client.post(address, values)
            assert answer.status_code < 500, (address, values)
    for name in ("roster_look", "roster_panel"):
        answer = lead.get(reverse(name, args=[ours.watch.pk]), dict.fromkeys(FIELDS, value))
        assert answer.status_code < 500
    assert mine.get(reverse("my_duty"), {"code": value}).status_code == 200
    for name, (key, how, may_look) in THINGS.items():
        if how == "GET" and may_look:
            assert lead.get(reverse(name, args=[ours.keys[key]])).status_code == 200, name
    assert lead.get(reverse("duty_people", args=[ours.watch.pk])).status_code == 200
    assert Client().get(reverse("calendar_feed", args=[ours.tokens["team"]])).status_code == 200


_READS = {
    "posts": FIELDS[:14], "duty-people": FIELDS[14:24], "provider": FIELDS[30:40], "roster/change": FIELDS[23:30],
    "roster/plan": FIELDS[43:47], "roster/begin": ("name", "pattern", "on_site", "people", "leads"),
    "hand-over": ("digest", "note"), "swap": ("with", "reason"), "check-in": ("code",), "attest": ("note",),
}  # fmt: skip


def _reads(address: str, name: str) -> bool:
    return any(part in address and name in fields for part, fields in _READS.items())


def test_a_huge_list_is_turned_away_and_nothing_is_kept(ours) -> None:
    lead, before = lead_of(ours), _stored()
    many = {"people": [str(uuid4()) for _ in range(5000)], "name": "x", "pattern": "8h", "on_site": 1}
    assert lead.post(reverse("duty_people_add", args=[ours.watch.pk]), many).status_code == 400
    assert lead.post(reverse("roster_begin", args=[ours.watch.pk]), many).status_code in (302, 400)
    assert _stored() == before


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_is_drawn_in_both_languages_without_inline_style_or_handler(ours, language) -> None:
    lead = client_of(None, Role.ADMINISTRATOR, language)
    mine = officer(ours, ours.on_now().person)
    mine.cookies["vigil_language"] = language
    pages = [(lead, reverse(n, args=[ours.keys[k]])) for n, (k, how, _) in THINGS.items() if how != "POST"]
    own = ours.rows(ours.on_now().person)[-1].pk
    pages += [
        (mine, _own(ours, part, later=own)) for part, (_, how) in OWN.items() if how != "POST" and part != "takeover"
    ]
    pages += [(Client(), reverse("screen", args=[ours.tokens["screen"]]))]
    pages += [(Client(), _own(ours, "duty", ours.tokens["shifts"]))]
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
        assert Client().post(_own(ours, "calendar", ours.tokens["shifts"])).status_code == 200
    person = ours.on_now().person
    assert DutyKey.objects.filter(person=person, use=KeyUse.CALENDAR, revoked_at=None).count() == 10


def test_pages_of_secrets_are_not_kept_by_anybody_on_the_way(ours) -> None:
    for address in (
        _own(ours, "duty", ours.tokens["shifts"]),
        reverse("screen", args=[ours.tokens["screen"]]),
        reverse("calendar_feed", args=[ours.tokens["calendar"]]),
    ):
        answer = Client().get(address)
        assert "no-store" in answer.headers["Cache-Control"] or "private" in answer.headers["Cache-Control"]
        assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
