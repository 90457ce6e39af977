from __future__ import annotations

import orjson
import pytest

from localrouter.dialects.contract import ClientDialect, PlainAnswer, StreamEvent
from localrouter.dialects.openai_chat.client import OpenAIChatClient
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.errors import Invalid
from localrouter.domain.limits.demand import MaxUsage, Unbounded

DIALECT: ClientDialect = OpenAIChatClient()
STREAMED = DIALECT.example(Endpoint.CHAT_COMPLETIONS, "one/a", {"stream": True})


def test_an_error_body_has_openais_shape() -> None:
    plain = orjson.loads(DIALECT.write_error(ErrorReply(400, "c", "Too long.", "messages")))
    assert plain == {
        "error": {"message": "Too long.", "type": "invalid_request_error", "param": "messages", "code": "c"}
    }
    ours = orjson.loads(DIALECT.write_error(ErrorReply(502, None, "m", localrouter={"request_id": "r"})))
    assert ours["error"]["localrouter"] == {"request_id": "r"}
    assert ours["error"]["code"] is None


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (429, "rate_limit_error"),
        (502, "server_error"),
    ],
)
def test_a_status_has_its_type(status: int, name: str) -> None:
    assert orjson.loads(DIALECT.write_error(ErrorReply(status, None, "m")))["error"]["type"] == name


def test_a_broken_stream_ends_with_an_error_and_no_terminator() -> None:
    event = DIALECT.stream_writer(STREAMED).error(ErrorReply(502, "server_error", "It broke."))
    assert event.startswith(b"data: {")
    assert event.endswith(b"}\n\n")
    assert orjson.loads(event.removeprefix(b"data: "))["error"]["message"] == "It broke."
    assert b"[DONE]" not in event


def test_what_says_nothing_writes_nothing_and_the_terminator_comes_once() -> None:
    writer = DIALECT.stream_writer(STREAMED)
    assert writer.event(StreamEvent(b"event: ping\n\n")) == b""
    assert writer.event(StreamEvent(b"", malformed=True)) == b""
    assert writer.event(StreamEvent(b"", done=True)) == b"data: [DONE]\n\n"
    assert writer.end() == b""


def test_openais_own_answer_is_written_as_it_is() -> None:
    assert DIALECT.write_answer(PlainAnswer(b'{"choices": []}', None, 0), STREAMED) == b'{"choices": []}'


@pytest.mark.parametrize("endpoint", DIALECT.paths.values())
def test_an_example_is_a_request_that_needs_no_more_than_a_model(endpoint: Endpoint) -> None:
    request = DIALECT.example(endpoint, "one/a", {"model": "another", "max_tokens": 5})
    assert (request.endpoint, request.model, request.dialect) == (endpoint, "one/a", DIALECT.name)
    assert request.max_output_tokens == 5
    assert request.prompt_tokens_at_least == 1


def test_what_is_wrong_with_an_example_is_said() -> None:
    with pytest.raises(Invalid, match="messages must be a list"):
        DIALECT.example(Endpoint.CHAT_COMPLETIONS, "one/a", {"messages": "Hello"})


def test_a_request_uses_at_least_what_its_text_has_and_at_most_its_bound() -> None:
    request = DIALECT.example(Endpoint.CHAT_COMPLETIONS, "one/a", {"max_tokens": 7})
    bound = DIALECT.max_usage(request)
    assert isinstance(bound, MaxUsage)
    assert request.prompt_tokens_at_least <= bound.prompt_tokens
    assert bound.output_cap == 7
    assert isinstance(DIALECT.max_usage(DIALECT.example(request.endpoint, "one/a", {"plugins": []})), Unbounded)
