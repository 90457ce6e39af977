"""What a wire format must be able to do. Everything here is pure: bytes and values in, values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage
from localrouter.domain.models.info import ListedModel
from localrouter.domain.models.terms import ListPrices
from localrouter.domain.routing.failures import Failure


@dataclass(frozen=True, slots=True)
class Preset:
    """A known provider's defaults: one row in `presets`.

    `base_url` is what an OpenAI SDK would take as its base URL. `auth_header` with `auth_prefix` is how the key
    travels. `output_cap_field` is the field that caps the answer's length. `refused_fields` are the request fields
    that the provider answers with an error, or passes over although they matter. `tool_prompt_tokens` is what it adds
    to a prompt with tools, beside the tools themselves. A preset without a `base_url` needs one of the user, `path`
    completes it. `list_prices` is how far the prices in its model list can be believed: by default there are none.
    """

    name: str
    title: str
    base_url: str
    local: bool = False
    auth_header: str = "authorization"
    auth_prefix: str = "Bearer "
    needs_key: bool = True
    key_variable: str | None = None
    starter_model: str | None = None
    dialect: str = "openai"
    output_cap_field: str = "max_completion_tokens"
    supports_stream_usage: bool = True
    endpoints: frozenset[Endpoint] = field(default_factory=lambda: frozenset(Endpoint))
    refused_fields: frozenset[str] = frozenset()
    tool_prompt_tokens: int = 0
    path: str = ""
    list_prices: ListPrices = ListPrices.NONE


@dataclass(frozen=True, slots=True)
class EncodedCall:
    """What goes upstream: a path below the provider's base URL, headers without credentials, and the body. `capped` is
    the field that was set or lowered to keep the answer's length within a cap; None where the request did so anyway."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    capped: str | None = None


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """A whole answer, as it goes to the client. `output_bytes` is the size of what the model wrote."""

    body: bytes
    usage: Usage | None
    output_bytes: int


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event of a stream, as far as the router cares.

    `data` goes to the client as it stands (empty: nothing to show, the router's own usage request). `is_content`
    is true for text, reasoning or a tool call, and false for a chunk that only carries a role. `closes`: its usage
    belongs to no answer, but to all that was said before it.
    """

    data: bytes
    is_content: bool = False
    output_bytes: int = 0
    finished: bool = False
    done: bool = False
    usage: Usage | None = None
    closes: bool = False
    failure: Failure | None = None
    malformed: bool = False


class StreamDecoder(Protocol):
    """Reads one stream. Bytes may come in any fragmentation."""

    @property
    def answers_finished(self) -> int:
        """Of how many answers the end was told so far, each with a reason."""
        ...

    def feed(self, data: bytes) -> Sequence[StreamEvent]: ...

    def end(self) -> Sequence[StreamEvent]:
        """The body is over: what was still incomplete."""
        ...


class ClientDialect(Protocol):
    """What a program speaks."""

    def error_body(self, reply: ErrorReply) -> bytes: ...

    def error_event(self, reply: ErrorReply) -> bytes:
        """What a stream says that broke off. The client must not take it for a whole one."""
        ...


class ProviderDialect(Protocol):
    """What a provider speaks."""

    def encode(self, request: ModelRequest, model: str, preset: Preset, output_cap: int | None = None) -> EncodedCall:
        """`output_cap`: how many tokens each answer may have at most; None: as the request says."""
        ...

    def failure(self, status: int, headers: Mapping[str, str], body: bytes, preset: Preset) -> Failure:
        """Why an answer with an error status failed: structured code first, then status, then text."""
        ...

    def plain_answer(self, body: bytes, request: ModelRequest, preset: Preset) -> PlainAnswer | Failure:
        """A whole answer with status 200; it may still carry an error."""
        ...

    def seen_in(self, body: bytes) -> tuple[Usage | None, int]:
        """Of a body that broke off or is no answer: the usage that it tells nevertheless, and the size of what the
        model wrote in it."""
        ...

    def stream(self, request: ModelRequest, preset: Preset) -> StreamDecoder: ...

    def model_list(self, body: bytes) -> tuple[ListedModel, ...]: ...
