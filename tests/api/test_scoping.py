"""Over every operation: nobody gets in without a token; what is others' is not there; scopes and roles are held."""

from functools import cache

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.api.conftest import Api, caller_with
from vigil.domain.directives.models import Directive, Watch
from vigil.domain.estate.models import InformationSystem
from vigil.domain.organisations.models import ContactPoint, Person
from vigil.faces.api.server import api

pytestmark = pytest.mark.django_db
CHANNELS = [{"kind": "email", "value": "truc@donvi.example"}]

# operation -> (path with the key of what it takes, its scope)
LISTS = {
    "list_organisations": ("/organisations", "view", "organisation"),
    "list_people": ("/people", "people.read", "person"),
    "list_contact_points": ("/contact-points", "view", "contact"),
    "list_systems": ("/systems", "view", "system"),
    "list_edge_devices": ("/edge-devices", "view", "device"),
    "list_dispatches": ("/dispatches", "view", "dispatch"),
    "list_directives": ("/directives", "view", "directive"),
    "list_watches": ("/watches", "view", "watch"),
    "list_assignments": ("/assignments", "view", "assignment"),
    "list_campaigns": ("/campaigns", "view", "campaign"),
    "list_recipients": ("/recipients", "view", "recipient"),
    "list_receipts": ("/receipts", "view", "receipt"),
    "list_drills": ("/drills", "view", "drill"),
    "list_links": ("/links", "view", "peer"),
}
ONES = {
    name.replace("list_", "get_").replace("people", "person").replace("dispatches", "dispatch").rstrip("s"): row
    for name, row in LISTS.items()
}
ONES["get_watch"] = ONES.pop("get_watche")
# operation -> (method, path, body), {key}s of what it takes
WRITES = {
    "create_person": ("POST", "/people", {"organisation": "{organisation}", "name": "An"}, "contacts.edit"),
    "update_person": ("PATCH", "/people/{person}", {"name": "Bình"}, "contacts.edit"),
    "create_contact_point": (
        "POST",
        "/contact-points",
        {"organisation": "{organisation}", "label": "Trực", "channels": CHANNELS},
        "contacts.edit",
    ),
    "update_contact_point": ("PATCH", "/contact-points/{contact}", {"label": "Trực đêm"}, "contacts.edit"),
    "create_system": ("POST", "/systems", {"organisation": "{organisation}", "name": "Cổng mới"}, "estate.edit"),
    "update_system": ("PATCH", "/systems/{system}", {"level": 5}, "estate.edit"),
    "receive_dispatch": ("POST", "/dispatches", None, "dispatches.import"),
    "plan_watch": (
        "POST",
        "/watches",
        {"directive": "{directive}", "first_day": "2026-04-30", "last_day": "2026-05-01"},
        "watches.manage",
    ),
    "open_watch": ("POST", "/watches/{watch}/open", {}, "watches.manage"),
    "close_watch": ("POST", "/watches/{watch}/close", {"note": "xong"}, "watches.manage"),
    "answer_directive": ("POST", "/recipients/{recipient}/answer", {"kind": "read"}, "received.answer"),
    "state_obligation": (
        "POST",
        "/recipients/{recipient}/statements",
        {"assignment": "{assignment}", "verdict": "met", "text": "Đã trực"},
        "received.answer",
    ),
}
OTHERS = {"board_of_watch", "list_journal"}


