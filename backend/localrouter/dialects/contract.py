"""What the router needs of a wire format: of one that programs speak, and of one that providers speak.

Where a program and a provider speak the same dialect, bytes pass both ways (`encode`, `raw`). Where not, the two halves
meet in the neutral conversation: the client's dialect makes one of its request, the provider's a call of that; what
comes back is a `Reply`, or `Delta`s of one, which the client's dialect writes down. What one side cannot express is a
warning; what would change the meaning is refused by name (`Invalid`). Everything here is pure: bytes and values in,
bytes and values out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from localrouter.dialects.features import Feature
from localrouter.dialects.json_bodies.weight import Weigher
from localrouter.dialects.model_writer import ModelWriter
from localrouter.dialects.stream_frames import StreamFrame
from localrouter.domain.configuration.config import RequestFields
from localrouter.domain.configuration.validation.endpoint_urls import without_endpoint
from localrouter.domain.conversation.conversation import Conversation
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.reply import Delta, Reply
from localrouter.domain.conversation.request import Capability, Endpoint, ModelRequest, Service, Usage
from localrouter.domain.limits.demand import MaxUsage, Unbounded
from localrouter.domain.models.info import ListedModel, ModelInfo
from localrouter.domain.models.terms import ListPrices
from localrouter.domain.routing.failures import Failure

RESPONSES = "openai_responses"  # the dialect of models that answer in no other
_OTHER_TOOLS = frozenset({Service.OTHER_TOOLS})


@dataclass(frozen=True, slots=True)
class Preset:
    """A known provider's defaults: one row in `presets`.

    `base_url` is what an SDK of its dialect would take as its base URL. `auth_header` with `auth_prefix` is how the key
    travels. `output_cap_field` is the field that caps the answer's length. `refused_fields` are the request fields
    that the provider answers with an error, or passes over although they matter. `tool_prompt_tokens` is what it adds
    to a prompt with tools, beside the tools themselves. A preset without a `base_url` needs one of the user, `path`
    completes it. `list_prices` is how far the prices in its model list can be believed: by default there are none.
    `dialect` is what every program's request can be told in, `also_speaks` are others that it takes as they come,
    `services` what it does there beyond answering, `also_speaks_at` those for one endpoint alone, whose paths are below
    `folders` of its base URL. `elsewhere` is the preset in its place at addresses that are none of its `own_addresses`.
    `already_told` are refused fields of which everybody knows, `learned` those that only its answers refused.
    `renames_caps`: a cap under any other name moves to `output_cap_field`.
    `headers` go with every call, unless the provider's configuration has them. `takes` names what its servers take
    beyond the common ground of their dialect, `lacks` what of it they do not; `lacks_by_model` is what the models with
    such a beginning of their names do not, `varies` what only those have of which the catalogue knows it. `renames`
    are fields with a name of the provider's own, `refused_in_messages` the fields of messages that it refuses.
    `call_id_length`: tool calls have ids of just so many letters and digits there.
    `sdk_adds` is what an SDK of its dialect puts behind its base URL, `model_list` where its list is if not where its
    dialect has it. `sources` are the pages that say all this.
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
    also_speaks: frozenset[str] = frozenset()
    services: frozenset[Service] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)
    takes: frozenset[str] = frozenset()
    sdk_adds: str = ""
    renames_caps: bool = False
    already_told: frozenset[str] = frozenset()
    learned: frozenset[str] = frozenset()
    lacks: frozenset[Feature] = frozenset()
    lacks_by_model: tuple[tuple[str, frozenset[Feature]], ...] = ()
    varies: frozenset[Feature] = frozenset()
    renames: Mapping[str, str] = field(default_factory=dict)
    refused_in_messages: frozenset[str] = frozenset()
    model_list: str | None = None
    sources: tuple[str, ...] = ()
    also_speaks_at: Mapping[Endpoint, str] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)
    own_addresses: re.Pattern[str] | None = None
    elsewhere: Preset | None = None
    call_id_length: int | None = None

    @property
    def needs_adapters(self) -> bool:
        """Whether requests of its own dialect may have to be told to it in another way."""
        return bool(self.lacks or self.renames or self.refused_in_messages)

    def at(self, base_url: str | None) -> Preset:
        """The preset of a provider whose owner gave this address."""
        if self.elsewhere is None or self.own_addresses is None or not base_url:
            return self
        return self if self.own_addresses.fullmatch(without_endpoint(base_url)) else self.elsewhere

    def taking(self, request_fields: RequestFields, left_out: frozenset[str]) -> Preset:
        """The preset of a provider whose owner, or whose refusals, say more about what it takes."""
        cap = request_fields.output_cap or self.output_cap_field
        known = (self.refused_fields | frozenset(request_fields.drop)) - {cap}
        return replace(
            self,
            output_cap_field=cap,
            refused_fields=known | left_out,
            learned=left_out - known,
            also_speaks=self.also_speaks - left_out,
            renames_caps=request_fields.output_cap is not None,
            already_told=left_out | frozenset(request_fields.drop),
        )

    def dialect_for(self, request: ModelRequest, *, only_responses: bool = False) -> str:
        """The dialect in which a request goes to it: the program's own where it can be, so that bytes pass. What it
        does not do for a request is refused by name on the way to its first one. `only_responses`: so the model answers
        alone."""
        speaks = request.dialect in self.also_speaks or self.also_speaks_at.get(request.endpoint) == request.dialect
        is_told_better = Service.OTHER_TOOLS not in self.services and request.services == _OTHER_TOOLS
        if speaks and not self.lacking(request) and not is_told_better:
            return request.dialect
        return RESPONSES if only_responses and RESPONSES in self.also_speaks else self.dialect

    def lacking(self, request: ModelRequest) -> frozenset[Service]:
        """What a request needs of its provider that this one does not do, and that cannot be said otherwise."""
        done = self.services if request.dialect in self.also_speaks else frozenset()
        return request.services - done - _OTHER_TOOLS

    def of_model(self, model: str, info: ModelInfo) -> Preset:
        """The preset with what this model lacks, too."""
        lacks = self.lacks.union(*(features for start, features in self.lacks_by_model if model.startswith(start)))
        varies = Feature.JSON_SCHEMA in self.varies and Capability.JSON_SCHEMA not in info.confirmed
        if varies or (info.capabilities is not None and Capability.JSON_SCHEMA not in info.capabilities):
            lacks |= {Feature.JSON_SCHEMA}
        return self if lacks == self.lacks else replace(self, lacks=lacks)


