"""What a whole answer of Anthropic's, or the beginning of one, has in it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping

from localrouter.dialects.anthropic_messages.fields import THREAD_CODES
from localrouter.dialects.json_bodies.lenient import Unreadable, loads
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.reading import utf8_size
from localrouter.dialects.json_bodies.values import object_at, objects_at, text_at

MAX_SEARCHED_BYTES = 256 * 1024  # bytes of an answer that broke off
# Matched as written in JSON: slightly longer than the text if it has escapes.
_WRITTEN = re.compile(rb'"(?:text|thinking|partial_json)"\s*:\s*"([^"\\]*(?:\\.[^"\\]*)*)', re.DOTALL)


def is_error(answer: Mapping[str, object]) -> bool:
    return answer.get("type") == "error" or bool(answer.get("error"))


def thread_code_in(body: bytes) -> str | None:
    """Why a conversation that the provider holds cannot go on, if an error says that."""
    with contextlib.suppress(Unreadable):
        answer = loads(body)
        if isinstance(answer, dict):
            code = text_at(object_at(object_at(answer, "error"), "details"), "error_code")
            return code if code in THREAD_CODES else None
    return None


def is_message(answer: Mapping[str, object]) -> bool:
    """Whether an answer is a message that has ended or says anything."""
    content = answer.get("content")
    return isinstance(content, list) and bool(content or answer.get("stop_reason"))


def written_in(answer: Mapping[str, object]) -> int:
    """The bytes of the model's text in a whole answer."""
    return sum(map(size_of_block, objects_at(answer, "content")))


def size_of_block(block: Mapping[str, object]) -> int:
    size = utf8_size(text_at(block, "text")) + utf8_size(text_at(block, "thinking"))
    return size + (len(dumps(block["input"])) if block.get("input") else 0)


def written_in_part(body: bytes) -> int:
    """The bytes of the model's text in the beginning of an answer, the last text perhaps cut. Only the first part of a
    long one is searched; the rest counts as text."""
    found = sum(len(text) for text in _WRITTEN.findall(body, 0, MAX_SEARCHED_BYTES))
    return found + max(0, len(body) - MAX_SEARCHED_BYTES)