@cache
def _operations() -> dict[str, tuple[str, str]]:
    paths = api.get_openapi_schema(path_prefix="/api/v1/")["paths"]
    return {
        operation["operationId"]: (method, path)
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def _do(caller: Api, name: str, keys: dict):
    method, path, body, _scope = WRITES[name]
    path = path.format(**keys)
    if body is None:
        file = SimpleUploadedFile("moi.txt", "BỘ MẪU\nSố: 9/BM-TT\nV/v mới\nKính gửi: Các Bộ.\n1. Trực.\n./.".encode())
        return caller(method, path, {"file": file, "organisation": str(keys["organisation"])}, content_type=_MULTIPART)
    return caller(method, path, {k: v.format(**keys) if isinstance(v, str) else v for k, v in body.items()})


from django.test.client import MULTIPART_CONTENT as _MULTIPART  # noqa: E402


def _count() -> tuple:
    return (
        Directive.objects.count(),
        sorted(Person.objects.values_list("name", flat=True)),
        sorted(ContactPoint.objects.values_list("label", flat=True)),
        sorted(InformationSystem.objects.values_list("name", "level")),
        sorted(Watch.objects.values_list("pk", "state")),
    )


def test_every_operation_has_a_case_here() -> None:
    assert set(_operations()) == {*LISTS, *ONES, *WRITES, *OTHERS}


@pytest.mark.parametrize("name", sorted({*LISTS, *ONES, *WRITES, *OTHERS}))
def test_nobody_gets_in_without_a_good_token_and_no_cookie_counts(world, name) -> None:
    method, path = _operations()[name]
    path = path.replace("{pk}", str(world["ours"]["watch"]))
    signed_in = Client()
    signed_in.force_login(
        caller_with("administrator", None).user, backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    for client, headers in ((Client(), {}), (Client(), {"Authorization": "Bearer vigil_x"}), (signed_in, {})):
        answer = getattr(client, method)(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "token.unknown")
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("name", sorted(LISTS))
@pytest.mark.parametrize("how", [{}, {"changed_after": "start"}])
def test_a_list_holds_ours_and_what_lies_under_us_alone(world, name, how) -> None:
    path, _scope, kind = LISTS[name]
    ids = caller_with("watch_lead", world["ours"]["owner"]).ids(path, **how, limit=500)
    assert str(world["ours"][kind]) in ids
    assert str(world["under"][kind]) in ids
    assert str(world["theirs"][kind]) not in ids


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_token_narrowed_to_one_organisation_reaches_that_alone(world, name) -> None:
    path, _scope, kind = LISTS[name]
    caller = caller_with("administrator", None, narrowed=world["under"]["owner"])
    ids = caller.ids(path, limit=500)
    assert str(world["under"][kind]) in ids
    assert not {str(world["ours"][kind]), str(world["theirs"][kind])} & ids


@pytest.mark.parametrize("name", sorted(ONES))
def test_one_of_ours_is_there_and_one_of_theirs_is_not(world, name) -> None:
    path, _scope, kind = ONES[name]
    caller = caller_with("watch_lead", world["ours"]["owner"])
    assert caller.get(f"{path}/{world['ours'][kind]}").json()["id"] == str(world["ours"][kind])
    answer = caller.get(f"{path}/{world['theirs'][kind]}")
    assert (answer.status_code, answer.json()["code"]) == (404, "page.not_found")


@pytest.mark.parametrize("name", sorted({*LISTS, *ONES}))
def test_reading_needs_its_scope(world, name) -> None:
    path, scope, kind = {**LISTS, **ONES}[name]
    other = "view" if scope != "view" else "journal.read"
    caller = caller_with("administrator", None, scopes=[other])
    path = path if name in LISTS else f"{path}/{world['ours'][kind]}"
    assert (caller.get(path).status_code, caller.get(path).json()["code"]) == (403, "token.scope")


@pytest.mark.parametrize("name", sorted(WRITES))
def test_nothing_of_theirs_is_written(world, name) -> None:
    caller, before = caller_with("administrator", world["ours"]["owner"]), _count()
    answer = _do(caller, name, world["theirs"])
    assert (answer.status_code, answer.json()["code"]) == (404, "page.not_found")
    assert _count() == before


@pytest.mark.parametrize("name", sorted(WRITES))
def test_a_viewer_and_a_token_without_the_scope_write_nothing(world, name) -> None:
    before = _count()
    scopes = [s for s in ("view", "people.read", "contacts.edit", "estate.edit") if s != WRITES[name][3]]
    without = caller_with("administrator", None, scopes=scopes)
    assert _do(without, name, world["ours"]).json()["code"] == "token.scope"
    viewer = caller_with("viewer", world["ours"]["owner"])
    assert _do(viewer, name, world["ours"]).status_code == 403
    assert _count() == before


@pytest.mark.parametrize("name", sorted(WRITES))
def test_who_may_writes(world, name) -> None:
    caller = caller_with("administrator", world["ours"]["owner"])
    answer = _do(caller, name, world["ours"])
    expected = {"open_watch": 409, "plan_watch": 409}.get(name, 201 if WRITES[name][0] == "POST" else 200)
    if name in ("close_watch", "answer_directive", "state_obligation"):
        expected = 200
    assert answer.status_code == expected, answer.content


def test_the_board_and_the_journal_are_ours_alone(world) -> None:
    caller = caller_with("watch_lead", world["ours"]["owner"])
    board = caller.get(f"/watches/{world['ours']['watch']}/board").json()["items"]
    assert {row["watch"] for row in board} == {str(world["ours"]["watch"])}
    assert all(row["proof"]["basis"] == "measured" and row["proof"]["valid_until"] for row in board if row["applies"])
    assert caller.get(f"/watches/{world['theirs']['watch']}/board").status_code == 404
    entries = caller.get("/journal", limit=500).json()["items"]
    owners = {entry["organisation"] for entry in entries}
    assert owners <= {str(world["ours"]["organisation"]), str(world["under"]["organisation"])}
    assert owners
    assert caller_with("viewer", world["ours"]["owner"], name="v").get("/journal").status_code == 403


def test_a_role_that_is_taken_away_is_taken_from_the_token_too(world) -> None:
    caller = caller_with("watch_lead", world["ours"]["owner"])
    assert caller.ids("/watches")
    caller.user.grants.all().delete()
    assert not caller.ids("/watches")
    caller.user.is_active = False
    caller.user.save()
    assert caller.get("/watches").status_code == 401
