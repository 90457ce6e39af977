"""Unpacks request bodies that are compressed as gzip or deflate, piece by piece.

A few kilobytes can unpack to gigabytes. So each piece is counted before the next one is unpacked, and the cap applies
to the unpacked body.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable

from starlette.types import Message, Receive

from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.errors import Invalid, TooLarge
from localrouter.surfaces.http.guard import Header

PIECE = 64 * 1024  # bytes unpacked in one go: a fraction of a millisecond
CODINGS = {b"gzip": "gzip", b"x-gzip": "gzip", b"deflate": "deflate"}
PLAIN = (b"", b"identity")
UNKNOWN = ErrorReply(
    415,
    "unsupported_content_encoding",
    "This Content-Encoding is not supported. Send the body plain, or as gzip or deflate.",
)
_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's window sizes for them


def coding_of(headers: Iterable[Header]) -> str | ErrorReply | None:
    """How a body is compressed; None if it is plain."""
    codings = [value.strip().lower() for name, value in headers if name == b"content-encoding"]
    packed = [coding for coding in codings if coding not in PLAIN]
    if not packed:
        return None
    return CODINGS.get(packed[0], UNKNOWN) if len(packed) == 1 else UNKNOWN


class Unpacking:
    """A `Receive` of the unpacked body, at most `most` bytes. Raises `TooLarge` beyond that, and `Invalid` for a body
    that cannot be unpacked. `receive` still returns the rest as it arrives."""

    def __init__(self, receive: Receive, coding: str, most: int) -> None:
        self.receive = receive
        self._coding = coding
        self._most = most
        self._packed = b""  # received, but not yet unpacked
        self.is_more_to_come = True
        self._given = 0
        self._is_over = False
        self._unpacker = zlib.decompressobj(_GZIP) if coding == "gzip" else None

    async def __call__(self) -> Message:
        piece = bytearray()
        while len(piece) < PIECE and not self._is_over:
            if len(self._packed) < 2 and self.is_more_to_come:
                message = await self.receive()
                self._packed += message["body"]
                self.is_more_to_come = bool(message.get("more_body"))
            elif self._packed:
                piece += self._unpacked(PIECE - len(piece))
            else:
                piece += self._last()
        self._given += len(piece)
        if self._given > self._most:
            raise TooLarge(f"The request's body is larger than {self._most} bytes once it is unpacked.")
        if self._given > PIECE:
            await asyncio.sleep(0)  # lets others run: nothing else here waits
        return {"type": "http.request", "body": bytes(piece), "more_body": not self._is_over}

    def _unpacked(self, most: int) -> bytes:
        unpacker = self._unpacker
        if unpacker is None:  # some send deflate without the header that its standard asks for
            unpacker = self._unpacker = zlib.decompressobj(_ZLIB if _has_zlib_header(self._packed) else _RAW)
        elif unpacker.eof:
            self._packed = self._packed.lstrip(b"\0")
            if not self._packed:
                return b""
            if self._coding != "gzip":
                raise self._broken()
            unpacker = self._unpacker = zlib.decompressobj(_GZIP)  # one of several members
        try:
            piece = unpacker.decompress(self._packed, most)
        except zlib.error:
            raise self._broken() from None
        self._packed = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
        return piece

    def _last(self) -> bytes:
        self._is_over = True
        if self._unpacker is None:
            return b""
        last = b"" if self._unpacker.eof else self._unpacker.flush()
        if not self._unpacker.eof:
            raise self._broken()
        return last

    def _broken(self) -> Invalid:
        return Invalid(f"The request body cannot be unpacked: it is incomplete, or not {self._coding}.")


def _has_zlib_header(data: bytes) -> bool:
    return len(data) >= 2 and data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0
