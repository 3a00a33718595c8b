"""Syslog over UDP: each datagram a record. What the kernel had to drop is counted as refused.

Source: RFC 5426. While the disk does not keep up nothing is read: the kernel's buffer holds what it can.
"""

import asyncio
import contextlib
import logging
import socket
import struct
from typing import Final

from vigil.adapters.receivers.framing import one_line
from vigil.adapters.receivers.intake import Intake
from vigil.adapters.receivers.listening import plain_address
from vigil.adapters.spool import SpoolClosed

log = logging.getLogger(__name__)
_MOST_DATAGRAM: Final = 65536
_MOST_AT_ONCE: Final = 2000
_MOST_BYTES: Final = 2 * 1024 * 1024
_SO_RCVBUFFORCE: Final = 33
_SO_RXQ_OVFL: Final = 40
_COUNT: Final = struct.Struct("=I")


class UdpListener:
    """One UDP port."""

    def __init__(self, name: str, intake: Intake, *, receive_buffer_bytes: int) -> None:
        self._name, self._intake, self._buffer = name, intake, receive_buffer_bytes
        self._dropped = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> int:
        """The port. Raises: OSError."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, where = found[0]
        handle = socket.socket(family, kind, protocol)
        try:
            handle.setblocking(False)
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer)
            with contextlib.suppress(OSError):  # beyond the system's bound, which takes a privilege
                handle.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, self._buffer)
            handle.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
            handle.bind(where)
        except OSError:
            handle.close()
            raise
        self._task = asyncio.create_task(self._run(handle))
        return int(handle.getsockname()[1])

    async def stop(self) -> None:
        """Close the port."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, handle: socket.socket) -> None:
        ready = asyncio.Event()
        loop = asyncio.get_running_loop()
        try:
            while True:
                lots = self._received(handle)
                if not lots:
                    ready.clear()
                    loop.add_reader(handle, ready.set)
                    await ready.wait()
                    loop.remove_reader(handle)
                    continue
                work = [self._intake.syslog(self._name, address, records) for address, records in lots.items()]
                for fault in await asyncio.gather(*work, return_exceptions=True):
                    if isinstance(fault, SpoolClosed):
                        raise fault
                    if isinstance(fault, Exception):  # of one sender; the port stays open for all others
                        log.error("%s: %r", self._name, fault)
                        self._intake.tally.refuse(self._name, None, f"not taken: {type(fault).__name__}")
        except SpoolClosed:
            pass
        finally:
            loop.remove_reader(handle)
            handle.close()

    def _received(self, handle: socket.socket) -> dict[str, list[bytes]]:
        """What waits in the kernel, by sender."""
        lots: dict[str, list[bytes]] = {}
        size = 0
        for _ in range(_MOST_AT_ONCE):
            try:
                data, extra, _, peer = handle.recvmsg(_MOST_DATAGRAM, socket.CMSG_SPACE(_COUNT.size))
            except BlockingIOError:
                break
            except OSError:  # an ICMP answer to something; the socket is as good as before
                continue
            address = plain_address(peer[0])
            for _, kind, value in extra:
                if kind == _SO_RXQ_OVFL:
                    self._count_dropped(_COUNT.unpack(value[: _COUNT.size])[0])
            if record := one_line(data):
                lots.setdefault(address, []).append(record)
            size += len(data)
            if size >= _MOST_BYTES:
                break
        return lots

    def _count_dropped(self, total: int) -> None:
        many = (total - self._dropped) % 2**32
        if many:
            self._dropped = total
            self._intake.tally.refuse(self._name, None, "dropped by the kernel: more came than was read", many=many)
