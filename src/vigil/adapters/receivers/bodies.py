"""Bodies of requests, within bounds: how large, how large when unpacked, and how long they may take."""

import asyncio
import zlib
from typing import Final

from aiohttp import web

_PLAIN: Final = ("", "identity")
_BLOCK: Final = 1024 * 1024


class BodyRefused(Exception):
    """With the HTTP status that says why."""

    def __init__(self, status: int, why: str) -> None:
        self.status = status
        super().__init__(why)


async def body_of(request: web.Request, *, most_bytes: int, within_s: float) -> bytes:
    """The whole body as it was sent. Raises: BodyRefused; ConnectionError where the client goes before its end."""
    coding = _coding(request)
    if coding not in (*_PLAIN, "gzip", "x-gzip", "deflate"):
        raise BodyRefused(415, f"Content-Encoding {coding[:40]} is not known here; gzip is")
    if (request.content_length or 0) > most_bytes:
        raise BodyRefused(413, f"more than {most_bytes} bytes")
    parts, size = [], 0
    try:
        async with asyncio.timeout(within_s):
            async for part in request.content.iter_any():
                size += len(part)
                if size > most_bytes:
                    raise BodyRefused(413, f"more than {most_bytes} bytes")
                parts.append(part)
    except TimeoutError as error:
        raise BodyRefused(408, f"not complete within {within_s:g} seconds") from error
    return b"".join(parts)


async def unpacked(request: web.Request, body: bytes, *, most_bytes: int, most_lines: int) -> bytes:
    """The body of the request without its coding. Few are to be unpacked at a time: a small body may become a large
    one, and lines of a few bytes far more than that once they are taken apart. Raises: BodyRefused.
    """
    if _coding(request) not in _PLAIN:
        body = await asyncio.to_thread(expanded, body, most_bytes)
    if body.count(b"\n") > most_lines:
        raise BodyRefused(413, f"more than {most_lines} lines")
    return body


def _coding(request: web.Request) -> str:
    return request.headers.get("Content-Encoding", "").strip().lower()


def expanded(body: bytes, most_bytes: int) -> bytes:
    """Unpacked: gzip (also several in a row) or zlib. Raises: BodyRefused; no more than `most_bytes` are ever made."""
    parts, size = [], 0
    rest = body
    while rest:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
        while not unpacker.eof:
            try:
                part = unpacker.decompress(rest, _BLOCK)
            except zlib.error as error:
                raise BodyRefused(400, f"the compressed body is damaged: {error}") from error
            size += len(part)
            if size > most_bytes:
                raise BodyRefused(413, f"more than {most_bytes} bytes when unpacked")
            parts.append(part)
            if not part and not unpacker.eof:
                raise BodyRefused(400, "the compressed body is cut off")
            rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    return b"".join(parts)
