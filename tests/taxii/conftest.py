"""A client of the TAXII server: a peer with its collections, its token, and Django's test client."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from vigil.domain.exchange.actions.collections import collections_for
from vigil.domain.exchange.actions.items import publish
from vigil.domain.exchange.actions.tokens import issue_token
from vigil.domain.exchange.models import Collection, Item, Peer, PeerSide, PeerState
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.tlp import Tlp

MEDIA = "application/taxii+json;version=2.1"
ROOT = "/taxii2/vigil/"
NOW = datetime(2022, 4, 29, 3, 0, tzinfo=UTC)
LEAD = Actor("user", "00000000-0000-7000-8000-000000000001", "Nguyễn Thị Trưởng Ca")


@dataclass
class Caller:
    """A peer at its client."""

    peer: Peer
    collections: dict[str, Collection]
    token: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """One request with the token; `headers` as HTTP_ACCEPT etc., an empty one is not sent."""
        given = {"HTTP_AUTHORIZATION": f"Bearer {self.token}", "HTTP_ACCEPT": MEDIA, **headers}
        given = {name: value for name, value in given.items() if value}
        if body is None:
            return Client().generic(method, path, **given)
        return Client().generic(method, path, body, content_type=given.pop("CONTENT_TYPE", MEDIA), **given)

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.ask("GET", path, **headers)

    def at(self, alias: str, rest: str = "") -> str:
        return f"{ROOT}collections/{self.collections[alias].uuid}/{rest}"

    def objects(self, alias: str = "indicators", query: str = "") -> dict[str, Any]:
        answer = self.get(self.at(alias, f"objects/{query}"))
        assert answer.status_code == 200, answer.content
        return answer.json()


@pytest.fixture(autouse=True)
def _clock():
    with clock.frozen_at(NOW):
        yield


@pytest.fixture
def caller_of(db: None) -> Callable[..., Caller]:
    def make(name: str, ceiling: Tlp = Tlp.AMBER_STRICT) -> Caller:
        organisation = Organisation(name=name)
        save_organisation(organisation=organisation, actor=LEAD, now=NOW)
        peer = Peer.objects.create(
            organisation=organisation, name=name, created_at=NOW, side=PeerSide.BELOW, state=PeerState.ACTIVE,
            tlp_ceiling=ceiling.rank,
        )  # fmt: skip
        made = collections_for(peer=peer, actor=LEAD, now=NOW)
        return Caller(peer, made, issue_token(peer=peer, actor=LEAD, now=NOW))

    return make


@pytest.fixture
def ministry(caller_of: Callable[..., Caller]) -> Caller:
    return caller_of("Bộ Thử nghiệm")


@pytest.fixture
def bank(caller_of: Callable[..., Caller]) -> Caller:
    return caller_of("Ngân hàng Thử nghiệm")


@pytest.fixture
def published(db: None) -> Callable[..., list[Item]]:
    def put(collection: Collection, *objects: dict[str, Any], tlp: Tlp = Tlp.GREEN) -> list[Item]:
        return publish(collection=collection, objects=objects, tlp=tlp, actor=LEAD, now=clock.now())

    return put
