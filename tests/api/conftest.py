"""A world with one of everything for us, for those under us and for others; and a way to call the API with a token."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.test.utils import override_settings

from tests.web.rooms import ACTOR, furnished
from tests.worlds import kept
from vigil.domain.accounts.actions import create_user, grant
from vigil.domain.accounts.models import User
from vigil.domain.accounts.permissions import MATRIX
from vigil.domain.accounts.tokens import make_token
from vigil.domain.directives.actions.receive import receive_dispatch
from vigil.domain.directives.actions.review import confirm
from vigil.domain.directives.actions.watches import open_watch, plan_watch
from vigil.domain.directives.models import Campaign, Drill, Receipt, Recipient
from vigil.domain.exchange.models import Peer
from vigil.domain.journal.keys import signing_key
from vigil.domain.journal.sealer import seal
from vigil.domain.readiness.actions import prove_watch
from vigil.domain.readiness.provers import provers_by_kind
from vigil.faces.api import caller
from vigil.kernel import clock

QUICK = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TEXT = """BỘ MẪU
Số: {n}/BM-TT
V/v trực lễ {name}
Kính gửi: Các Bộ.
1. Trực 24/7 tại chỗ.
2. Cử đầu mối tiếp nhận thông tin.
Trân trọng./."""


@dataclass
class Api:
    """A caller with one token."""

    secret: str
    user: User | None = None

    def __call__(self, method: str, path: str, data=None, **more):
        if isinstance(data, dict) and "content_type" not in more and method != "GET":
            more["content_type"] = "application/json"
        headers = {"Authorization": f"Bearer {self.secret}", **more.pop("headers", {})}
        return getattr(Client(), method.lower())(f"/api/v1{path}", data, headers=headers, **more)

    def get(self, path: str, **query):
        return self("GET", path, query)

    def ids(self, path: str, **query) -> set[str]:
        return {item["id"] for item in self.get(path, **query).json()["items"]}


def caller_with(role: str, organisation, scopes=tuple(MATRIX), narrowed=None, name: str = "") -> Api:
    now = clock.now()
    user = create_user(
        username=name or f"{role}-{organisation and organisation.pk}", password="x", actor=ACTOR, now=now
    )
    grant(user=user, role=role, organisation=organisation, actor=ACTOR, now=now)
    held = [scope for scope in scopes if role in MATRIX[scope]]
    if organisation is not None:
        held = [scope for scope in held if scope]
    made = make_token(user=user, name="thử", scopes=held, organisation=narrowed, days=1, actor=ACTOR, now=now)
    return Api(made.secret, user)


def one_of_everything(name: str, n: int, originals, parent=None) -> dict:
    now = clock.now()
    room = furnished(name, parent)
    owner, keys = room.organisation, dict(room.keys)
    data = TEXT.format(n=n, name=name).encode()
    received = receive_dispatch(
        data=data, filename="cv.txt", organisation=owner, originals=originals, actor=ACTOR, now=now
    )
    directive = confirm(directive=received, version=1, actor=ACTOR, now=now)
    watch = plan_watch(directive=directive, first_day=clock.today(), last_day=clock.today(), actor=ACTOR, now=now)
    open_watch(watch=watch, actor=ACTOR, now=now)
    prove_watch(watch=watch, provers=provers_by_kind(), actor=ACTOR, now=now)
    campaign = Campaign.objects.create(
        organisation=owner, directive=directive, title=f"Đợt {name}", starts_at=now, ends_at=now + timedelta(1),
        created_at=now, state="sent",
    )  # fmt: skip
    recipient = Recipient.objects.create(
        campaign=campaign, organisation=owner, directive=directive, watch=watch, state="sent", sent_at=now
    )
    receipt = Receipt.objects.create(
        recipient=recipient, directive=directive, kind="delivered", basis="measured", at=now, received_at=now
    )
    drill = Drill.objects.create(campaign=campaign, started_at=now, answer_by_at=now)
    peer = Peer.objects.create(organisation=owner, name=f"Vigil {name}", side="above", created_at=now)
    return keys | {
        "owner": owner,
        "organisation": owner.pk,
        "dispatch": directive.dispatch_id,
        "directive": directive.pk,
        "watch": watch.pk,
        "assignment": watch.assignments.first().pk,
        "campaign": campaign.pk,
        "recipient": recipient.pk,
        "receipt": receipt.pk,
        "drill": drill.pk,
        "peer": peer.pk,
    }


@pytest.fixture(autouse=True)
def _light(settings, tmp_path) -> None:
    settings.PASSWORD_HASHERS = QUICK
    settings.VIGIL_ORIGINALS = tmp_path / "originals"
    settings.VIGIL_ORIGINALS.mkdir()
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    caller.TOKENS._seen.clear()
    caller.STRANGERS._seen.clear()


def make_world(settings, tmp_path) -> dict:
    originals = settings.VIGIL_ORIGINALS
    ours, theirs = one_of_everything("Ta", 1, originals), one_of_everything("Họ", 2, originals)
    under = one_of_everything("Dưới", 3, originals, ours["owner"])
    (tmp_path / "keys").mkdir()
    seal(key=signing_key(tmp_path / "keys"), folder=tmp_path / "journal", now=clock.now())
    return {"ours": ours, "theirs": theirs, "under": under}


@pytest.fixture(scope="module")
def _kept_world(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    originals = folder / "originals"
    originals.mkdir()

    def make() -> dict:
        with override_settings(VIGIL_ORIGINALS=originals, PASSWORD_HASHERS=QUICK):
            return make_world(settings, folder)

    with kept(django_db_blocker, make) as made:
        yield made, originals


@pytest.fixture
def world(settings, _kept_world, db) -> dict:
    made, settings.VIGIL_ORIGINALS = _kept_world
    return deepcopy(made)
