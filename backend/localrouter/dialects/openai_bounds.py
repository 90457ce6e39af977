"""How large a request can possibly be: the upper bound that strict limits reckon with.

No tokenizer makes more tokens than a text has bytes; what a chat template adds is allowed for by a fixed amount for
each message and request. What cannot be bounded in this way (images, files, tools that the provider runs itself) is
named, and a strict limit refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

from localrouter.domain.chat import Endpoint, ModelRequest

TOKENS_PER_REQUEST = 64
TOKENS_PER_MESSAGE = 8
# Fields that do not become part of the prompt, whatever they hold. Any other field is counted as it is written.
SETTINGS = frozenset(
    {
        "model", "messages", "prompt", "input", "stream", "stream_options", "n", "best_of", "max_tokens",
        "max_completion_tokens", "temperature", "top_p", "top_k", "min_p", "stop", "seed", "user", "logit_bias",
        "logprobs", "top_logprobs", "presence_penalty", "frequency_penalty", "repetition_penalty", "store", "metadata",
        "service_tier", "parallel_tool_calls", "reasoning_effort", "encoding_format", "dimensions", "echo",
        "safety_identifier", "prompt_cache_key", "verbosity",
    }
)  # fmt: skip
HOSTED_FIELDS = frozenset({"web_search_options", "search_parameters", "plugins", "previous_response_id", "audio"})
OUR_TOOLS = frozenset({"function", "custom"})
TEXT_PARTS = frozenset({"text", "input_text", "output_text", "refusal"})


@dataclass(frozen=True, slots=True)
class Bound:
    """At most `prompt_tokens` go in, and at most `answers` times the cap on an answer comes out."""

    prompt_tokens: int
    answers: int


@dataclass(frozen=True, slots=True)
class Unbounded:
    """`part` is what makes the request's size unknowable, in words for the user."""

    part: str


def bound_of(request: ModelRequest) -> Bound | Unbounded:
    """The bound of a request in OpenAI's shape."""
    body = request.body
    unknowable = next(_unknowable(request), None)
    if unknowable is not None:
        return Unbounded(unknowable)
    messages = body.get("messages")
    count = len(messages) if isinstance(messages, list) else 1
    other = sum(_written(value) for name, value in body.items() if name not in SETTINGS)
    text = sum(_size(part) for part in _texts(request))
    tokens = text + other + TOKENS_PER_REQUEST + TOKENS_PER_MESSAGE * count
    return Bound(prompt_tokens=tokens, answers=0 if request.endpoint is Endpoint.EMBEDDINGS else _answers(body))


def _unknowable(request: ModelRequest) -> Iterator[str]:
    yield from (f"the field {name}" for name in sorted(HOSTED_FIELDS & request.body.keys()))
    for tool in _items(request.body.get("tools")):
        if not (isinstance(tool, dict) and tool.get("type", "function") in OUR_TOOLS):
            yield "a tool that the provider runs itself"
    for message in _items(request.body.get("messages")):
        for part in _items(message.get("content") if isinstance(message, dict) else None):
            if not (isinstance(part, dict) and part.get("type") in TEXT_PARTS):
                yield f"a part of the type {_type_of(part)}"


def _texts(request: ModelRequest) -> Iterator[object]:
    match request.endpoint:
        case Endpoint.CHAT_COMPLETIONS:
            for message in _items(request.body.get("messages")):
                yield from message.values() if isinstance(message, dict) else (message,)
        case Endpoint.COMPLETIONS:
            yield from (request.body.get("prompt"), request.body.get("suffix"))
        case Endpoint.EMBEDDINGS:
            yield request.body.get("input")


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
    counts = [value for value in (body.get("n"), body.get("best_of")) if isinstance(value, int) and value > 0]
    return max(counts, default=1)


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def _type_of(part: object) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    return kind[:40] if isinstance(kind, str) else "unknown"
