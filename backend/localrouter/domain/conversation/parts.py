"""What the messages of a conversation are made of.

Each part carries all that any dialect can say of it. What a dialect cannot say of a part it drops with a warning, so
that nothing is lost unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class CacheMark:
    """The prompt up to here should be cached. `ttl` is how long, as in "5m" or "1h"; None: as the provider does."""

    ttl: str | None = None


@dataclass(frozen=True, slots=True)
class Inline:
    """Data that travels with the request, in base64 without a `data:` prefix."""

    data: str
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Remote:
    """Data that the provider fetches."""

    url: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that was uploaded to the provider before; no other provider knows it."""

    file_id: str


@dataclass(frozen=True, slots=True)
class PlainText:
    """A document given as its text."""

    text: str


Source = Inline | Remote | Stored | PlainText


@dataclass(frozen=True, slots=True)
class Citation:
    """Where something in an answer was found. `start` and `end` are characters of the text that it stands in.

    `raw` is the citation as `dialect` wrote it: what has no field here goes back to that dialect alone.
    """

    url: str | None = None
    title: str | None = None
    cited_text: str | None = None
    start: int | None = None
    end: int | None = None
    dialect: str = ""
    raw: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """One token with its log probability; `utf8` are its bytes, `alternatives` what could have stood there."""

    token: str
    logprob: float
    utf8: tuple[int, ...] | None = None
    alternatives: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class TextPart:
    text: str
    citations: tuple[Citation, ...] = ()
    cache: CacheMark | None = None
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class ImagePart:
    """`detail` is how closely the model should look: "low", "high", "auto"."""

    source: Source
    detail: str | None = None
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class FilePart:
    """`name` is the file's, `context` what the model should know of it; `cites`: the answer should cite it."""

    source: Source
    name: str | None = None
    context: str | None = None
    cites: bool | None = None
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class AudioPart:
    """`format` is the encoding, such as "wav". `Stored` names audio that the model itself said earlier."""

    source: Source
    format: str | None = None


class ToolKind(StrEnum):
    FUNCTION = "function"  # takes JSON
    CUSTOM = "custom"  # takes text


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """`arguments` is JSON as the model wrote it, or any text for a custom tool. `item_id` is the id of the call itself
    where its dialect has one beside the `id` that results refer to."""

    id: str
    name: str
    arguments: str
    kind: ToolKind = ToolKind.FUNCTION
    cache: CacheMark | None = None
    item_id: str | None = None


ResultPart = TextPart | ImagePart | FilePart


@dataclass(frozen=True, slots=True)
class ToolResultPart:
    call_id: str
    parts: tuple[ResultPart, ...] = ()
    is_error: bool | None = None
    kind: ToolKind = ToolKind.FUNCTION
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class ReasoningPart:
    """What a model thought before it spoke.

    `text` is the thinking itself, `summary` a summary of it. `signature` proves that the text is the model's own;
    `encrypted` is thinking that only its provider can read, with or without a summary, and `redacted` if it was hidden
    for safety. Both mean something only to providers that speak `dialect`, which made them: "" if nobody knows.
    """

    text: str = ""
    summary: tuple[str, ...] = ()
    signature: str | None = None
    encrypted: str | None = None
    redacted: bool = False
    dialect: str = ""
    item_id: str | None = None


@dataclass(frozen=True, slots=True)
class RefusalPart:
    """The model's own words on why it will not answer."""

    text: str


Part = (
    TextPart | ImagePart | FilePart | AudioPart | ToolCallPart | ToolResultPart | ReasoningPart | RefusalPart
)  # of a message or a reply
