"""The port that shippers speak HTTP to: Elasticsearch's `_bulk` and Splunk's HTTP Event Collector.

The answer goes out when all of the request is on disk. A request that is cut off leaves nothing; one that is refused
for want of room is to be sent again, and what of it may already be on disk then comes twice, never not at all.
"""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar
from uuid import UUID

import aiohttp
import orjson
from aiohttp import web

from vigil.adapters.receivers import bulk, elastic, hec
from vigil.adapters.receivers.bodies import BodyRefused, body_of, unpacked
from vigil.adapters.receivers.door import DoorClosed
from vigil.adapters.receivers.intake import Intake
from vigil.adapters.receivers.listening import Listening, plain_address
from vigil.adapters.receivers.syslog_streams import close_quietly
from vigil.adapters.receivers.tokens import source_of
from vigil.adapters.spool import SpoolError, SpoolSlow

_HEAD_S: Final = 30.0  # within which a new connection says what it wants
_AT_WORK: Final = 4  # bodies that are unpacked and written at a time
_STOP_S: Final = 5.0
_LARGE: Final = 256 * 1024
_RETRY: Final = {"Retry-After": "5"}
_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="vigil"'}
_T = TypeVar("_T")
_Read = Callable[[bytes, Mapping[str, str], int], hec.Events]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class HttpListener:
    """One port, plain or TLS."""

    def __init__(self, name: str, intake: Intake, listening: Listening) -> None:
        self._name, self._intake, self._within = name, intake, listening
        self._work = asyncio.Semaphore(_AT_WORK)
        self._open = 0
        self._silent: set[asyncio.BaseProtocol] = set()
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None) -> int:
        """The port. Raises: OSError."""
        application = web.Application(middlewares=[self._heard])
        add = application.router.add_route
        for path in ("/_bulk", "/{index}/_bulk"):
            add("POST", path, self._bulk)
            add("PUT", path, self._bulk)
        for path in ("", "/event", "/event/1.0", "/raw", "/raw/1.0"):
            add("POST", f"/services/collector{path}", self._raw if path.startswith("/raw") else self._events)
        for path in ("/health", "/health/1.0"):
            add("GET", f"/services/collector{path}", self._health)
        add("POST", "/services/collector/ack", self._no_acks)
        add("*", "/{path:.*}", self._asked)
        self._runner = web.AppRunner(
            application, access_log=None, auto_decompress=False, keepalive_timeout=75, shutdown_timeout=_STOP_S
        )
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, host, port, ssl=tls, backlog=256)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the port; requests that are being answered have a moment for it."""
        if self._server is not None:
            await close_quietly(self._server)
        if self._runner is not None:
            await self._runner.cleanup()

    def _connection(self) -> asyncio.Protocol:
        server = self._runner.server if self._runner is not None else None
        if server is None or len(server.connections) >= self._within.most_connections:
            self._intake.tally.refuse(self._name, None, f"{self._within.most_connections} connections are open")
            return _Closed()
        handler = server()
        self._silent.add(handler)
        asyncio.get_running_loop().call_later(_HEAD_S, self._still_silent, handler)
        return handler

    def _still_silent(self, handler: web.RequestHandler) -> None:
        if handler in self._silent:
            self._silent.discard(handler)
            if handler.transport is not None:
                handler.transport.close()

    @web.middleware
    async def _heard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        self._silent.discard(request.protocol)
        try:
            return await handler(request)
        except DoorClosed:
            return _json(503, orjson.dumps({"error": "busy, come again"}), _RETRY)

    # what both speak

    async def _body(self, request: web.Request) -> bytes:
        if self._open >= self._within.most_requests:
            raise BodyRefused(429, f"{self._within.most_requests} requests are being read")
        self._open += 1
        try:
            return await body_of(
                request,
                most_bytes=self._within.most_body_bytes,
                within_s=self._within.body_s,
            )
        except (OSError, aiohttp.ClientError, web.RequestPayloadError) as error:
            raise BodyRefused(400, "cut off before its end") from error
        finally:
            self._open -= 1

    async def _plain(self, request: web.Request, body: bytes) -> bytes:
        within = self._within
        return await unpacked(request, body, most_bytes=within.most_expanded_bytes, most_lines=within.most_lines)

    async def _take(self, request: web.Request, source: UUID, records: list[bytes]) -> None:
        sender = _sender(request)
        await self._intake.take(self._name, source, records, sender, self._within.patience_s)

    def _refuse(self, source: UUID | None, request: web.Request, why: str, sample: bytes = b"", many: int = 1) -> None:
        self._intake.tally.refuse(self._name, source, f"{_sender(request)} {request.path[:80]}: {why}", sample, many)

    # Elasticsearch

    async def _bulk(self, request: web.Request) -> web.Response:
        started = time.monotonic()
        source = await self._source(request)
        if source is None:
            return self._stranger(request)
        try:
            body = await self._body(request)
            async with self._work:
                return await self._bulk_taken(request, source, await self._plain(request, body), started)
        except BodyRefused as error:
            self._refuse(source, request, str(error))
            fault = elastic.fault(error.status, "illegal_argument_exception", str(error))
            return _elastic(error.status, fault, _RETRY if error.status == 429 else None)

    async def _bulk_taken(self, request: web.Request, source: UUID, body: bytes, started: float) -> web.Response:
        index = request.match_info.get("index", "")
        read = await _aside(body, lambda: bulk.read_bulk(body, index, self._within.most_record_bytes))
        if not read.items:
            fault = elastic.fault(400, "parse_exception", "request body is required")
            return _elastic(400, fault)
        try:
            await self._take(request, source, read.records)
        except SpoolError as error:
            status = 429 if isinstance(error, SpoolSlow) else 503
            return _elastic(status, elastic.fault(status, "es_rejected_execution_exception", str(error)), _RETRY)
        if read.refused:
            self._refuse(source, request, *read.refused[0], many=len(read.refused))
        took_ms = int((time.monotonic() - started) * 1000)
        brief = "filter_path" in request.query
        return _json(200, bulk.answer(read, took_ms, brief=brief), elastic.PRODUCT)

    async def _asked(self, request: web.Request) -> web.Response:
        if await self._source(request) is None:
            return self._stranger(request)
        found = elastic.asked(request.method, request.path, self._within.elastic_version)
        if found is None:
            return _elastic(404, elastic.fault(404, "resource_not_found_exception", "Vigil takes events, no more"))
        return _elastic(200, found)

    def _stranger(self, request: web.Request) -> web.Response:
        self._refuse(None, request, "no token that is known")
        fault = elastic.fault(401, "security_exception", "unable to authenticate")
        return _elastic(401, fault, _CHALLENGE)

    async def _source(self, request: web.Request) -> UUID | None:
        return await source_of(request.headers.get("Authorization", ""), self._intake.door)

    # Splunk

    async def _events(self, request: web.Request) -> web.Response:
        return await self._collected(request, hec.read_events)

    async def _raw(self, request: web.Request) -> web.Response:
        return await self._collected(request, hec.read_raw)

    async def _collected(self, request: web.Request, read: _Read) -> web.Response:
        if not request.headers.get("Authorization"):
            self._refuse(None, request, "no token")
            return _hec(401, 2, "Token is required")
        source = await self._source(request)
        if source is None:
            self._refuse(None, request, "no token that is known")
            return _hec(403, 4, "Invalid token")
        try:
            body = await self._body(request)
            async with self._work:
                return await self._collected_taken(request, source, await self._plain(request, body), read)
        except BodyRefused as error:
            self._refuse(source, request, str(error))
            if error.status == 429:
                return _hec(503, 9, "Server is busy")
            return _hec(error.status, 6, str(error))

    async def _collected_taken(self, request: web.Request, source: UUID, body: bytes, read: _Read) -> web.Response:
        said = dict(request.query)
        events = await _aside(body, lambda: read(body, said, self._within.most_record_bytes))
        if len(events.records) + len(events.refused) > self._within.most_lines:
            raise BodyRefused(413, f"more than {self._within.most_lines} events")
        try:
            await self._take(request, source, events.records)
        except SpoolError:
            return _hec(503, 9, "Server is busy")
        if events.refused:
            self._refuse(source, request, *events.refused[0], many=len(events.refused))
        if events.records:
            refused = {"refused": len(events.refused)} if events.refused else {}
            return _hec(200, 0, "Success", **refused)
        if events.first_bad is None:
            return _hec(400, 5, "No data")
        number, (code, text) = events.first_bad
        return _hec(400, code, text, **{"invalid-event-number": number})

    async def _health(self, _: web.Request) -> web.Response:
        if self._intake.spool.refuses:
            return _hec(503, 18, "HEC is unhealthy, queues are full")
        return _hec(200, 17, "HEC is healthy")

    async def _no_acks(self, _: web.Request) -> web.Response:
        return _hec(400, 14, "ACK is disabled")


class _Closed(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.abort()


def _sender(request: web.Request) -> str:
    return plain_address(request.remote or "")


async def _aside(body: bytes, work: Callable[[], _T]) -> _T:
    """Large bodies are taken apart beside the loop, so that other connections go on."""
    return await asyncio.to_thread(work) if len(body) > _LARGE else work()


def _json(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def _elastic(status: int, said: dict[str, Any], headers: Mapping[str, str] | None = None) -> web.Response:
    return _json(status, orjson.dumps(said), {**elastic.PRODUCT, **(headers or {})})


def _hec(status: int, code: int, text: str, **more: int) -> web.Response:
    return _json(status, orjson.dumps({"text": text, "code": code, **more}), _RETRY if status == 503 else None)