@dataclass(frozen=True, slots=True)
class CalledModel:
    """The model that a conversation goes to, and what is known of it. `output_cap` is the most tokens that its answer
    may have (None: as the conversation says), `max_output_tokens` the most that it can; `reasons` None: unknown."""

    name: str
    preset: Preset
    output_cap: int | None = None
    max_output_tokens: int | None = None
    reasons: bool | None = None

    def lowers(self, cap: int | None) -> bool:
        """Whether a program's cap is more than the model can answer, which providers refuse."""
        return cap is not None and self.max_output_tokens is not None and cap > self.max_output_tokens


@dataclass(frozen=True, slots=True)
class EncodedCall:
    """What goes upstream: a path below the provider's base URL, headers without credentials, and the body. `capped` is
    the field that was set or lowered to keep the answer's length within a cap; None where the request did so anyway.
    `warnings` is what could not be expressed, `adapted` names what was expressed in another way. `renamed` leads from
    the names of tools as they were sent to those that the program knows, where these differ. `read_as` is the request
    that the answer is read for, where that is not the program's own. What the answer has to be taken out of:
    `wraps_json`, what models put around JSON; `by_tool`, a tool's call; `value_as`, an object, and how it is told."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    capped: str | None = None
    warnings: tuple[str, ...] = ()
    adapted: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    read_as: ModelRequest | None = None
    wraps_json: bool = False
    value_as: str = ""
    by_tool: bool = False


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """A whole answer. `raw` is what the provider sent, `output_bytes` the size of the model's text in it. `reply` is
    the same in neutral terms, for clients that speak another dialect; None for those that speak its own. `id` is under
    which its provider may have kept it; `is_running`: it is not finished, its provider goes on."""

    raw: bytes
    usage: Usage | None
    output_bytes: int
    reply: Reply | None = None
    id: str | None = None
    is_running: bool = False


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event of a stream, as far as the router cares.

    `raw` is what the provider wrote, for clients that speak its dialect; empty where there is nothing to show, such as
    the usage that only the router asked for. `is_content` is true for text, reasoning or a tool call, and false for a
    role alone. `finished`: an answer has its reason to end; `done`: so has the stream. `closes`: the usage belongs to
    all that was said before it, not to this event. `is_alive`: it only shows that somebody is still there. `deltas` is
    what it says in neutral terms, for clients that speak another dialect; empty for those that speak its own.
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
    is_alive: bool = False
    deltas: tuple[Delta, ...] = ()


class StreamDecoder(Protocol):
    """Reads one stream of a provider. Bytes may come in any fragmentation."""

    @property
    def answers_finished(self) -> int:
        """How many answers have had their reason to end so far."""
        ...

    @property
    def answer_id(self) -> str | None:
        """Under which its provider may keep the answer, once it has said so."""
        ...

    def feed(self, data: bytes) -> Sequence[StreamEvent]: ...

    def end(self) -> Sequence[StreamEvent]:
        """The body is over: the events that were still incomplete."""
        ...


class StreamWriter(Protocol):
    """Writes one stream for its client."""

    def event(self, event: StreamEvent) -> bytes:
        """An event of a provider that speaks another dialect (its `deltas`), the `done` one too; b"" shows the client
        nothing."""
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
    def title(self) -> str:
        """Whose format it is, for people."""
        ...

    @property
    def paths(self) -> Mapping[str, Endpoint]:
        """Where its requests go, below its `versions`. One with `{model}` in it names the model."""
        ...

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers of its own, in lower case: they go to providers that speak it too, and tell its programs from
        others where a path does not."""
        ...

    @property
    def request_id_header(self) -> bytes:
        """Where its SDKs look for the id of a request; x-request-id is sent in any case."""
        ...

    @property
    def versions(self) -> tuple[str, ...]:
        """What its paths are below: a version, or nothing."""
        ...

    @property
    def key_in_query(self) -> bool:
        """Whether its programs may send their key as `?key=`."""
        ...

    @property
    def models(self) -> ModelWriter:
        """How its programs are told of models."""
        ...

    def parse(self, endpoint: Endpoint, body: bytes | bytearray, weigher: Weigher | None = None) -> ModelRequest:
        """The request in a body, with a lower bound of its size. Raises `Invalid` with a sentence for the user.
        `weigher` has seen the whole body; None: nobody has weighed it."""
        ...

    def from_path(self, request: ModelRequest, path: str, model: str, query: str) -> ModelRequest:
        """The request with what its address says: one of the `paths` that has `{model}` in it, what stood there, and
        the query. Raises `Invalid` like `parse`."""
        ...

    def example(self, endpoint: Endpoint, model: str, fields: Mapping[str, object]) -> ModelRequest:
        """A request with these fields, and a short text where they give none. Raises `Invalid` like `parse`."""
        ...

    def max_usage(self, request: ModelRequest) -> MaxUsage | Unbounded:
        """An upper bound of a request's size: what strict limits reserve."""
        ...

    def conversation(self, request: ModelRequest) -> Conversation:
        """The request in neutral terms, for a provider that speaks another dialect. Raises `Invalid` for what no other
        dialect has and the request cannot do without."""
        ...

    def write_answer(self, answer: PlainAnswer, request: ModelRequest) -> bytes:
        """The answer of a provider that speaks another dialect (its `reply`)."""
        ...

    def write_estimate(self, request: ModelRequest) -> bytes:
        """About how many tokens a prompt has (`Endpoint.COUNT_TOKENS`), where its provider does not count them."""
        ...

    def stream_writer(self, request: ModelRequest, *, passes: bool = False) -> StreamWriter:
        """`passes`: the client gets its provider's own events, and from here only what they lack."""
        ...

    def stream_frame(self, request: ModelRequest) -> StreamFrame: ...

    def status_of(self, reply: ErrorReply) -> int:
        """The status with which its programs show an error best; mostly its own."""
        ...

    def tells_wait(self, reply: ErrorReply) -> bool:
        """Whether its programs may be told how long to wait: some sleep through all of it and show nothing."""
        ...

    def write_error(self, reply: ErrorReply) -> bytes: ...


