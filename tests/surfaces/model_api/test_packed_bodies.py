"""Bodies that come as gzip or deflate are read like plain ones, and what unpacks to too much is refused on the way."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import Message

from localrouter.domain.configuration.config import Provider
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.errors import Invalid, TooLarge
from localrouter.surfaces.model_api.packed_bodies import PIECE, Unpacking, coding_of
from tests.rig import router, until
from tests.upstream import Upstream, chat

MB = 1024 * 1024
BODY = b'{"model": "one/a", "messages": [{"role": "user", "content": "' + b"hello " * 30 + b'"}]}'


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKED = {
    "gzip": gzip.compress(BODY, mtime=0),
    "gzip in two members": gzip.compress(BODY[:50]) + gzip.compress(BODY[50:]),
    "gzip with padding": gzip.compress(BODY) + b"\0" * 9,
    "deflate": zlib.compress(BODY),
    "deflate without its header": raw_deflate(BODY),
}


def unpacked(coding: str, pieces: list[bytes], most: int = MB) -> tuple[bytes, list[int]]:
    """The whole body, and the sizes that it came in."""
    came: Iterator[Message] = iter(
        [{"body": piece, "more_body": index + 1 < len(pieces)} for index, piece in enumerate(pieces)]
    )

    async def receive() -> Message:
        return next(came)

    async def read() -> list[bytes]:
        unpacking, read = Unpacking(receive, coding, most), list[bytes]()
        while True:
            message = await unpacking()
            read.append(message["body"])
            if not message["more_body"]:
                return read

    found = asyncio.run(read())
    return b"".join(found), [len(piece) for piece in found]


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("step", [1, 2, 7, 1_000])
def test_it_is_unpacked_in_any_fragmentation(name: str, step: int) -> None:
    packed = PACKED[name]
    pieces = [packed[start : start + step] for start in range(0, len(packed), step)]
    assert unpacked(name.split(maxsplit=1)[0], pieces)[0] == BODY


def test_no_piece_is_large_however_small_what_came() -> None:
    data, sizes = unpacked("gzip", [gzip.compress(b"a" * MB)])
    assert data == b"a" * MB
    assert max(sizes) <= PIECE


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize(
    "data",
    [b"\x1f", b"{}" * 9, PACKED["gzip"][:-1], PACKED["deflate"][:-1], b"\x1f\x8b\x08"],
    ids=["one byte", "no gzip", "cut gzip", "cut deflate", "a head"],
)
def test_what_is_not_whole_is_refused(coding: str, data: bytes) -> None:
    with pytest.raises(Invalid, match="cannot be unpacked"):
        unpacked(coding, [data])


def test_a_bomb_is_refused_while_it_is_unpacked() -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(b" " * MB) for _ in range(64)) + packer.flush()
    assert len(bomb) < MB // 10
    with pytest.raises(TooLarge, match="once it is unpacked"):
        unpacked("gzip", [bomb])


@pytest.mark.parametrize(
    ("values", "coding"),
    [
        ([], None),
        ([b"identity"], None),
        ([b""], None),
        ([b"GZIP "], "gzip"),
        ([b"x-gzip"], "gzip"),
        ([b"deflate"], "deflate"),
        ([b"identity", b"gzip"], "gzip"),
        ([b"br"], 415),
        ([b"gzip, gzip"], 415),
        ([b"gzip", b"gzip"], 415),
    ],
)
def test_the_header_says_how_it_is_packed(values: list[bytes], coding: str | int | None) -> None:
    found = coding_of([(b"host", b"x"), *((b"content-encoding", value) for value in values)])
    assert (found.status if isinstance(found, ErrorReply) else found) == coding


def test_programs_may_pack_their_bodies(tmp_path: Path) -> None:
    with Upstream(chat) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url, models=("a",))
        with router(tmp_path, [one]) as lr:
            for coding, packed in (("gzip", PACKED["gzip"]), ("deflate", PACKED["deflate"])):
                reply = lr.request("POST", "/v1/chat/completions", packed, {"content-encoding": coding})
                assert reply.status == 200
                assert up.asked[-1].json["messages"][0]["content"].startswith("hello hello")
                assert "content-encoding" not in up.asked[-1].headers
            bomb = gzip.compress(b'{"model":"one/a","messages":[' + b" " * (21 * MB) + b"]}")
            refused = lr.request("POST", "/v1/chat/completions", bomb, {"content-encoding": "gzip"})
            assert (refused.status, refused.json["error"]["code"]) == (413, "request_too_large")
            unknown = lr.request("POST", "/v1/chat/completions", b"x", {"content-encoding": "br"})
            assert (unknown.status, unknown.json["error"]["code"]) == (415, "unsupported_content_encoding")
            assert lr.state is not None
            until(lambda: lr.state.memory.held == 0)
