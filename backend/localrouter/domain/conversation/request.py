"""A model request as the router sees it, whatever endpoint and dialect it came in by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

BYTES_PER_TOKEN = 4  # of text, where nobody counted its tokens
LONG_PROMPT = 50_000  # tokens
MANY_PARTS = 60  # messages, tools and parts of messages: each takes some 20 µs to translate


class Endpoint(StrEnum):
    """An endpoint of the model API, as its path below `/v1/`."""

    CHAT_COMPLETIONS = "chat/completions"
    COMPLETIONS = "completions"
    EMBEDDINGS = "embeddings"
    COUNT_TOKENS = "count_tokens"  # of a prompt that no model is to answer

    @property
    def of_model(self) -> Endpoint:
        """The endpoint that a model must serve for it: one that it can chat with can be counted for."""
        return Endpoint.CHAT_COMPLETIONS if self is Endpoint.COUNT_TOKENS else self


class Capability(StrEnum):
    """What a request can need of a model beyond plain text."""

    TOOLS = "tools"
    IMAGES = "images"
    JSON_SCHEMA = "json_schema"


class Service(StrEnum):
    """What a request can need its provider to do beyond answering."""

    MEMORY = "keep answers"  # which later requests name by their ids
    PROMPTS = "keep prompts"
    BACKGROUND = "answer in the background"  # while nobody waits
    TOOLS = "run tools of its own"
    OTHER_TOOLS = "take tools that are no functions"  # which other dialects are told as functions


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One parsed request.

    `body` is the client's JSON object in its `dialect`, kept whole: what the router does not understand goes upstream
    untouched.
    `prompt_tokens_at_least` is a lower bound (bytes of text ÷ 4, images apart); `max_output_tokens` is the
    request's own cap or None; `answers` is how many answers it asks for, None where several may come and nobody can
    say how many; `wants_usage_chunk` says whether the client asked for the usage chunk of a stream. `via` are the
    ids of the routers that it came through. `headers` are those of its dialect, which go to providers that speak it
    too. `path` is where its program sent it, below `/v1/`, if its dialect has another name for the endpoint.
    `id` and `arrived_at`, in Unix time, are the router's own, for answers that the provider writes in another dialect.
    `services` is what it needs of its provider, `continues` the id of the answer that it goes on from, which only
    the provider that made it knows; `is_kept`: its provider may keep the answer.
    `as_array`: a stream is wanted as one JSON array, not as events. `warnings` is what could not be brought along when
    it was read.
    """

    endpoint: Endpoint
    model: str
    body: dict[str, object]
    dialect: str
    stream: bool = False
    wants_usage_chunk: bool = False
    needs: frozenset[Capability] = frozenset()
    prompt_tokens_at_least: int = 0
    max_output_tokens: int | None = None
    answers: int | None = 1
    via: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    services: frozenset[Service] = frozenset()
    continues: str | None = None
    is_kept: bool = False
    path: str = ""
    id: str = ""
    arrived_at: int = 0
    as_array: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """The endpoint under the name that its program knows, as records show it."""
        return self.path or self.endpoint.value

    @property
    def may_need_adapters(self) -> bool:
        """Whether it asks for something that some models lack, while others of their provider have it."""
        return self.endpoint is Endpoint.COMPLETIONS or Capability.JSON_SCHEMA in self.needs

    @property
    def in_neutral_terms(self) -> ModelRequest:
        """The request whose answer no program's dialect can take as it comes."""
        return replace(self, dialect="", endpoint=Endpoint.CHAT_COMPLETIONS)

    @property
    def is_long(self) -> bool:
        """Whether it has so much in it that nobody should wait while it is told in another dialect."""
        if self.prompt_tokens_at_least > LONG_PROMPT:
            return True
        lists = [value for value in self.body.values() if isinstance(value, list)]
        parts = sum(map(len, lists))
        for item in (item for items in lists for item in items if isinstance(item, dict)):
            if parts > MANY_PARTS:
                return True
            parts += sum(len(value) for value in item.values() if isinstance(value, list))
        return parts > MANY_PARTS

    @property
    def wants_several(self) -> bool:
        return self.answers != 1


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer. `cached_tokens` are part of the input, `reasoning_tokens` part of the output.

    `cache_write_tokens` are the part of the input that the provider put into its cache, `cache_write_1h_tokens` the
    part of those that it keeps for an hour. `audio_input_tokens` and `audio_output_tokens` are parts of the input and
    the output. `service_tier` is the one that the answer names. `estimated` marks figures that the provider did not
    give.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    audio_input_tokens: int = 0
    audio_output_tokens: int = 0
    service_tier: str | None = None

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens
