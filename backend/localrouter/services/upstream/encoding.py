"""Decodes compressed answers. LocalRouter asks for none, but some gateways send them anyway.

The output comes in pieces of bounded size, so that a small answer cannot silently become a huge one.
"""

from __future__ import annotations

import zlib

PIECE = 1024 * 1024  # bytes
DECODED = frozenset({"gzip", "x-gzip", "deflate"})
_EITHER_HEADER = zlib.MAX_WBITS | 32  # gzip's or zlib's, whichever the data starts with


class UndecodableBody(Exception):
    """The data does not match its encoding, or ends too early."""


class Inflater:
    """Decodes one body: `feed` what arrived, then `take` until nothing comes. Bytes after the body's own end are
    dropped and counted in `left_out`."""

    __slots__ = ("_data", "_has_more", "_zlib", "left_out")

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(_EITHER_HEADER)
        self._data = b""
        self._has_more = False
        self.left_out = 0

    def feed(self, data: bytes) -> None:
        if self._zlib.eof:
            self.left_out += len(data)
            return
        self._data += data
        self._has_more = True

    def take(self) -> bytes:
        """The next decoded bytes, at most `PIECE`; b"" if more must be fed first."""
        if not self._has_more or self._zlib.eof:
            return b""
        try:
            piece = self._zlib.decompress(self._data, PIECE)
        except zlib.error:
            raise UndecodableBody from None
        self._data = self._zlib.unconsumed_tail
        self.left_out += len(self._zlib.unused_data)
        self._has_more = len(piece) == PIECE  # after a full piece there may be more inside, even if all input was taken
        return piece

    def end(self) -> None:
        """Note that the body is complete."""
        if not self._zlib.eof:
            raise UndecodableBody
