"""A body on its way to a server, with what was changed about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Json = dict[str, object]

MOST_INSTRUCTIONS = 256  # bytes of what the model is asked in words, without the program's own schema and names
_ASKED_IN_WORDS = ("response_format", "tool_choice", "text", "output_config", "output_format", "generationConfig")


def instructions_at_most(body: Mapping[str, object]) -> int:
    """By how many tokens a prompt can grow where a server lacks what the request asks for, in any dialect."""
    return MOST_INSTRUCTIONS if any(body.get(name) is not None for name in _ASKED_IN_WORDS) else 0


def left_out_of(lost: Iterable[str], who: str = "this model's provider has") -> tuple[str, ...]:
    """The warning about what could not be told."""
    names = sorted(lost)
    return (f"left out, as {who} no such thing: {', '.join(names)}",) if names else ()


@dataclass(slots=True)
class Written:
    """A conversation's body as it grows; `lost` is what it cannot express, `adapted` what it says in another way,
    `renamed` what tools are called now and what their program calls them. `who` has no words for what is lost."""

    who: str = "this model's provider has"
    body: Json = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    adapted: set[str] = field(default_factory=set)
    renamed: Mapping[str, str] = field(default_factory=dict)

    def warnings(self) -> tuple[str, ...]:
        return left_out_of(self.lost, self.who)


@dataclass(slots=True)
class Adapting:
    """`lost` is what the server cannot be told, `adapted` what it is told in another way. `wraps_json`: the answer may
    be JSON in the wrapping that models put around it."""

    body: Json
    lost: set[str] = field(default_factory=set)
    adapted: set[str] = field(default_factory=set)
    wraps_json: bool = False

    def warnings(self) -> tuple[str, ...]:
        return left_out_of(self.lost)

    def messages(self) -> list[Json]:
        """The messages that are objects; servers judge the rest."""
        messages = self.body.get("messages")
        return [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []

    def instruct(self, said: str) -> None:
        """Tell the model, with what the system says at the beginning."""
        messages = self.messages()
        if messages and messages[0].get("role") in ("system", "developer"):
            first = messages[0]
            self.body["messages"] = [{**first, "content": with_text(first.get("content"), said)}, *messages[1:]]
        else:
            self.body["messages"] = [{"role": "system", "content": said}, *messages]


def with_text(content: object, text: str) -> object:
    """A message's content with one more paragraph."""
    if isinstance(content, list):
        return [*content, {"type": "text", "text": text}]
    return f"{content}\n\n{text}" if isinstance(content, str) and content else text


def joined(contents: Iterable[object]) -> object:
    """The contents of several messages as that of one."""
    given = [content for content in contents if content]
    if all(isinstance(content, str) for content in given):
        return "\n\n".join(str(content) for content in given)
    return [part for content in given for part in _parts(content)]


def _parts(content: object) -> Iterable[object]:
    return content if isinstance(content, list) else ({"type": "text", "text": content},)
