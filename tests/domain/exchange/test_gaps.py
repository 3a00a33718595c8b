"""Whoever polls with `added_after` while others write misses nothing and gets nothing twice."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection
from tests.stix import indicator

from vigil.domain.exchange.actions.collections import collections_for
from vigil.domain.exchange.actions.items import publish
from vigil.domain.exchange.actions.tokens import issue_token
from vigil.domain.exchange.models import Peer, PeerSide, PeerState
from vigil.domain.exchange.queries.access import access_of
from vigil.domain.exchange.queries.pages import Wanted, page_of
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.tlp import Tlp

WRITERS, TIMES, EACH = 4, 12, 5
LEAD = Actor("worker", "test", "test")


@pytest.mark.django_db(transaction=True)
def test_a_poller_sees_every_object_once_in_order_while_four_write() -> None:
    now = datetime(2022, 4, 29, 3, tzinfo=UTC)
    organisation = Organisation(name="Bộ Thử nghiệm")
    save_organisation(organisation=organisation, actor=LEAD, now=now)
    peer = Peer.objects.create(
        organisation=organisation, name="x", side=PeerSide.BELOW, state=PeerState.ACTIVE, created_at=now
    )
    collection = collections_for(peer=peer, actor=LEAD, now=now)["indicators"]
    token = issue_token(peer=peer, actor=LEAD, now=clock.now())
    reach = access_of(token, clock.now(), collection.uuid).reach
    faults: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            for turn in range(TIMES):
                first = (writer * TIMES + turn) * EACH
                objects = [indicator(n) for n in range(first, first + EACH)]
                publish(collection=collection, objects=objects, tlp=Tlp.GREEN, actor=LEAD, now=clock.now())
        except Exception as fault:  # noqa: BLE001 - it is told below
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    seen: list[str] = []
    after = -1
    while True:
        writing = any(thread.is_alive() for thread in threads)
        page = page_of(reach, Wanted(limit=7, after=after), ("stix_id",))
        seen += [row[1] for row in page.rows]
        after = page.rows[-1][0] if page.rows else after
        if not writing and not page.rows:
            break
    assert not faults
    assert len(seen) == len(set(seen)) == WRITERS * TIMES * EACH
