"""What an answer of Gemini's, or one piece of a stream, has in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.reading import utf8_size
from localrouter.dialects.json_bodies.values import objects_at, text_at, whole_at

Json = Mapping[str, object]

MAX_SEARCHED_BYTES = 256 * 1024  # bytes of an answer that broke off
# Matched as written in JSON: slightly longer than the text if it has escapes.
_WRITTEN = re.compile(rb'"text"\s*:\s*"([^"\\]*(?:\\.[^"\\]*)*)', re.DOTALL)
# What a model wanted to call and could not write down, where it says nothing else.
FAILED_CALLS = frozenset(
    {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE", "MISSING_THOUGHT_SIGNATURE"}
)


def is_error(answer: Json) -> bool:
    return bool(answer.get("error"))


def is_blocked(answer: Json) -> bool:
    """Whether the prompt was refused: there is a reason, and no answer."""
    return bool(text_at(answer.get("promptFeedback"), "blockReason")) and not answer.get("candidates")


def candidates_of(answer: Json) -> Iterator[Json]:
    return objects_at(answer, "candidates")


def parts_of(candidate: Json) -> Iterator[dict[str, object]]:
    return parts_in(candidate.get("content"))


def parts_in(content: object) -> Iterator[dict[str, object]]:
    return objects_at(content, "parts")


def index_of(candidate: Json) -> int:
    return whole_at(candidate, "index") or 0


def says_something(answer: Json) -> bool:
    """Whether an answer has ended or says anything."""
    return any(candidate.get("finishReason") or any(parts_of(candidate)) for candidate in candidates_of(answer))


def failed_call(answer: Json) -> str | None:
    """Why a call that the model tried to make came to nothing, if that is all that came."""
    for candidate in candidates_of(answer):
        reason = text_at(candidate, "finishReason")
        if reason in FAILED_CALLS and not any(map(carries, parts_of(candidate))):
            return text_at(candidate, "finishMessage") or f"The model ended with {reason}."
    return None


def carries(part: Json) -> bool:
    """Whether a part says anything: all but an empty text do."""
    return any(value not in ("", None) and name != "thought" for name, value in part.items())


def size_of_part(part: Json) -> int:
    """The bytes of the model's text in a part."""
    text = part.get("text")
    if isinstance(text, str):
        return utf8_size(text)
    call = part.get("functionCall")
    if isinstance(call, dict):
        return len(dumps(call.get("args") or {}))
    code = part.get("executableCode")
    return utf8_size(text_at(code, "code")) if isinstance(code, dict) else 0


def written_in(answer: Json) -> int:
    """The bytes of the model's text in a whole answer."""
    return sum(size_of_part(part) for candidate in candidates_of(answer) for part in parts_of(candidate))


def written_in_part(body: bytes) -> int:
    """The bytes of the model's text in the beginning of an answer, the last text perhaps cut. Only the first part of a
    long one is searched; the rest counts as text."""
    found = sum(len(text) for text in _WRITTEN.findall(body, 0, MAX_SEARCHED_BYTES))
    return found + max(0, len(body) - MAX_SEARCHED_BYTES)
