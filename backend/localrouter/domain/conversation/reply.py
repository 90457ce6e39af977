"""What a model answers: a whole `Reply`, or the pieces of one as they come (`Delta`).

Pieces come in order: `Began` first, then those of the parts, then `Finished`; `UsageTold` may come at any time, the
last one counts. Text, reasoning and refusals simply go on until a piece of another kind comes; tool calls are told
apart by their `index`, since several may grow at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from localrouter.domain.conversation.parts import Citation, Part, TokenLogprob, ToolKind
from localrouter.domain.conversation.request import Usage


class FinishReason(StrEnum):
    STOP = "stop"  # the model was done
    STOP_SEQUENCE = "stop_sequence"
    LENGTH = "length"  # the cap on the answer
    CONTEXT = "context"  # the context window was full
    TOOLS = "tools"  # the model wants tools called
    CONTENT_FILTER = "content_filter"
    REFUSAL = "refusal"  # the model declined, or a classifier stopped it
    PAUSE = "pause"  # the provider wants the same conversation again, to go on
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Finish:
    """Why an answer ended. `raw` is the provider's own word, `stop_sequence` the one that was met."""

    reason: FinishReason
    raw: str | None = None
    stop_sequence: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. `id` and `model` are the provider's, "" where it gave none."""

    parts: tuple[Part, ...]
    finish: Finish
    usage: Usage | None = None
    id: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Began:
    id: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class TextPiece:
    text: str
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class PartBegan:
    """A new part of the same kind as the last one begins: the next text is another one."""


@dataclass(frozen=True, slots=True)
class ReasoningPiece:
    """`is_summary`: of a summary, not of the thoughts themselves."""

    text: str
    is_summary: bool = False


@dataclass(frozen=True, slots=True)
class ReasoningSealed:
    """The thoughts so far are complete: the fields are those of `parts.ReasoningPart`. Without thoughts before it, all
    of them are in `encrypted`."""

    signature: str | None = None
    encrypted: str | None = None
    redacted: bool = False
    dialect: str = ""
    item_id: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCallBegan:
    index: int
    id: str
    name: str
    kind: ToolKind = ToolKind.FUNCTION


@dataclass(frozen=True, slots=True)
class ArgumentsPiece:
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Cited:
    """The current text has this citation."""

    citation: Citation


@dataclass(frozen=True, slots=True)
class RefusalPiece:
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    finish: Finish


@dataclass(frozen=True, slots=True)
class UsageTold:
    usage: Usage


Delta = (
    Began
    | TextPiece
    | PartBegan
    | ReasoningPiece
    | ReasoningSealed
    | ToolCallBegan
    | ArgumentsPiece
    | Cited
    | RefusalPiece
    | Finished
    | UsageTold
)
