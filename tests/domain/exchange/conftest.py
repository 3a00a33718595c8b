"""The exchange's tests: an authority's peers, its collections, and STIX objects of our own fiction."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from vigil.domain.exchange.models import Peer, PeerSide, PeerState
from vigil.domain.organisations.models import Organisation
from vigil.kernel.tlp import Tlp


@pytest.fixture
def peer_of(organisation_of: Callable[..., Organisation], now: datetime) -> Callable[..., Peer]:
    def make(name: str, ceiling: Tlp = Tlp.AMBER_STRICT, **fields: Any) -> Peer:
        return Peer.objects.create(
            organisation=organisation_of(name),
            name=name,
            created_at=now,
            tlp_ceiling=ceiling.rank,
            **{"side": PeerSide.BELOW, "state": PeerState.ACTIVE, **fields},
        )

    return make


@pytest.fixture
def ministry(peer_of: Callable[..., Peer]) -> Peer:
    return peer_of("Bộ Thử nghiệm")


@pytest.fixture
def bank(peer_of: Callable[..., Peer]) -> Peer:
    return peer_of("Ngân hàng Thử nghiệm")
