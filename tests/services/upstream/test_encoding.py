"""Compressed bodies come out as they went in, in pieces of a bounded size."""

from __future__ import annotations

import gzip
import random
import zlib

import pytest

from localrouter.services.upstream.encoding import PIECE, Inflater, UndecodableBody


def inflated(data: bytes, step: int) -> list[bytes]:
    inflater, pieces = Inflater(), []
    for at in range(0, len(data), step):
        inflater.feed(data[at : at + step])
        while piece := inflater.take():
            pieces.append(piece)
    inflater.end()
    return pieces


TEXTS = {
    "short": b"Hello",
    "words": b"".join(b"%d " % number for number in range(20_000)),
    "noise": random.Random(1).randbytes(300_000),
    "large": b"ab" * (3 * PIECE + 7),
}


@pytest.mark.parametrize("step", [1, 100, 65_536, 1 << 30])
@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
@pytest.mark.parametrize("name", TEXTS)
def test_what_was_compressed_comes_out_whole_however_it_arrives(name: str, pack: object, step: int) -> None:
    pieces = inflated(pack(TEXTS[name]), step)  # type: ignore[operator]
    assert b"".join(pieces) == TEXTS[name]
    assert max(map(len, pieces)) <= PIECE


@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 2 * PIECE])
def test_a_body_that_ends_with_a_full_piece_is_whole(size: int) -> None:
    assert b"".join(inflated(gzip.compress(b"\0" * size), 1 << 30)) == b"\0" * size


def test_what_follows_the_end_is_left_out() -> None:
    assert b"".join(inflated(gzip.compress(b"Hello") + b"more", 7)) == b"Hello"


@pytest.mark.parametrize("data", [b"Hello", b"\x1f\x8b\x08", gzip.compress(b"Hello", mtime=0)[:-1], b""])
def test_what_is_not_compressed_or_cut_off_cannot_be_read(data: bytes) -> None:
    with pytest.raises(UndecodableBody):
        inflated(data, 5)


def test_what_follows_the_end_is_counted_and_not_kept() -> None:
    inflater = Inflater()
    inflater.feed(gzip.compress(b"Hello") + b"more")
    assert inflater.take() == b"Hello"
    for _ in range(1_000):
        inflater.feed(b"x" * 65_536)
        assert inflater.take() == b""
    inflater.end()
    assert inflater.left_out == 4 + 65_536_000
