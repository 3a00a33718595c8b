"""From listeners to the spool: whose it is, then to disk, then counted; where the disk does not keep up, they wait."""

import asyncio
import re
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final, Protocol
from uuid import UUID

from vigil.adapters.receivers.door import Door, DoorClosed
from vigil.adapters.receivers.tally import Tally
from vigil.adapters.spool import MOST_FRAME_BYTES, Position, SpoolClosed, SpoolError, SpoolSlow
from vigil.kernel import clock

_HOST: Final = re.compile(
    rb"<\d{1,3}>(?:1 \S+ (\S{1,255})"  # RFC 5424
    rb"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (\S{1,255})"  # RFC 3164
    rb"|\d{4}-\d\d-\d\dT\S+ (\S{1,255})) "  # RFC 3164's order with RFC 3339's time, as rsyslog forwards
)
_SLOW_S: Final = 0.05
_FULL_S: Final = 0.5
_CLOSED_S: Final = 0.5
_FRAME: Final = 4 * 1024 * 1024


def host_of(record: bytes) -> str:
    """The host that a syslog record names; empty if it names none."""
    found = _HOST.match(record)
    name = next((group for group in found.groups() if group), b"") if found else b""
    return "" if name == b"-" else name.decode("utf-8", "replace")


class Spool(Protocol):
    """Where records go: a stream's writer, or several (adapters/spool)."""

    def submit(self, source: UUID, data: bytes, sender: str, received_at: float) -> Future[Position]:
        """As `SpoolWriter.submit`."""

    @property
    def refuses(self) -> str:
        """Why nothing is taken at present; empty if it is."""


class Intake:
    """What all listeners share."""

    def __init__(self, spool: Spool, door: Door, tally: Tally) -> None:
        self.spool, self.door, self.tally = spool, door, tally

    async def syslog(self, listener: str, address: str, records: Sequence[bytes]) -> None:
        """Take records of one sender. Returns when they are on disk, however long that takes: the sender is held."""
        known: dict[str, UUID | None] = {}
        lots: dict[UUID, list[bytes]] = {}
        for record in records:
            host = host_of(record)
            if host not in known:
                known[host] = await self.whose(address, host)
            source = known[host]
            if source is None:
                self.tally.refuse(listener, None, f"nobody's: {address} {host}".rstrip(), record)
            else:
                lots.setdefault(source, []).append(record)
        for source, lot in lots.items():
            await self._held(listener, source, lot, address)

    async def whose(self, address: str, host: str) -> UUID | None:
        """The source of a record of syslog; waits until somebody can tell."""
        while True:
            try:
                return await self.door.by_address(address, host)
            except DoorClosed:
                await asyncio.sleep(_CLOSED_S)

    async def _held(self, listener: str, source: UUID, records: list[bytes], sender: str) -> None:
        for lot in in_frames(records):
            while True:
                try:
                    await self._written(listener, source, lot, sender)
                except SpoolClosed:
                    raise
                except SpoolSlow:
                    await asyncio.sleep(_SLOW_S)
                except SpoolError:
                    await asyncio.sleep(_FULL_S)
                else:
                    break

    async def take(self, listener: str, source: UUID, records: list[bytes], sender: str, patience_s: float) -> None:
        """Take records of a request; on disk when it returns.

        Raises: SpoolSlow where the queue stays full for `patience_s`, SpoolFull: then some may be in the spool, none
        is acknowledged.
        """
        until = asyncio.get_running_loop().time() + patience_s
        for lot in in_frames(records):
            while True:
                try:
                    await self._written(listener, source, lot, sender)
                    break
                except SpoolSlow:
                    if asyncio.get_running_loop().time() >= until:
                        raise
                    await asyncio.sleep(_SLOW_S)

    async def _written(self, listener: str, source: UUID, records: list[bytes], sender: str) -> None:
        data, at = b"\n".join(records), clock.now().timestamp()
        await asyncio.wrap_future(self.spool.submit(source, data, sender, at))
        self.tally.took(listener, source, len(records), len(data), at)


def in_frames(records: list[bytes]) -> list[list[bytes]]:
    """The records in lots that a frame can hold. None is longer than a frame: listeners bound them below that."""
    lots: list[list[bytes]] = []
    size = MOST_FRAME_BYTES
    for record in records:
        if size + len(record) > _FRAME:
            lots.append([])
            size = 0
        lots[-1].append(record)
        size += len(record) + 1
    return lots
