"""Over every address of these rooms: what is another's is not there; what a role does not permit is refused."""

import pytest
from django.test import Client
from django.urls import reverse

from vigil.domain.accounts.actions import create_user, grant
from vigil.domain.accounts.models import Role
from vigil.domain.directives.actions.receive import receive_dispatch
from vigil.domain.directives.actions.review import confirm
from vigil.domain.directives.actions.watches import open_watch, plan_watch
from vigil.domain.directives.models import Directive, Watch
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.faces.web.accounts.urls import urlpatterns as account_urls
from vigil.faces.web.directives.urls import urlpatterns as directive_urls
from vigil.faces.web.journal.urls import urlpatterns as journal_urls
from vigil.faces.web.readiness.urls import urlpatterns as readiness_urls
from vigil.faces.web.regimes.urls import urlpatterns as regime_urls
from vigil.faces.web.start.urls import urlpatterns as start_urls
from vigil.kernel import clock
from vigil.kernel.actors import Actor

pytestmark = pytest.mark.django_db
ACTOR = Actor("cli", "test", "test")
TEXT = """BỘ MẪU
Số: 5/BM-TT
V/v trực lễ {n}
Kính gửi: Các Bộ.
1. Trực 24/7 tại chỗ.
2. Cử đầu mối tiếp nhận thông tin.
Trân trọng./."""

# address name -> (whose key it takes, what changes need to be permitted)
THINGS = {
    "directive": ("directive", None),
    "directive_original": ("directive", None),
    "directive_save": ("directive", "POST"),
    "directive_link": ("directive", "POST"),
    "watch_new": ("directive", "POST"),
    "watch": ("watch", None),
    "wall": ("watch", None),
    "watch_measure": ("watch", "POST open to viewers"),
    "watch_open": ("watch", "POST"),
    "watch_move": ("watch", "POST"),
    "watch_close": ("watch", "POST"),
    "assignment": ("assignment", "POST"),
}
LISTS = {"dispatches", "watches", "home", "start", "dispatch_new", "regimes", "journal", "accounts", "me"}
ADMINISTRATOR_ONLY = {"accounts", "account", "account_change", "clause", "journal_verify", "journal_erase"}


def _organisation(name: str, parent: Organisation | None = None) -> Organisation:
    made = Organisation(name=name, audience_codes=["ministry"], parent=parent)
    save_organisation(organisation=made, actor=ACTOR, now=clock.now())
    return made


def _watch(organisation: Organisation, originals) -> dict[str, object]:
    now = clock.now()
    directive = receive_dispatch(
        data=TEXT.format(n=organisation.name).encode(),
        filename="cv.txt",
        organisation=organisation,
        originals=originals,
        actor=ACTOR,
        now=now,
    )
    directive = confirm(directive=directive, version=1, actor=ACTOR, now=now)
    watch = plan_watch(directive=directive, first_day=clock.today(), last_day=clock.today(), actor=ACTOR, now=now)
    open_watch(watch=watch, actor=ACTOR, now=now)
    return {"directive": directive.pk, "watch": watch.pk, "assignment": watch.assignments.first().pk}


def _client(organisation: Organisation | None, role: str) -> Client:
    user = create_user(
        username=f"{role}-{organisation and organisation.pk}", password="x", actor=ACTOR, now=clock.now()
    )
    grant(user=user, role=role, organisation=organisation, actor=ACTOR, now=clock.now())
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def world(settings, tmp_path):
    settings.VIGIL_ORIGINALS = tmp_path / "originals"
    settings.VIGIL_ORIGINALS.mkdir()
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    ours, theirs = _organisation("Ta"), _organisation("Họ")
    under = _organisation("Dưới ta", ours)
    return {
        "ours": ours,
        "theirs": theirs,
        "under": under,
        "keys": {o: _watch(o, settings.VIGIL_ORIGINALS) for o in (ours, theirs, under)},
    }


def test_every_address_has_a_case_here() -> None:
    patterns = [*directive_urls, *readiness_urls, *start_urls, *account_urls, *journal_urls, *regime_urls]
    assert {pattern.name for pattern in patterns} == {*THINGS, *LISTS, *ADMINISTRATOR_ONLY, "directive_page"}


