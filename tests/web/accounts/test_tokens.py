"""One's own tokens: shown once, never wider than oneself, never another's."""

import pytest
from django.test import Client
from django.urls import reverse
from tests.web.rooms import ACTOR, client_of, organisation

from vigil.domain.accounts.models import ApiToken, Role, User
from vigil.domain.accounts.tokens import make_token, token_of
from vigil.domain.journal.models import Entry
from vigil.faces.web.accounts.tokens import urlpatterns
from vigil.kernel import clock
from vigil.kernel.errors import VigilError

pytestmark = pytest.mark.django_db
FIELDS = {"name": "giám sát", "scopes": ["view"], "days": "30"}


def test_every_address_has_a_case_here() -> None:
    assert {pattern.name for pattern in urlpatterns} == {"tokens", "token_revoke"}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_token_is_shown_once_works_and_is_revoked(language) -> None:
    client = client_of(organisation("Nhà-Ta"), Role.WATCH_LEAD, language)
    answer = client.post(reverse("tokens"), FIELDS)
    secret = answer.context["fresh"].secret
    assert secret in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    page = client.get(reverse("tokens")).content.decode()
    assert "giám sát" in page
    assert secret not in page
    assert " style=" not in page
    assert secret not in str(list(Entry.objects.values_list("facts", "personal__content")))
    call = {"headers": {"Authorization": f"Bearer {secret}"}}
    assert Client().get("/api/v1/watches", **call).status_code == 200
    assert client.post(reverse("token_revoke", args=[ApiToken.objects.get().pk])).status_code == 302
    assert Client().get("/api/v1/watches", **call).status_code == 401
    told = set(Entry.objects.filter(action__startswith="account.token").values_list("action", flat=True))
    assert told == {"account.token_made", "account.token_revoked"}


@pytest.mark.parametrize(
    "change", [{"scopes": ["accounts.manage"]}, {"scopes": ["king"]}, {"scopes": []}, {"days": "367"}, {"name": " "}]
)
def test_a_token_wider_than_its_user_is_not_made(change) -> None:
    client = client_of(organisation("Nhà-Ta"), Role.WATCH_LEAD)
    assert client.post(reverse("tokens"), FIELDS | change).status_code == 422
    assert client.post(reverse("tokens"), FIELDS | {"organisation": str(organisation("Họ").pk)}).status_code == 422
    assert not ApiToken.objects.exists()


def test_an_action_refuses_what_the_form_would_not_offer() -> None:
    client_of(organisation("Nhà-Ta"), Role.VIEWER)
    user = User.objects.get()
    for scopes, code in ((["journal.read"], "token.too_wide"), ([], "token.no_scope"), (["x"], "token.no_scope")):
        with pytest.raises(VigilError) as refused:
            make_token(user=user, name="x", scopes=scopes, organisation=None, days=1, actor=ACTOR, now=clock.now())
        assert refused.value.code == code


def test_an_expired_token_is_no_token() -> None:
    client_of(organisation("Nhà-Ta"), Role.VIEWER)
    now = clock.now()
    made = make_token(
        user=User.objects.get(), name="x", scopes=["view"], organisation=None, days=1, actor=ACTOR, now=now
    )
    assert token_of(made.secret, now) == made.token
    assert token_of(made.secret, made.token.expires_at) is None


def test_another_s_token_is_not_there() -> None:
    home = organisation("Nhà-Ta")
    client_of(home, Role.VIEWER)
    made = make_token(
        user=User.objects.get(), name="riêng của An", scopes=["view"], organisation=None, days=1, actor=ACTOR,
        now=clock.now(),
    )  # fmt: skip
    other = client_of(home, Role.WATCH_LEAD)
    assert "riêng của An" not in other.get(reverse("tokens")).content.decode()
    assert other.post(reverse("token_revoke", args=[made.token.pk])).status_code == 404
    assert Client().get(reverse("tokens")).status_code == 302
    assert ApiToken.objects.get().revoked_at is None
