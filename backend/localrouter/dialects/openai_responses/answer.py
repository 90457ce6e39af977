"""Reads what an answer of OpenAI's responses says about itself: its tokens, its size, and whether it is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from localrouter.dialects.errors.details import says_error
from localrouter.dialects.json_bodies.reading import utf8_size
from localrouter.dialects.json_bodies.values import object_at, objects_at, text_at
from localrouter.dialects.openai_shapes.usage import service_tier_of, usage_of
from localrouter.domain.conversation.request import Usage

Json = dict[str, object]

# Of an answer: how it can have ended, and what it is before that.
COMPLETED, INCOMPLETE, FAILED, CANCELLED = "completed", "incomplete", "failed", "cancelled"
ENDED = frozenset({COMPLETED, INCOMPLETE, CANCELLED})
RUNNING = frozenset({"queued", "in_progress"})
_TEXTS = ("text", "refusal")
_SAID = ("arguments", "input", "code")
# Matched as written in JSON: slightly longer than the text if it has escapes.
_WRITTEN = re.compile(rb'"(?:text|refusal|arguments|input|delta|code)"\s*:\s*"([^"\\]*(?:\\.[^"\\]*)*)', re.DOTALL)
MAX_SEARCHED_BYTES = 256 * 1024  # bytes of an answer that broke off


def usage_in(answer: Mapping[str, object]) -> Usage | None:
    """The tokens that a response reports; None if it reports none, or only one side."""
    usage = object_at(answer, "usage")
    return None if usage is None else usage_of(usage, service_tier_of(dict(answer)))


def is_error(answer: Mapping[str, object]) -> bool:
    """Whether a whole answer is an error, of its server or of the response."""
    if answer.get("status") == FAILED or answer.get("type") == "error" or answer.get("object") == "error":
        return True
    if "output" in answer:
        return says_error(answer.get("error"))
    return bool(answer.get("error")) or "detail" in answer or ("message" in answer and "code" in answer)


def is_answer(answer: Mapping[str, object]) -> bool:
    """Whether it has something in it, or says that there is nothing yet or any more."""
    if answer.get("status") in RUNNING | {INCOMPLETE, CANCELLED}:
        return True
    return any(True for _ in objects_at(answer, "output"))


def written_in(answer: Mapping[str, object]) -> int:
    """The bytes of the model's text in a whole answer."""
    return sum(map(size_of_item, objects_at(answer, "output")))


def size_of_item(item: Mapping[str, object]) -> int:
    return sum(map(utf8_size, _texts_of_item(item)))


def _texts_of_item(item: Mapping[str, object]) -> Iterator[str]:
    for name in _SAID:
        yield text_at(item, name)
    for parts in ("content", "summary"):
        for part in objects_at(item, parts):
            yield from (text_at(part, name) for name in _TEXTS)


def written_in_part(body: bytes) -> int:
    """The bytes of the model's text in the beginning of an answer, the last text perhaps cut. Only the first part of a
    long one is searched; the rest counts as text."""
    return sum(len(text) for text in _WRITTEN.findall(body, 0, MAX_SEARCHED_BYTES)) + max(
        0, len(body) - MAX_SEARCHED_BYTES
    )
