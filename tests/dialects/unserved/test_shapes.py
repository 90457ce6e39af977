"""Each SDK finds the sentence where it looks for one."""

from __future__ import annotations

import orjson

from localrouter.dialects.unserved.shapes import Shape, written
from localrouter.domain.conversation.error_reply import ErrorReply

SENTENCE = "LocalRouter does not serve this."
REPLY = ErrorReply(404, "not_found", SENTENCE)


def read(shape: Shape) -> object:
    body = written(REPLY, shape)
    return None if body is None else orjson.loads(body)


def test_the_sentence_stands_where_each_sdk_looks_for_it() -> None:
    assert read(Shape.OPENAI) is None
    assert read(Shape.ANTHROPIC) == {"type": "error", "error": {"type": "not_found_error", "message": SENTENCE}}
    assert read(Shape.GEMINI) == {"error": {"code": 404, "message": SENTENCE, "status": "NOT_FOUND"}}
    assert read(Shape.SENTENCE) == {"error": SENTENCE}
    assert read(Shape.MESSAGE) == {"message": SENTENCE}
