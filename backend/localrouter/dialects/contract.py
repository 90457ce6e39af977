"""What the router needs of a wire format: of one that programs speak, and of one that providers speak.

The two halves meet in the neutral request, answer and stream events. Where a program and a provider speak the same
dialect, the provider's bytes pass. Everything here is pure: bytes and values in, bytes and values out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from localrouter.dialects.json_bodies.weight import Weigher
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage
from localrouter.domain.limits.demand import MaxUsage, Unbounded
from localrouter.domain.models.info import ListedModel
from localrouter.domain.models.shown import ShownModel
from localrouter.domain.models.terms import ListPrices
from localrouter.domain.routing.failures import Failure


@dataclass(frozen=True, slots=True)
class Preset:
    """A known provider's defaults: one row in `presets`.

    `base_url` is what an SDK of its dialect would take as its base URL. `auth_header` with `auth_prefix` is how the key
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
    dialect: str = "openai_chat"
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
    """A whole answer. `raw` is what the provider sent, `output_bytes` the size of the model's text in it."""

    raw: bytes
    usage: Usage | None
    output_bytes: int


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event of a stream, as far as the router cares.

    `raw` is what the provider wrote, for clients that speak its dialect; empty where there is nothing to show, such as
    the usage that only the router asked for. `is_content` is true for text, reasoning or a tool call, and false for a
    role alone. `finished`: an answer has its reason to end; `done`: so has the stream. `closes`: the usage belongs to
    all that was said before it, not to this event.
    """

    raw: bytes
    is_content: bool = False
    output_bytes: int = 0
    finished: bool = False
    done: bool = False
    usage: Usage | None = None
    closes: bool = False
    failure: Failure | None = None
    malformed: bool = False


class StreamDecoder(Protocol):
    """Reads one stream of a provider. Bytes may come in any fragmentation."""

    @property
    def answers_finished(self) -> int:
        """How many answers have had their reason to end so far."""
        ...

    def feed(self, data: bytes) -> Sequence[StreamEvent]: ...

    def end(self) -> Sequence[StreamEvent]:
        """The body is over: the events that were still incomplete."""
        ...


class StreamWriter(Protocol):
    """Writes one stream for its client."""

    def event(self, event: StreamEvent) -> bytes:
        """An event of a provider that speaks another dialect, the `done` one too; b"" shows the client nothing."""
        ...

    def end(self) -> bytes:
        """The end of a whole stream, where the provider did not say so."""
        ...

    def error(self, reply: ErrorReply) -> bytes:
        """Why the stream broke off. The client must not take it for a whole one."""
        ...


class ClientDialect(Protocol):
    """What a program speaks. Stateless: one object serves every request."""

    @property
    def name(self) -> str: ...

    @property
    def paths(self) -> Mapping[str, Endpoint]:
        """Where its requests go, below `/v1/`."""
        ...

    def parse(self, endpoint: Endpoint, body: bytes | bytearray, weigher: Weigher | None = None) -> ModelRequest:
        """The request in a body, with a lower bound of its size. Raises `Invalid` with a sentence for the user.
        `weigher` has seen the whole body; None: nobody has weighed it."""
        ...

    def example(self, endpoint: Endpoint, model: str, fields: Mapping[str, object]) -> ModelRequest:
        """A request with these fields, and a short text where they give none. Raises `Invalid` like `parse`."""
        ...

    def max_usage(self, request: ModelRequest) -> MaxUsage | Unbounded:
        """An upper bound of a request's size: what strict limits reserve."""
        ...

    def write_answer(self, answer: PlainAnswer) -> bytes:
        """The answer of a provider that speaks another dialect."""
        ...

    def stream_writer(self, request: ModelRequest) -> StreamWriter: ...

    def write_error(self, reply: ErrorReply) -> bytes: ...

    def write_models(self, models: tuple[ShownModel, ...]) -> bytes: ...

    def write_model(self, model: ShownModel) -> bytes: ...

    def write_pricing(self, model: ShownModel) -> bytes: ...


class ProviderDialect(Protocol):
    """What a provider speaks. Stateless: one object serves every request."""

    @property
    def name(self) -> str: ...

    @property
    def model_list_path(self) -> str:
        """Where the model list is, below a provider's base URL."""
        ...

    def encode(self, request: ModelRequest, model: str, preset: Preset, output_cap: int | None = None) -> EncodedCall:
        """The call to make. `output_cap` is the most tokens that each answer may have; None: as the request says."""
        ...

    def failure(self, status: int, headers: Mapping[str, str], body: bytes, preset: Preset) -> Failure:
        """Why an answer with an error status failed: structured code first, then status, then text."""
        ...

    def plain_answer(self, body: bytes, request: ModelRequest, preset: Preset) -> PlainAnswer | Failure:
        """A whole answer with status 200; it may still carry an error."""
        ...

    def seen_in(self, body: bytes) -> tuple[Usage | None, int]:
        """What a body tells that broke off or is no answer: its usage, and the size of the model's text in it."""
        ...

    def stream_decoder(self, request: ModelRequest, preset: Preset) -> StreamDecoder: ...

    def model_list(self, body: bytes) -> tuple[ListedModel, ...]:
        """The models in a list. Raises `model_lists.NoModelList` for what is none."""
        ...


@dataclass(frozen=True, slots=True)
class Dialects:
    """What is spoken on either side, by name."""

    clients: Mapping[str, ClientDialect]
    providers: Mapping[str, ProviderDialect]

    def max_usage(self, request: ModelRequest) -> MaxUsage | Unbounded:
        return self.clients[request.dialect].max_usage(request)
