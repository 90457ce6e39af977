from __future__ import annotations

import pytest

from localrouter.dialects.contract import ProviderDialect, StreamDecoder
from localrouter.dialects.event_stream import EventStream
from localrouter.dialects.gemini.stream import GeminiStream
from localrouter.dialects.presets import PRESETS
from localrouter.dialects.registry import DEFAULT_CLIENT, DIALECTS
from localrouter.dialects.sse import MAX_EVENT_BYTES
from localrouter.domain.conversation.request import Endpoint

REQUEST = DEFAULT_CLIENT.example(Endpoint.CHAT_COMPLETIONS, "one/a", {"stream": True})


@pytest.fixture(params=DIALECTS.providers.values(), ids=lambda provider: provider.name)
def decoder(request: pytest.FixtureRequest) -> StreamDecoder:
    provider: ProviderDialect = request.param
    return provider.stream_decoder(REQUEST, PRESETS["openai-compatible"])


def test_a_comment_passes_and_an_empty_event_is_dropped(decoder: StreamDecoder) -> None:
    comment, empty = decoder.feed(b": wait\n\ndata:\n\n")
    passed = b"" if isinstance(decoder, GeminiStream) else b": wait\n\n"  # Google's programs read no comments
    assert (comment.raw, empty.raw) == (passed, b"")
    assert (comment.is_alive, empty.is_alive) == (True, False)
    assert comment.failure is empty.failure is None
    assert not any(event.is_content or event.malformed for event in (comment, empty))


def test_a_web_page_is_no_stream(decoder: StreamDecoder) -> None:
    (page,) = [*decoder.feed(b"<html>Sign in</html>\n\n"), *decoder.end()]
    assert page.failure is not None


def test_an_event_without_measure_ends_the_stream(decoder: StreamDecoder) -> None:
    events = decoder.feed(b": wait\n\ndata: " + b"x" * (MAX_EVENT_BYTES + 1))
    assert events[-1].failure is not None
    assert "more than" in events[-1].failure.message


def test_nothing_is_read_behind_an_error(decoder: StreamDecoder) -> None:
    error = b'event: error\ndata: {"error": {"message": "Overloaded", "code": 503}}\n\n'
    (failed,) = decoder.feed(error + b": wait\n\n")
    assert failed.failure is not None


def test_what_is_no_json_is_counted_and_not_shown(decoder: StreamDecoder) -> None:
    (event,) = decoder.feed(b"data: {broken\n\n")
    assert event.malformed
    assert event.raw == b""


def test_a_dialect_says_what_an_event_means() -> None:
    with pytest.raises(NotImplementedError):
        EventStream("openai").feed(b"data: {}\n\n")
