"""Streams of many small events: whoever sends them holds up nobody else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import pytest

from localrouter.dialects.openai_chat.client import OpenAIChatWriter
from localrouter.dialects.openai_chat.stream import OpenAIChatStream
from localrouter.domain.conversation.request import Endpoint, ModelRequest
from localrouter.gateway.relay import Stream
from localrouter.services.upstream.answer import UpstreamResponse
from tests.upstream import DONE, event

ASKED = ModelRequest(Endpoint.CHAT_COMPLETIONS, "m", {}, "openai_chat", stream=True, wants_usage_chunk=True)
PIECE = 64 * 1024
HELLO = event({"content": "Hello"})
END = event(finish="stop") + DONE


@dataclass
class Coming:
    """An answer that comes in these chunks. `turns`: how often others were let go on between them."""

    chunks: list[bytes]
    turns: int = 0

    def allow_until(self, _deadline: float) -> None: ...

    def abort(self) -> None: ...

    async def next_chunk(self) -> bytes:
        return self.chunks.pop(0) if self.chunks else b""

    async def turn(self) -> None:
        self.turns += 1


class Decoder(OpenAIChatStream):
    """Notes how many events it gave at once."""

    most = 0

    def feed(self, data: bytes) -> Any:
        events = super().feed(data)
        self.most = max(self.most, len(events))
        return events


def relayed(*chunks: bytes) -> tuple[bytes, Coming, Decoder, Stream]:
    coming, decoder = Coming(list(chunks)), Decoder("openai", shows_usage=True)
    stream = Stream(cast(UpstreamResponse, coming), decoder, OpenAIChatWriter(ASKED), idle=1)

    async def scene() -> bytes:
        data = b"" if await stream.until_content() is None else b"failed"
        while more := await stream.next():
            data += more
        return data

    return asyncio.run(scene()), coming, decoder, stream


@pytest.mark.parametrize("small", [b":\n\n", b"{}\n\n", b"data: {}\n\n", b":\r\r", b"data:\n\n", b"a\r\n\r\n"])
@pytest.mark.parametrize("size", [PIECE, 3 * PIECE])
def test_many_events_are_read_in_portions_between_which_others_go_on(small: bytes, size: int) -> None:
    crowd = small * (size // len(small))
    data, coming, decoder, stream = relayed(HELLO, crowd, HELLO + END)
    assert data.startswith(HELLO)
    assert data.endswith(HELLO + END)
    assert coming.turns >= size // 1024 - 1
    assert decoder.most <= 500
    assert stream.failure is None


def test_what_a_model_writes_is_read_at_once() -> None:
    text = event({"content": "word "}) * (PIECE // len(event({"content": "word "})))
    data, coming, _, _ = relayed(HELLO, text, END)
    assert data == HELLO + text + END
    assert coming.turns == 0


def test_a_large_chunk_is_read_in_pieces_and_comes_out_as_it_came() -> None:
    text = event({"content": "x" * 5_000}) * 200
    data, coming, _, stream = relayed(HELLO, text, END)
    assert data == HELLO + text + END
    assert coming.turns == len(text) // PIECE
    assert stream.is_done


def test_what_came_before_a_failure_in_a_crowd_is_delivered() -> None:
    crowd = b":\n\n" * 20_000
    data, _, _, stream = relayed(HELLO, crowd + HELLO + event({"content": "x"}) + b'data: {"error": "No"}\n\n' + HELLO)
    assert data.endswith(HELLO + event({"content": "x"}))
    assert stream.failure is not None