@pytest.mark.parametrize("name", sorted(THINGS))
def test_what_is_theirs_is_not_there(world, name) -> None:
    kind, change = THINGS[name]
    client = _client(world["ours"], Role.WATCH_LEAD)
    before = (Directive.objects.count(), list(Watch.objects.values_list("pk", "state", "starts_at").order_by("pk")))
    address = reverse(name, args=[world["keys"][world["theirs"]][kind]])
    answers = [client.post(address, {"first_day": "2022-04-30", "last_day": "2022-05-01", "why": "x", "note": "x"})]
    if change is None or name in ("watch_close", "assignment"):
        answers.append(client.get(address))
    assert {answer.status_code for answer in answers} <= {404, 405}
    assert 404 in {answer.status_code for answer in answers}
    assert before == (
        Directive.objects.count(),
        list(Watch.objects.values_list("pk", "state", "starts_at").order_by("pk")),
    )


@pytest.mark.parametrize("name", sorted(n for n, (_, change) in THINGS.items() if change == "POST"))
def test_a_viewer_looks_and_does_not_touch(world, name) -> None:
    client = _client(world["ours"], Role.VIEWER)
    address = reverse(name, args=[world["keys"][world["ours"]][THINGS[name][0]]])
    assert client.post(address, {"note": "x"}).status_code == 403


@pytest.mark.parametrize("name", sorted(n for n, (_, change) in THINGS.items() if change is None))
@pytest.mark.parametrize("whose", ["ours", "under"])
def test_ours_and_what_lies_under_us_is_there(world, name, whose) -> None:
    client = _client(world["ours"], Role.VIEWER)
    assert client.get(reverse(name, args=[world["keys"][world[whose]][THINGS[name][0]]])).status_code == 200


@pytest.mark.parametrize("name", sorted({*THINGS, *LISTS, *ADMINISTRATOR_ONLY}))
def test_nobody_gets_in_without_signing_in(world, name) -> None:
    args = {"clause": ["order.block.2026"], "account_change": [world["ours"].pk, "grant"]}.get(name)
    if args is None and (name in THINGS or name in ("account", "journal_erase")):
        args = [world["ours"].pk]
    answer = Client().get(reverse(name, args=args or []))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("name", sorted(LISTS - {"accounts"}))
def test_lists_hold_only_what_is_ours(world, name) -> None:
    answer = _client(world["ours"], Role.WATCH_LEAD).get(reverse(name))
    assert answer.status_code == 200
    assert "Họ" not in answer.content.decode()


@pytest.mark.parametrize("name", sorted(ADMINISTRATOR_ONLY))
def test_what_only_administrators_may_is_refused_to_leads(world, name) -> None:
    client = _client(world["ours"], Role.WATCH_LEAD)
    args = {
        "clause": ["order.block.2026"],
        "account_change": [world["ours"].pk, "grant"],
        "account": [world["ours"].pk],
    }
    args["journal_erase"] = [world["ours"].pk]
    address = reverse(name, args=args.get(name, []))
    assert {client.post(address).status_code, client.get(address).status_code} <= {403, 405}


@pytest.mark.parametrize("whose, status", [("ours", 404), ("theirs", 404)])
def test_a_page_s_picture_is_not_there_for_a_text_nor_for_others(world, whose, status) -> None:
    address = reverse("directive_page", args=[world["keys"][world[whose]]["directive"], 1])
    assert _client(world["ours"], Role.VIEWER).get(address).status_code == status
    assert Client().get(address).status_code == 302


def test_an_unnumbered_directive_wears_its_badge_everywhere(world) -> None:
    keys = world["keys"][world["ours"]]
    Directive.objects.filter(pk=keys["directive"]).update(number="/BM-TT", number_missing_serial=True)
    client = _client(world["ours"], Role.VIEWER)
    for address in (
        reverse("directive", args=[keys["directive"]]),
        reverse("watch", args=[keys["watch"]]),
        reverse("dispatches"),
        reverse("wall", args=[keys["watch"]]),
    ):
        assert "chưa có số" in client.get(address).content.decode(), address


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_is_said_in_both_languages(world, language) -> None:
    client = _client(None, Role.ADMINISTRATOR)
    client.cookies["vigil_language"] = language
    keys = world["keys"][world["ours"]]
    for name, (kind, change) in THINGS.items():
        if change is None and name != "directive_original":
            answer = client.get(reverse(name, args=[keys[kind]]))
            assert answer.status_code == 200
            assert f'lang="{language}"' in answer.content.decode()
    for name in LISTS:
        assert client.get(reverse(name)).status_code == 200


def test_no_page_loosens_the_content_policy(world) -> None:
    answer = _client(None, Role.ADMINISTRATOR).get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_change_without_its_token_is_refused(world) -> None:
    client = _client(world["ours"], Role.WATCH_LEAD)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    address = reverse("watch_close", args=[world["keys"][world["ours"]]["watch"]])
    assert strict.post(address, {"note": "x"}).status_code == 403
    assert Watch.objects.filter(state="open").count() == 3
