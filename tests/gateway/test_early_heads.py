"""A stream's head that goes out before the answer, and streams that are read whole before they are shown."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest

from tests.gateway.test_loop import A, B, events, provider, refusal, text_of
from tests.rig import Reply, auto, router
from tests.upstream import DONE, STREAM_END, STREAM_HEAD, Asked, End, Script, Step, Upstream, chat, chunked, event

ROLE = event({"role": "assistant", "content": ""})
HELLO = event({"content": "Hello"})
STOP = event(finish="stop")


def opening_with(first: bytes, then: bytes, go_on: threading.Event) -> Script:
    """A provider that shows a sign of life, and goes on once it is told to."""

    def script(asked: Asked) -> Iterator[Step]:
        if not asked.body:
            yield from chat(asked)
            return
        yield STREAM_HEAD + chunked(first)
        assert go_on.wait(30)
        yield chunked(then) + STREAM_END

    return script


@pytest.mark.parametrize("first", [b": processing\n\n", ROLE], ids=["a comment", "a role"])
@pytest.mark.parametrize("fails", [False, True])
def test_of_a_named_model_the_head_goes_out_with_its_first_sign(tmp_path: Path, first: bytes, fails: bool) -> None:
    go_on = threading.Event()
    said = b'data: {"error": {"message": "Too busy", "code": 529}}\n\n'
    script = opening_with(first, said if fails else HELLO + STOP + DONE, go_on)
    with Upstream(script) as up, router(tmp_path, [provider("one", up)]) as lr:
        with lr.send_chat(model="one/a", stream=True) as client:
            answer = HTTPResponse(client, method="POST")
            answer.begin()  # the head is here, and the provider waits
            assert (answer.status, answer.headers["x-localrouter-model"]) == (200, "one/a")
            go_on.set()
            reply = Reply(200, {"content-type": answer.headers["content-type"]}, answer.read())
        if fails:
            status, error = refusal(reply)
            assert (status, error["localrouter"]["attempts"][-1]["kind"]) == (503, "overloaded")
        else:
            assert (text_of(reply.body), events(reply.body)[-1]) == ("Hello", "[DONE]")


def cut(asked: Asked) -> Iterator[Step]:
    if not asked.body:
        yield from chat(asked)
        return
    yield STREAM_HEAD + chunked(ROLE + event({"content": "Half of"}))
    yield End.CLOSE


def test_held_streams_fall_over_even_after_their_first_words(tmp_path: Path) -> None:
    held = auto(A, B, hold_streams=True)
    with (
        Upstream(cut) as one,
        Upstream(chat) as two,
        router(tmp_path, [provider("one", one), provider("two", two)], auto=held) as lr,
    ):
        reply = lr.chat(stream=True)
        assert (reply.status, reply.headers["x-localrouter-model"]) == (200, "two/b")
        assert "Half of" not in text_of(reply.body)
        assert events(reply.body)[-1] == "[DONE]"
        kinds = lr.rows("SELECT kind, output_tokens > 0 FROM attempts ORDER BY number")
        assert kinds[0] == ("unreachable", 1)
        assert kinds[-1] == (None, 1)
        assert "Half of" in text_of(lr.chat(model="one/a", stream=True).body)
