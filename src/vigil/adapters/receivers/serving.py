"""All listeners together: started from one set of ports, each on its own; one that cannot start stops no other."""

import logging
from typing import Protocol

from vigil.adapters.receivers.door import Door
from vigil.adapters.receivers.http_server import HttpListener
from vigil.adapters.receivers.intake import Intake, Spool
from vigil.adapters.receivers.listening import ANY, LISTENERS, Listening, tls_context
from vigil.adapters.receivers.syslog_streams import StreamListener
from vigil.adapters.receivers.syslog_udp import UdpListener
from vigil.adapters.receivers.tally import Tally

log = logging.getLogger(__name__)
_TLS = ("syslog_tls", "https")


class _Stops(Protocol):
    async def stop(self) -> None: ...


class Receivers:
    """The listeners of a process, in its running loop. Start once, stop once; close the spool after that.

    `ports`: where each listens. `troubles`: why one does not.
    """

    def __init__(self, listening: Listening, spool: Spool, door: Door, tally: Tally) -> None:
        self._listening = listening
        self._intake = Intake(spool, door, tally)
        self._running: list[_Stops] = []
        self.ports: dict[str, int] = {}
        self.troubles: dict[str, str] = {}

    async def start(self) -> None:
        """Start what has a port. What cannot start is in `troubles`, and in the log."""
        for name in LISTENERS:
            if port := self._listening.port(name):
                await self._start(name, port)

    async def _start(self, name: str, port: int, told: str = "") -> None:
        try:
            self.ports[name] = await self._started(name, 0 if port == ANY else port)
        except (OSError, ValueError) as error:
            self.troubles[name] = f"{name} cannot listen on {self._listening.host} port {port}: {error}"
            if self.troubles[name] != told:
                log.error("%s", self.troubles[name])

    async def retry(self) -> None:
        """Start what could not be started before."""
        self.troubles, before = {}, self.troubles
        for name in before:
            await self._start(name, self._listening.port(name), told=before[name])

    async def stop(self) -> None:
        """Close the ports and the connections."""
        while self._running:
            await self._running.pop().stop()

    async def _started(self, name: str, port: int) -> int:
        asked = self._listening
        tls = tls_context(asked) if name in _TLS else None
        if name == "syslog_udp":
            udp = UdpListener(name, self._intake, receive_buffer_bytes=asked.receive_buffer_bytes)
            self._running.append(udp)
            return await udp.start(asked.host, port)
        listener: StreamListener | HttpListener
        if name.startswith("http"):
            listener = HttpListener(name, self._intake, asked)
        else:
            listener = StreamListener(
                name,
                self._intake,
                most_record_bytes=asked.most_record_bytes,
                most_connections=asked.most_connections,
                most_of_one=asked.most_connections_of_one,
            )
        self._running.append(listener)
        return await listener.start(asked.host, port, tls)
