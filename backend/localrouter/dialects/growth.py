"""How much longer a prompt can become where it is told in another way: strict limits reserve for what is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from localrouter.dialects.json_bodies.values import objects_at, text_at
from localrouter.domain.conversation.request import ModelRequest
from localrouter.domain.limits.demand import MaxUsage, Unbounded

# Bytes of what is written around each of them at most: the names of fields, a schema for text, a sentence.
_FORMAT, _TOOL, _SHELL, _PART = 512, 256, 768, 192
_TURNS = ("messages", "input", "contents")
_FORMATS = ("response_format", "text", "output_config", "output_format", "generationConfig")
_WITHIN = ("content", "tool_calls", "parts")


def bound_when_told(bound: MaxUsage | Unbounded, request: ModelRequest) -> MaxUsage | Unbounded:
    """The most that a request can use that is told in another way than its program did."""
    if isinstance(bound, Unbounded):
        return bound
    return bound._replace(prompt_tokens=bound.prompt_tokens + max(1, bound.answers) * added_at_most(request))


def added_at_most(request: ModelRequest) -> int:
    """The bytes by which a prompt grows at most."""
    body = request.body
    tools = (*objects_at(body, "tools"), *objects_at(body, "functions"))
    grown = sum(map(_of_tool, tools)) + _PART * sum(1 for _ in _parts(body))
    return grown + (_FORMAT if any(body.get(name) for name in _FORMATS) else 0)


def _of_tool(tool: Mapping[str, object]) -> int:
    if text_at(tool, "type") == "local_shell":
        return _SHELL
    inner = (*objects_at(tool, "tools"), *objects_at(tool, "functionDeclarations"))
    if not inner:
        return _TOOL
    return len(inner) * (_TOOL + len(text_at(tool, "name").encode("utf-8", "surrogatepass")))


def _parts(body: Mapping[str, object]) -> Iterator[object]:
    """Everything in the turns that is no plain text: calls, results, thoughts."""
    for turn in (turn for name in _TURNS for turn in objects_at(body, name)):
        if turn.get("role") not in ("user", "assistant", "system", "developer", "model"):
            yield turn
        if turn.get("function_call"):
            yield turn
        yield from (part for name in _WITHIN for part in objects_at(turn, name) if "text" not in part)
