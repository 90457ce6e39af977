"""Proper HTTP answers of every framing that servers use, made by chance, with what a client must read in them."""

from __future__ import annotations

import random
from dataclasses import dataclass

NAMES = ("content-type", "Retry-After", "X-Request-Id", "x-ratelimit-remaining", "set-cookie", "Server", "date")
VALUES = (
    "",
    "application/json",
    "12",
    "a, b; c=d",
    '"q"',
    "\xfc",
    "t" * 40,
    "close and open",
    "Tue, 01 Dec 2026 10:00:00 GMT",
)
REASONS = (" OK", " ", "", " Not Found At All", " \xe9t\xe9")


@dataclass(frozen=True, slots=True)
class Framing:
    """`ends_with_connection`: the body lasts until the connection is closed."""

    wire: bytes
    status: int
    body: bytes
    ends_with_connection: bool
    is_reusable: bool


def framing(chance: random.Random) -> Framing:
    version = b"HTTP/1.0" if chance.random() < 0.1 else b"HTTP/1.1"
    status = chance.choice((200, 200, 200, 201, 204, 304, 400, 404, 429, 500, 503, 529))
    headers = [_header(chance) for _ in range(chance.randrange(4))]
    has_body = status not in (204, 304)
    how = chance.choice(("length", "chunks", "close")) if has_body and version == b"HTTP/1.1" else "length"
    closes = chance.random() < 0.2
    line_end = b"\n" if how != "chunks" and chance.random() < 0.1 else b"\r\n"
    content = chance.randbytes(chance.choice((0, 1, 2, 7, 30))) if has_body else b""
    if closes:
        headers.append(b"Connection: close")
    if how == "length" and has_body:
        headers.append(chance.choice((b"Content-Length: %d", b"content-length:%d ")) % len(content))
    if how == "chunks":
        headers.append(chance.choice((b"Transfer-Encoding: chunked", b"transfer-encoding:  Chunked")))
    chance.shuffle(headers)
    start = version + b" %d" % status + chance.choice(REASONS).encode()
    body = _chunks(chance, content, line_end) if how == "chunks" else content
    interim = b"".join(_interim(chance, line_end) for _ in range(chance.choice((0, 0, 0, 1, 3))))
    head = line_end.join([start, *headers, b"", b""])
    return Framing(
        wire=interim + head + body,
        status=status,
        body=content,
        ends_with_connection=how == "close",
        is_reusable=how != "close" and not closes and version == b"HTTP/1.1",
    )


def _header(chance: random.Random) -> bytes:
    space = chance.choice(("", " ", "\t", "  "))
    return f"{chance.choice(NAMES)}:{space}{chance.choice(VALUES)}{chance.choice(('', ' '))}".encode()


def _interim(chance: random.Random, line_end: bytes) -> bytes:
    lines = [chance.choice((b"HTTP/1.1 100 Continue", b"HTTP/1.1 103 Early Hints", b"HTTP/1.1 102 Processing"))]
    if chance.random() < 0.5:
        lines.append(b"link: </style.css>; rel=preload")
    return line_end.join([*lines, b"", b""])


def _chunks(chance: random.Random, content: bytes, line_end: bytes) -> bytes:
    parts, at = [], 0
    while at < len(content):
        size = chance.randrange(1, 9)
        piece = content[at : at + size]
        written = chance.choice((b"%x", b"%X", b"000%x")) % len(piece)
        extension = chance.choice((b"", b"", b";a=b", b';n="v"', b" "))
        parts.append(written + extension + line_end + piece + line_end)
        at += size
    trailers = [b"X-Checksum: 1", b"grpc-status: 0", b"retry-after: 9"][: chance.choice((0, 0, 0, 1, 3))]
    return b"".join(parts) + line_end.join([b"0", *trailers, b"", b""])
