from __future__ import annotations

import orjson
import pytest

from localrouter.dialects.anthropic_messages.client import AnthropicMessagesClient
from localrouter.dialects.contract import ClientDialect, StreamEvent
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.reply import Began, UsageTold
from localrouter.domain.conversation.request import Endpoint, Usage
from localrouter.domain.models.info import ModelInfo
from localrouter.domain.models.pricing import Price
from localrouter.domain.models.shown import AUTO, ShownModel

DIALECT: ClientDialect = AnthropicMessagesClient()
MODEL = ShownModel("one", "a", ModelInfo(context_window=9, max_output_tokens=5, price=Price(10**6, 2 * 10**6)))


@pytest.mark.parametrize(
    ("status", "shown", "kind"),
    [
        (400, 400, "invalid_request_error"),
        (401, 401, "authentication_error"),
        (403, 403, "permission_error"),
        (404, 400, "invalid_request_error"),
        (413, 413, "request_too_large"),
        (429, 429, "rate_limit_error"),
        (502, 502, "api_error"),
        (503, 503, "overloaded_error"),
    ],
)
def test_an_error_has_anthropics_shape_and_a_status_whose_text_is_shown(status: int, shown: int, kind: str) -> None:
    reply = ErrorReply(status, "c", "Why.", "model", {"request_id": "r"})
    assert DIALECT.status_of(reply) == shown
    assert orjson.loads(DIALECT.write_error(reply)) == {
        "type": "error",
        "error": {"type": kind, "message": "Why.", "code": "c", "param": "model", "localrouter": {"request_id": "r"}},
        "request_id": "r",
    }


def test_a_broken_stream_ends_with_an_error_and_no_stop() -> None:
    request = DIALECT.example(Endpoint.CHAT_COMPLETIONS, "one/a", {"stream": True})
    event = DIALECT.stream_writer(request).error(ErrorReply(502, None, "It broke."))
    assert event == (b'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"It broke."}}\n\n')


def test_models_are_listed_as_anthropic_does() -> None:
    listed = orjson.loads(DIALECT.models.all((AUTO, MODEL)))
    assert [each["id"] for each in listed["data"]] == ["localrouter/auto", "one/a"]
    assert (listed["has_more"], listed["first_id"], listed["last_id"]) == (False, "localrouter/auto", "one/a")
    one = orjson.loads(DIALECT.models.one(MODEL))
    assert (one["type"], one["max_input_tokens"], one["max_tokens"]) == ("model", 9, 5)
    assert orjson.loads(DIALECT.models.pricing(MODEL))["currency"] == "USD"
    assert orjson.loads(DIALECT.models.all(()))["first_id"] is None


def test_an_estimate_is_a_count() -> None:
    assert DIALECT.write_estimate(DIALECT.example(Endpoint.COUNT_TOKENS, "a", {})) == b'{"input_tokens":1}'


def test_a_full_context_is_told_in_the_words_at_which_claude_code_makes_room() -> None:
    for said in ("one/a: The context is full.", "Prompt is too long."):
        told = orjson.loads(DIALECT.write_error(ErrorReply(400, "context_length_exceeded", said)))["error"]["message"]
        assert "prompt is too long" in told.lower()
        assert told.endswith(said)


def test_a_message_begins_with_about_the_tokens_of_its_prompt() -> None:
    messages = [{"role": "user", "content": "word " * 400}]
    request = DIALECT.example(Endpoint.CHAT_COMPLETIONS, "one/a", {"stream": True, "messages": messages})
    writer = DIALECT.stream_writer(request)
    began = writer.event(StreamEvent(b"", deltas=(Began("x", "m"), UsageTold(Usage(420, 1)))))
    assert orjson.loads(began.split(b"data: ")[1])["message"]["usage"]["input_tokens"] == 500
    assert b'"input_tokens":420' in writer.end()


def test_signs_of_life_are_pings() -> None:
    request = DIALECT.example(Endpoint.CHAT_COMPLETIONS, "one/a", {"stream": True})
    alive = StreamEvent(b": waiting\n\n", is_alive=True)
    assert DIALECT.stream_writer(request).event(alive) == b'event: ping\ndata: {"type":"ping"}\n\n'
