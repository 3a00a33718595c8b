"""Syslog over TCP and TLS. There is no acknowledgement: where the disk does not keep up, nothing is read on.

Source: RFC 6587, RFC 5425. What the other side has sent and this one has not read stays in the two kernels and in the
sender's queue; what was read and not yet written is lost with the process, as in every syslog without acknowledgements.
"""

import asyncio
import contextlib
import socket
import ssl
from collections import Counter
from typing import Final
from weakref import WeakSet

from vigil.adapters.receivers.framing import Framer
from vigil.adapters.receivers.intake import Intake
from vigil.adapters.receivers.listening import plain_address, sender_of
from vigil.adapters.spool import SpoolClosed

_READ: Final = 256 * 1024
_HANDSHAKE_S: Final = 15.0
_ROUNDS: Final = 3
_FAREWELL_S: Final = 0.05  # in which sockets are closed by the loop, and handshakes that fail have failed
_KEEPALIVE: Final = ((socket.TCP_KEEPIDLE, 120), (socket.TCP_KEEPINTVL, 30), (socket.TCP_KEEPCNT, 4))


class StreamListener:
    """One listening port and its connections."""

    def __init__(
        self, name: str, intake: Intake, *, most_record_bytes: int, most_connections: int, most_of_one: int
    ) -> None:
        self._name, self._intake = name, intake
        self._most, self._most_connections, self._most_of_one = most_record_bytes, most_connections, most_of_one
        self._of_one: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: WeakSet[asyncio.WriteTransport] = WeakSet()  # those of the past are forgotten
        self._server: asyncio.Server | None = None
        self._stopped = False

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None) -> int:
        """The port. Raises: OSError."""
        self._server = await asyncio.start_server(
            self._connected,
            host,
            port,
            ssl=tls,
            ssl_handshake_timeout=_HANDSHAKE_S if tls else None,
            limit=_READ,
            backlog=256,
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the port and the connections; what was read and is being written is waited for, for a moment."""
        self._stopped = True
        if self._server is not None:
            await close_quietly(self._server)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for transport in list(self._open):  # a TLS client that does not answer the farewell keeps its socket otherwise
            transport.abort()
        await asyncio.sleep(_FAREWELL_S)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if self._stopped:  # it came in while the port was being closed
            writer.transport.abort()
            return
        peer = writer.get_extra_info("peername")
        address = plain_address(peer[0]) if peer else ""
        sender = sender_of(address)
        many, of_one = len(self._tasks), self._of_one[sender]
        if task is None or many >= self._most_connections or of_one >= self._most_of_one:
            why = (
                f"{many} connections are open"
                if of_one < self._most_of_one
                else f"{of_one} connections of one address are open"
            )
            self._intake.tally.refuse(self._name, None, f"{why}: {address}")
            writer.transport.abort()
            return
        self._of_one[sender] += 1
        self._tasks.add(task)
        self._open.add(writer.transport)
        framer = Framer(self._most)
        try:
            _keep_alive(writer)
            while data := await reader.read(_READ):
                records = framer.feed(data)
                await self._faults(framer, address)
                if records:
                    await self._intake.syslog(self._name, address, records)
            framer.end()
            await self._faults(framer, address)
        except (OSError, SpoolClosed):  # a reset, or broken TLS (an OSError too)
            framer.end()
            await self._faults(framer, address)
        except asyncio.CancelledError:  # the receivers stop; the streams module would complain
            pass
        finally:
            self._tasks.discard(task)
            self._of_one[sender] -= 1
            if not self._of_one[sender]:
                del self._of_one[sender]
            with contextlib.suppress(OSError):
                writer.close()

    async def _faults(self, framer: Framer, address: str) -> None:
        for why, sample in framer.faults:
            source = await self._intake.whose(address, "")
            self._intake.tally.refuse(self._name, source, f"{address}: {why}", sample)
        framer.faults.clear()


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """A sender that vanished is noticed after four minutes, however silent a live one may be."""
    handle = writer.get_extra_info("socket")
    if handle is not None:
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE:
            handle.setsockopt(socket.IPPROTO_TCP, option, value)


async def close_quietly(server: asyncio.Server) -> None:
    """Close it when what it has accepted is made: a socket between the two would be nobody's, and is complained of."""
    for one in server.sockets:
        asyncio.get_running_loop().remove_reader(one.fileno())
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
    server.close()
