"""How large a request in OpenAI's format can possibly be: the upper bound that strict limits reckon with.

No tokenizer makes more tokens than a text has bytes; what a chat template adds is allowed for by a fixed amount for
each message and request. What cannot be bounded in this way (images, files, tools that the provider runs itself, a
choice of models that the provider makes) is named, and a strict limit refuses it. What nobody knows is counted as it
is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from localrouter.dialects.openai_caps import CAP_FIELDS, OTHER_CAPS
from localrouter.domain.bounds import Bound, Unbounded
from localrouter.domain.chat import Endpoint, ModelRequest

TOKENS_PER_REQUEST = 64
TOKENS_PER_MESSAGE = 8
COUNTS = ("n", "best_of")
MOST_ANSWERS = 100_000  # of one request; the largest that a provider takes is 128
# Fields that do not become part of the prompt, whatever they hold. Any other field is counted as it is written.
SETTINGS = frozenset(
    {
        "model", "stream", "stream_options", "temperature", "top_p", "top_k", "min_p", "stop", "seed", "user",
        "logit_bias", "logprobs", "top_logprobs", "presence_penalty", "frequency_penalty", "repetition_penalty",
        "store", "metadata", "service_tier", "parallel_tool_calls", "reasoning_effort", "encoding_format", "dimensions",
        "echo", "safety_identifier", "prompt_cache_key", "verbosity", *COUNTS, *CAP_FIELDS, *OTHER_CAPS,
    }
)  # fmt: skip
# By these a provider adds text of its own to the prompt, works beyond the cap, or takes another model.
UNBOUNDED_FIELDS = frozenset(
    {
        "audio", "conversation", "data_sources", "extra_body", "models", "plugins", "prediction",
        "previous_response_id", "search_parameters", "web_search_options",
    }
)  # fmt: skip
ORDINARY_TIERS = ("auto", "default", "flex", "standard_only", None)  # others cost more than the list says
OUR_TOOLS = frozenset({"function", "custom"})
TEXT_PARTS = frozenset({"text", "input_text", "output_text", "refusal"})
TEXT_FIELDS: dict[Endpoint, tuple[str, ...]] = {
    Endpoint.CHAT_COMPLETIONS: ("messages",),
    Endpoint.COMPLETIONS: ("prompt", "suffix"),
    Endpoint.EMBEDDINGS: ("input",),
}


def bound_of(request: ModelRequest) -> Bound | Unbounded:
    """The most that a request in OpenAI's shape can use."""
    body = request.body
    unknowable = next(_unknowable(request), None)
    if unknowable is not None:
        return Unbounded(unknowable)
    messages = body.get("messages")
    count = len(messages) if isinstance(messages, list) else 1
    own = TEXT_FIELDS[request.endpoint]
    other = sum(_written(value) for name, value in body.items() if name not in SETTINGS and name not in own)
    text = sum(_size(part) for part in _texts(request))
    tokens = text + other + TOKENS_PER_REQUEST + TOKENS_PER_MESSAGE * count
    if request.endpoint is Endpoint.EMBEDDINGS:
        return Bound(prompt_tokens=tokens, answers=0)
    answers = _answers(body)
    if request.endpoint is Endpoint.COMPLETIONS:
        return Bound(tokens * answers, answers * _prompts(body.get("prompt")), request.max_output_tokens)
    return Bound(tokens * answers, answers, request.max_output_tokens)


def _unknowable(request: ModelRequest) -> Iterator[str]:
    body = request.body
    yield from (f"the field {name}" for name in sorted(UNBOUNDED_FIELDS & body.keys()) if body[name] is not None)
    yield from (f"the field {name}, which is no count of answers" for name in COUNTS if not _is_count(body.get(name)))
    if body.get("service_tier") not in ORDINARY_TIERS:
        yield f"the service tier {str(body['service_tier'])[:40]}"
    for tool in _items(body.get("tools")):
        if not (isinstance(tool, dict) and tool.get("type", "function") in OUR_TOOLS):
            yield "a tool that the provider runs itself"
    for message in _items(body.get("messages")):
        yield from _unknowable_in(message)


def _unknowable_in(message: object) -> Iterator[str]:
    if not isinstance(message, dict):
        return
    if message.get("audio") is not None:
        yield "a message with audio"
    content = message.get("content")
    for part in _items([content] if isinstance(content, dict) else content):
        if not (isinstance(part, dict) and part.get("type") in TEXT_PARTS):
            yield f"a part of the type {_type_of(part)}"


def _texts(request: ModelRequest) -> Iterator[object]:
    for name in TEXT_FIELDS[request.endpoint]:
        value = request.body.get(name)
        if name != "messages":
            yield value
            continue
        for message in _items(value):
            yield from message.values() if isinstance(message, dict) else (message,)


def _size(value: object) -> int:
    """The most tokens that a value of a message can become."""
    match value:
        case None:
            return 0
        case str():
            return len(value.encode("utf-8", "surrogatepass"))
        case list() if value and all(isinstance(item, int) for item in value):
            return len(value)  # tokens already
        case list():
            return sum(_size(item) + TOKENS_PER_MESSAGE for item in value)
        case {"type": str(kind), **rest} if kind in TEXT_PARTS:
            return sum(_size(text) for text in rest.values())
        case _:
            return _written(value)


def _written(value: object) -> int:
    return 0 if value is None else len(orjson.dumps(value))


def _answers(body: dict[str, object]) -> int:
    """How many answers are made, and billed, for one prompt."""
    counts = [value for value in (body.get(name) for name in COUNTS) if isinstance(value, int)]
    return max(1, *counts) if counts else 1


def _prompts(prompt: object) -> int:
    """How many prompts a completion has: one, or a list of texts or of lists of tokens, each with its own answers."""
    if not isinstance(prompt, list) or all(isinstance(item, int) for item in prompt):
        return 1
    return len(prompt)


def _is_count(value: object) -> bool:
    """Some servers also take 3.0 or "3" for 3: what is no count, or none of this world, nobody can reckon with."""
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value <= MOST_ANSWERS)


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def _type_of(part: object) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    return kind[:40] if isinstance(kind, str) else "unknown"
