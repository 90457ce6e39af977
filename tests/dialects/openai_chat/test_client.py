from __future__ import annotations

import orjson
import pytest

from localrouter.dialects.contract import ClientDialect
from localrouter.dialects.openai_chat.client import OpenAIChatClient
from localrouter.domain.conversation.error_reply import ErrorReply

DIALECT: ClientDialect = OpenAIChatClient()


def test_an_error_body_has_openais_shape() -> None:
    plain = orjson.loads(DIALECT.error_body(ErrorReply(400, "c", "Too long.", "messages")))
    assert plain == {
        "error": {"message": "Too long.", "type": "invalid_request_error", "param": "messages", "code": "c"}
    }
    ours = orjson.loads(DIALECT.error_body(ErrorReply(502, None, "m", localrouter={"request_id": "r"})))
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
    assert orjson.loads(DIALECT.error_body(ErrorReply(status, None, "m")))["error"]["type"] == name


def test_an_error_within_a_stream_is_its_last_event() -> None:
    event = DIALECT.error_event(ErrorReply(502, "server_error", "It broke."))
    assert event.startswith(b"data: {")
    assert event.endswith(b"}\n\n")
    assert orjson.loads(event.removeprefix(b"data: "))["error"]["message"] == "It broke."
    assert b"[DONE]" not in event
