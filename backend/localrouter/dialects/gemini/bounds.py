"""The upper bound of a request's size, which strict limits reserve.

No tokenizer makes more tokens than a text has bytes; a fixed amount for each content and request allows for what a chat
template, or telling it in another dialect, adds. What cannot be bounded like this (pictures, files, tools that Google
runs itself, cached content, unknown fields) is named, and a strict limit refuses it.
"""

from __future__ import annotations

from collections.abc import Iterator

from localrouter.dialects.gemini.fields import (
    CONFIG,
    CONFIG_SETTINGS,
    CONFIG_WRITTEN,
    SETTINGS,
    TEXTS,
    UNBOUNDED,
    WRITTEN,
)
from localrouter.dialects.gemini.request import asked_in
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.values import object_at, objects_at
from localrouter.domain.conversation.request import Endpoint, ModelRequest
from localrouter.domain.limits.demand import MaxUsage, Unbounded

Json = dict[str, object]

TOKENS_PER_REQUEST = 64
TOKENS_PER_CONTENT = 8
TOKENS_PER_TOOL = 64
MOST_ANSWERS = 100
PARTS = frozenset({"text", "thought", "thoughtSignature", "functionCall", "functionResponse"})
CONTENT_KEYS = frozenset({"role", "parts"})
RESULT_KEYS = frozenset({"id", "name", "response", "willContinue", "scheduling"})
EMBEDDED_KEYS = frozenset({"model", "content", "taskType", "title", "outputDimensionality"})
_ORDINARY_TIERS = (None, "standard", "STANDARD", "unspecified", "SERVICE_TIER_UNSPECIFIED")


def bound_of(request: ModelRequest) -> MaxUsage | Unbounded:
    """The most that a request can use. A prompt that is only counted is judged like one that is sent."""
    if request.endpoint is Endpoint.EMBEDDINGS:
        return _embedded(request.body)
    body = asked_in(request.body)
    unknowable = next(_unknowable(body, request), None)
    if unknowable is not None:
        return Unbounded(unknowable)
    config = object_at(body, CONFIG) or {}
    written = sum(len(dumps(value)) for name, value in body.items() if name in WRITTEN and value is not None)
    written += sum(len(dumps(value)) for name, value in config.items() if name in CONFIG_WRITTEN)
    contents = [body.get("systemInstruction"), *objects_at(body, "contents")]
    declared = sum(1 for tool in objects_at(body, "tools") for _ in objects_at(tool, "functionDeclarations"))
    tokens = sum(map(_size, contents)) + written + TOKENS_PER_TOOL * declared
    tokens += TOKENS_PER_REQUEST + TOKENS_PER_CONTENT * len(contents)
    if request.endpoint is Endpoint.COUNT_TOKENS:
        return MaxUsage(tokens, 0, None)
    answers = request.answers or 1
    return MaxUsage(tokens * answers, answers, request.max_output_tokens)


def _embedded(body: Json) -> MaxUsage | Unbounded:
    requests = list(objects_at(body, "requests")) if "requests" in body else [body]
    for each in requests:
        if unknown := each.keys() - EMBEDDED_KEYS:
            return Unbounded(f"the field {min(unknown)[:60]}, which is not known here")
        if (why := next(_unknowable_of_content(each.get("content")), None)) is not None:
            return Unbounded(why)
    if "requests" in body and (unknown := body.keys() - {"requests", "model"}):
        return Unbounded(f"the field {min(unknown)[:60]}, which is not known here")
    return MaxUsage(
        sum(_size(each.get("content")) + len(dumps(each.get("title"))) for each in requests) + TOKENS_PER_REQUEST, 0
    )


def _size(content: object) -> int:
    """A content is as long as its texts, anything else as it is written."""
    if content is None:
        return 0
    if isinstance(content, str):
        return len(content.encode("utf-8", "surrogatepass"))
    total = 0
    for part in objects_at(content, "parts"):
        text = part.get("text")
        is_text = isinstance(text, str) and not part.keys() - {"text", "thought", "thoughtSignature"}
        size = len(str(text).encode("utf-8", "surrogatepass")) if is_text else len(dumps(part))
        total += size + len(dumps(part.get("thoughtSignature"))) + TOKENS_PER_CONTENT
    return total


def _unknowable(body: Json, request: ModelRequest) -> Iterator[str]:
    for name, value in body.items():
        if value is None:
            continue
        if name in UNBOUNDED:
            yield f"the field {name}"
        elif name not in SETTINGS | WRITTEN | TEXTS | {CONFIG, "serviceTier"}:
            yield f"the field {name[:60]}, which is not known here"
    if body.get("serviceTier") not in _ORDINARY_TIERS:
        yield f"the service tier {str(body['serviceTier'])[:40]}, whose price is not known"
    if request.answers is None or request.answers > MOST_ANSWERS:
        yield f"the field {CONFIG}.candidateCount, which is no count of answers"
    for name, value in (object_at(body, CONFIG) or {}).items():
        if value is not None and name not in CONFIG_SETTINGS | CONFIG_WRITTEN:
            yield f"the field {CONFIG}.{name[:60]}, whose effect is not known here"
    for tool in objects_at(body, "tools"):
        if others := tool.keys() - {"functionDeclarations"}:
            yield f"the tool {min(others)[:40]}, which the provider runs itself"
    if (object_at(body, "toolConfig") or {}).keys() - {"functionCallingConfig"}:
        yield "a setting of tools that is not known here"
    for content in (body.get("systemInstruction"), *objects_at(body, "contents")):
        yield from _unknowable_of_content(content)


def _unknowable_of_content(content: object) -> Iterator[str]:
    if content is None or isinstance(content, str):
        return
    if not isinstance(content, dict) or content.keys() - CONTENT_KEYS:
        yield "a content with fields that are not known here"
        return
    parts = content.get("parts")
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, dict):
            yield "a part that is no object"
        elif others := part.keys() - PARTS:
            yield f"a part of the type {min(others)[:40]}"
        elif (object_at(part, "functionResponse") or {}).keys() - RESULT_KEYS:
            yield "a result of a tool with more than an object"
