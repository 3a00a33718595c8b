"""Vigil's side of the TAXII benchmark: a database of its own, indicators by the public actions, one granian worker."""

import os
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from tools.bench.processes import Served, free_port

ROOT = Path(__file__).resolve().parents[2]


def indicators(first: int, count: int) -> Iterator[dict[str, Any]]:
    """Fictional indicators, numbered."""
    from tests.stix import indicator

    return (indicator(n) for n in range(first, first + count))


class Vigil:
    """A Vigil in `folder`, on SQLite or on the PostgreSQL that `database` names."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self._folder = folder
        self._env = {
            **os.environ,
            "VIGIL_DATA": str(folder),
            "VIGIL_DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "vigil.project.settings",
            "PYTHONPATH": str(ROOT / "src"),
        }
        os.environ.update(self._env)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        self._make_peer()

    def _make_peer(self) -> None:
        from vigil.domain.exchange.actions.collections import collections_for
        from vigil.domain.exchange.actions.tokens import issue_token
        from vigil.domain.exchange.models import Peer, PeerSide, PeerState
        from vigil.domain.organisations.actions.tree import save_organisation
        from vigil.domain.organisations.models import Organisation
        from vigil.kernel import clock
        from vigil.kernel.actors import Actor

        actor, now = Actor("cli", "bench"), clock.now()
        organisation = Organisation(name="Bộ Thử nghiệm")
        save_organisation(organisation=organisation, actor=actor, now=now)
        peer = Peer.objects.create(
            organisation=organisation,
            name=organisation.name,
            side=PeerSide.BELOW,
            state=PeerState.ACTIVE,
            created_at=now,
        )
        self.collection = collections_for(peer=peer, actor=actor, now=now)["indicators"]
        self.token = issue_token(peer=peer, actor=actor, now=now, lasts=timedelta(days=1))
        self._actor = actor

    def load(self, first: int, count: int) -> float:
        """Publish indicators; returns seconds."""
        from vigil.domain.exchange.actions.items import publish_all
        from vigil.kernel import clock
        from vigil.kernel.tlp import Tlp

        began = time.perf_counter()
        publish_all(
            collection=self.collection,
            objects=indicators(first, count),
            tlp=Tlp.GREEN,
            actor=self._actor,
            now=clock.now(),
        )
        return time.perf_counter() - began

    def serve(self, threads: int = 8) -> tuple[Served, int]:
        """As `vigil serve` starts it: granian, WSGI, one worker."""
        port = free_port()
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
            "--workers", "1", "--blocking-threads", str(threads), "--no-ws", "--log-level", "error",
            "vigil.project.wsgi:application",
        ]  # fmt: skip
        return Served(command, port, env=self._env, log=self._folder / "granian.log"), port

    def path(self, query: str = "?limit=100") -> str:
        """Of the collection's objects."""
        return f"/taxii2/vigil/collections/{self.collection.uuid}/objects/{query}"

    def tip(self) -> str:
        """`added_after` of the last object there is."""
        from vigil.domain.exchange.instants import write_instant

        self.collection.refresh_from_db()
        return write_instant(self.collection.last_added)

    def queries(self, limit: int) -> int:
        """How many queries one page of `limit` costs."""
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as asked:
            answer = Client().get(self.path(f"?limit={limit}"), HTTP_AUTHORIZATION=f"Bearer {self.token}")
        if answer.status_code != 200 or len(answer.json()["objects"]) != limit:
            raise RuntimeError("a page is not what it should be")
        return len(asked)
