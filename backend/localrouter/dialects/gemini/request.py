"""Parses what a program sends: refuses what is wrong, and finds what routing needs.

The body is parsed once and kept whole, its names in one spelling. Model and stream are told by the path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from localrouter.dialects.gemini.fields import CONFIG, KNOWN, NAME
from localrouter.dialects.gemini.spelling import spelled
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.reading import (
    MAX_EXACT,
    Body,
    object_in,
    refuse_many,
    refused,
    utf8_size,
)
from localrouter.dialects.json_bodies.refusals import MAX_BESIDE_ATTACHMENTS, too_large
from localrouter.dialects.json_bodies.values import object_at, objects_at, text_at
from localrouter.dialects.json_bodies.weight import Weigher
from localrouter.domain.conversation.request import BYTES_PER_TOKEN, Capability, Endpoint, ModelRequest

Json = dict[str, object]

TOKENS_PER_ATTACHMENT = 258  # what Google counts for a small picture or a page; only estimates count it
_DIGITS = re.compile(r"\d{1,12}", re.ASCII)
_WHOLE = ("maxOutputTokens", "candidateCount", "topK", "seed", "logprobs")


def parse_request(endpoint: Endpoint, raw: Body, weigher: Weigher | None = None) -> ModelRequest:
    """The request in a program's body, without what its path says. Raises `Invalid` with a sentence for its user.
    `weigher` has seen all of it; a long body that comes without one is weighed here."""
    body = spelled(object_in(raw, weigher, KNOWN))
    size = _Size()
    for path, content in _contents(endpoint, body):
        size.take(path, content)
    if len(raw) > MAX_BESIDE_ATTACHMENTS and len(raw) - size.attached > MAX_BESIDE_ATTACHMENTS:
        raise too_large()
    answers = endpoint is Endpoint.CHAT_COMPLETIONS
    config = _config(body) if answers else {}
    return ModelRequest(
        endpoint=endpoint,
        model="",
        body=body,
        dialect=NAME,
        needs=frozenset(_needs(asked_in(body), images=size.images > 0)),
        prompt_tokens_at_least=size.text // BYTES_PER_TOKEN,
        max_output_tokens=_cap(config),
        answers=_answers(config),
    )


def asked_in(body: Json) -> Json:
    """What is asked of the model: a prompt that is only counted may stand one level further down."""
    return object_at(body, "generateContentRequest") or body


def estimated_tokens(request: ModelRequest) -> int:
    """About how many tokens the prompt has, where nobody counts them."""
    size = _Size()
    for path, content in _contents(request.endpoint, request.body):
        size.take(path, content)
    tools = asked_in(request.body).get("tools")
    text = size.text + (len(dumps(tools)) if tools else 0)
    return max(1, text // BYTES_PER_TOKEN + TOKENS_PER_ATTACHMENT * (size.images + size.files))


def _contents(endpoint: Endpoint, body: Json) -> Iterator[tuple[str, object]]:
    """Each content of a request, with its path."""
    if endpoint is Endpoint.EMBEDDINGS:
        yield from _embedded(body)
        return
    asked = asked_in(body)
    contents = asked.get("contents")
    if contents is None:
        raise refused("contents", "contents is missing.")
    if not isinstance(contents, list):
        raise refused("contents", "contents must be a list.")
    refuse_many("contents", contents)
    if asked.get("systemInstruction") is not None:
        yield "systemInstruction", asked["systemInstruction"]
    for index, content in enumerate(contents):
        if not isinstance(content, dict):
            raise refused(f"contents[{index}]", f"contents[{index}] must be an object.")
        yield f"contents[{index}]", content


def _embedded(body: Json) -> Iterator[tuple[str, object]]:
    requests = body.get("requests")
    if requests is None:
        if not isinstance(body.get("content"), dict):
            raise refused("content", "content is missing.")
        yield "content", body["content"]
        return
    if not isinstance(requests, list):
        raise refused("requests", "requests must be a list.")
    refuse_many("requests", requests)
    for index, each in enumerate(requests):
        content = each.get("content") if isinstance(each, dict) else None
        if not isinstance(content, dict):
            raise refused(f"requests[{index}].content", f"requests[{index}].content is missing.")
        yield f"requests[{index}].content", content


def _config(body: Json) -> Json:
    """The configuration, its whole numbers written as such: Google takes 100.0 and "100" for 100."""
    config = body.get(CONFIG)
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise refused(CONFIG, f"{CONFIG} must be an object.")
    for name in _WHOLE:
        value = config.get(name)
        if isinstance(value, float | str) and _is_whole(value):
            config[name] = int(value)
    return config


def _is_whole(value: float | str) -> bool:
    if isinstance(value, str):
        return _DIGITS.fullmatch(value) is not None
    return value.is_integer() and abs(value) <= MAX_EXACT


def _cap(config: Json) -> int | None:
    cap = config.get("maxOutputTokens")
    if cap is None:
        return None
    if not isinstance(cap, int) or isinstance(cap, bool) or cap < 0:
        path = f"{CONFIG}.maxOutputTokens"
        raise refused(path, f"{path} must be a whole number.")
    return cap or None  # Google takes 0 for none


def _answers(config: Json) -> int | None:
    count = config.get("candidateCount")
    if count in (None, 0):
        return 1
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else None


def _needs(asked: Json, *, images: bool) -> Iterator[Capability]:
    if any(objects_at(asked, "tools")):
        yield Capability.TOOLS
    if images:
        yield Capability.IMAGES
    config = asked.get(CONFIG)
    if isinstance(config, dict) and (config.get("responseSchema") or config.get("responseJsonSchema")):
        yield Capability.JSON_SCHEMA


class _Size:
    """Adds up the bytes of all text, and of what is attached."""

    __slots__ = ("attached", "files", "images", "text")

    def __init__(self) -> None:
        self.text = self.attached = self.images = self.files = 0

    def take(self, path: str, content: object) -> None:
        if isinstance(content, str):
            self.text += utf8_size(content)
            return
        parts = content.get("parts") if isinstance(content, dict) else None
        if isinstance(parts, list):
            refuse_many(f"{path}.parts", parts)
            for part in parts:
                if isinstance(part, dict):
                    self._take_part(part)

    def _take_part(self, part: Json) -> None:
        if isinstance(text := part.get("text"), str):
            self.text += utf8_size(text)
        elif isinstance(call := part.get("functionCall"), dict):
            self.text += len(dumps(call.get("args") or {}))
        elif isinstance(result := part.get("functionResponse"), dict):
            self.text += len(dumps(result.get("response") or {}))
        elif (shown := object_at(part, "inlineData") or object_at(part, "fileData")) is not None:
            is_image = text_at(shown, "mimeType").startswith("image/")
            self.images += is_image
            self.files += not is_image
            self.attached += len(text_at(shown, "data"))