class ProviderDialect(Protocol):
    """What a provider speaks. Stateless: one object serves every request."""

    @property
    def name(self) -> str: ...

    @property
    def wants_objects(self) -> bool: ...  # its models answer by schemas of objects alone

    @property
    def model_list_path(self) -> str:
        """Where the model list is, below a provider's base URL."""
        ...

    def encode(self, request: ModelRequest, model: str, preset: Preset, output_cap: int | None = None) -> EncodedCall:
        """The call to make for a request of this dialect. `output_cap` is the most tokens that each answer may have;
        None: as the request says."""
        ...

    def encode_conversation(self, conversation: Conversation, called: CalledModel) -> EncodedCall:
        """The call to make for a request of another dialect. Raises `Invalid` for what would change the meaning."""
        ...

    def failure(self, status: int, headers: Mapping[str, str], body: bytes, preset: Preset) -> Failure:
        """Why an answer with an error status failed: structured code first, then status, then text."""
        ...

    def left_out(self, failure: Failure, body: bytes) -> str | None:
        """The field that a refusal of this body speaks of, if the request can do without it: it changes no meaning, or
        caps the answer and has another name. None where another call would be no use."""
        ...

    def plain_answer(self, body: bytes, request: ModelRequest, preset: Preset) -> PlainAnswer | Failure:
        """A whole answer with status 200; it may still carry an error. It has its `reply` if the request is of another
        dialect."""
        ...

    def seen_in(self, body: bytes) -> tuple[Usage | None, int]:
        """What a body tells that broke off or is no answer: its usage, and the size of the model's text in it."""
        ...

    def stream_decoder(self, request: ModelRequest, preset: Preset) -> StreamDecoder:
        """Its events have their `deltas` if the request is of another dialect."""
        ...

    def model_list(self, body: bytes) -> tuple[ListedModel, ...]:
        """The models in a list. Raises `model_lists.NoModelList` for what is none."""
        ...

    def next_page(self, body: bytes) -> str | None:
        """Where a list goes on, below the base URL; None where it ends."""
        ...
