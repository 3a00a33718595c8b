"""Whose a record is that comes in: told by a token, or by the sender's address and the host's name.

A receiver asks for every connection and every datagram, so the answers lie in memory. Every two seconds it is looked
whether one changed, and now and then they are read anew whatever was said. Who is not known is registered; who cannot
be (too many, nobody's) is asked about again two seconds later.
"""

import ipaddress
import threading
import time
from collections import defaultdict
from typing import Final
from uuid import UUID

from vigil.domain.detection.actions.sources import digest, find_source, normal_name
from vigil.domain.detection.models import LogSource, RuleBook
from vigil.kernel import clock
from vigil.kernel.actors import Actor, worker

FRESH_S: Final = 2.0
_ANEW_S: Final = 300.0


class Door:
    """May be asked from several threads, none of which runs an event loop. Raises: DatabaseError."""

    def __init__(self, actor: Actor | None = None) -> None:
        self._actor = actor or worker("receiver")
        self._lock = threading.Lock()
        self._asked_at = self._read_at = float("-inf")
        self._version = -1
        self._tokens: dict[str, UUID] = {}
        self._networks: dict[tuple[int, int], dict[int, dict[str, UUID]]] = {}
        self._hosts: dict[str, UUID] = {}
        self._full = False

    def by_token(self, token: str) -> UUID | None:
        """The source that this token is for."""
        with self._lock:
            self._refresh()
            return self._tokens.get(digest(token))

    def by_address(self, address: str, host: str = "") -> UUID | None:
        """The source of the most specific network that holds `address`, there the one that names `host`; by the host
        alone where no network is known; else a new one. None: `address` is none, or no more are registered.
        """
        name = normal_name(host)
        try:
            asked = ipaddress.ip_address(address)
        except ValueError:
            return None
        if isinstance(asked, ipaddress.IPv6Address) and asked.ipv4_mapped is not None:
            asked = asked.ipv4_mapped
        with self._lock:
            self._refresh()
            known = self._known(asked, name)
            if known is not None or self._full:
                return known
            made = find_source(address=str(asked), host=name, actor=self._actor, now=clock.now())
            if made is None:
                self._full = True  # whoever else comes: a flood of names is not a flood of questions
                return None
            self._add(made.address, made.host, made.pk)
            return made.pk

    def _known(self, asked: ipaddress.IPv4Address | ipaddress.IPv6Address, name: str) -> UUID | None:
        number, most = int(asked), asked.max_prefixlen
        for (version, bits), networks in self._networks.items():  # the narrowest first
            hosts = networks.get(number >> bits) if version == asked.version and bits <= most else None
            if hosts:
                found = hosts.get(name) or hosts.get("")
                if found is not None:
                    return found
        return self._hosts.get(name) if name else None

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._asked_at < FRESH_S:
            return
        version = RuleBook.objects.filter(pk=1).values_list("sources", flat=True).first() or 0
        self._full = False
        if version != self._version or now - self._read_at >= _ANEW_S:
            self._read()
            self._version, self._read_at = version, now
        self._asked_at = now

    def _read(self) -> None:
        rows = list(
            LogSource.objects.filter(retired_at=None).values_list("pk", "address", "host", "token_digest")
        )  # raises before anything is forgotten
        self._tokens, self._networks, self._hosts = {}, {}, {}
        for pk, address, host, token in rows:
            if token:
                self._tokens[token] = pk
            self._add(address, host, pk)

    def _add(self, address: str, host: str, pk: UUID) -> None:
        if not address:
            if host:
                self._hosts.setdefault(host, pk)
            return
        network = ipaddress.ip_network(address)
        bits = network.max_prefixlen - network.prefixlen
        if (network.version, bits) not in self._networks:
            self._networks[network.version, bits] = defaultdict(dict)
            self._networks = dict(sorted(self._networks.items(), key=lambda item: item[0][1]))
        self._networks[network.version, bits][int(network.network_address) >> bits].setdefault(host, pk)
