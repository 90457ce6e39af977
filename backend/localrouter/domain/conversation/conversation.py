"""What a program asks of a model, between the dialect that it speaks and the one that a provider speaks.

A client dialect makes a `Conversation` of its request, a provider dialect a call of that. What either cannot express is
a warning; what would change the meaning is refused by name (`errors.Invalid`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from localrouter.domain.conversation.parts import CacheMark, Part, ToolKind


class Role(StrEnum):
    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"  # what tools return is the user's, too
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """`name` tells participants of the same role apart."""

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the program runs itself. `schema` is the JSON schema of its arguments, None for a custom tool or one
    without any; `grammar` is what the input of a custom tool must match, as its dialect wrote it. `strict`: arguments
    must match the schema."""

    name: str
    description: str | None = None
    schema: Mapping[str, object] | None = None
    strict: bool | None = None
    cache: CacheMark | None = None
    kind: ToolKind = ToolKind.FUNCTION
    grammar: Mapping[str, object] | None = None


class ToolUse(StrEnum):
    AUTO = "auto"  # the model decides
    NONE = "none"
    REQUIRED = "required"  # one tool at least


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """Whether the model must use tools, and which: `names` are those that it may use, all if it is empty. A single
    required one is the tool that it has to call."""

    use: ToolUse = ToolUse.AUTO
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the model picks its words; None and () are the provider's defaults."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None


class OutputKind(StrEnum):
    TEXT = "text"
    JSON = "json"  # any JSON object
    SCHEMA = "schema"


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """What the answer's text has to be. `schema`, `name`, `description` and `strict` belong to `SCHEMA`; `is_word`: its
    value is a text, which is told as it is, not as JSON."""

    kind: OutputKind = OutputKind.TEXT
    schema: Mapping[str, object] | None = None
    name: str | None = None
    description: str | None = None
    strict: bool | None = None
    is_word: bool = False


class Effort(StrEnum):
    NONE = "none"
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"


SHOWN = "auto"  # the summary for a program that reads thoughts, and does not say how long they should be


@dataclass(frozen=True, slots=True)
class ReasoningWish:
    """How much the model should think. `enabled` None: the request does not say so; `budget` is in tokens. `summary` is
    how its thoughts should be summed up ("auto", "concise", "detailed"), `encrypted`: they are wanted in a form that
    can be sent back."""

    enabled: bool | None = None
    effort: Effort | None = None
    budget: int | None = None
    summary: str | None = None
    encrypted: bool = False

    @property
    def is_given(self) -> bool:
        return self.enabled is not None or self.effort is not None or self.budget is not None

    @property
    def is_off(self) -> bool:
        return self.enabled is False or self.effort is Effort.NONE


@dataclass(frozen=True, slots=True)
class Logprobs:
    """`top` is how many alternatives each token should come with."""

    top: int = 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """A whole request for an answer of a chat model.

    `max_output_tokens` caps each of the `answers`. `user` identifies the program's own user, `metadata` is kept with
    the answer. `extras` are wishes without a field here, by the name that most dialects share (such as `verbosity`,
    `service_tier`): a provider dialect sends those that it knows and warns of the rest. `warnings` is what the client's
    dialect could not bring along, `adapted` names what it says in another way.
    """

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tools: bool | None = None
    sampling: Sampling = Sampling()
    output: OutputFormat = OutputFormat()
    reasoning: ReasoningWish = ReasoningWish()
    max_output_tokens: int | None = None
    answers: int = 1
    logprobs: Logprobs | None = None
    user: str | None = None
    metadata: Mapping[str, object] | None = None
    stream: bool = False
    extras: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    adapted: tuple[str, ...] = ()
