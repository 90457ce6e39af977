"""The configuration document's shape, and nothing else.

Values are frozen, lists are tuples, unknown fields are refused. Rules across values (references, duplicates, loops) are
in `validation`; changes are in `edits`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from localrouter.domain.configuration.names import fold, model_as_read
from localrouter.domain.routing.failures import FALLBACK_BY_DEFAULT, FailureKind

VERSION = 3
DEFAULT_STRATEGY_ID = "default"
DEFAULT_STRATEGY_NAME = "Default Strategy"
ROUTER_NAME = "localrouter"
AUTO_MODEL = f"{ROUTER_NAME}/auto"

NO_PRESETS: Mapping[str, str] = MappingProxyType({})

Name = Annotated[str, Field(min_length=1, max_length=200)]
ModelPair = tuple[Name, Name]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
KeyDigest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
PricePerMillion = Annotated[float, Field(ge=0, le=1_000_000)]


class Value(BaseModel):
    """Base of every part of the document: frozen, strict, closed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, revalidate_instances="always")


class LimitType(StrEnum):
    """What a limit counts. Cost is in USD."""

    REQUESTS = "requests"
    INPUT_TOKENS = "input_tokens"
    OUTPUT_TOKENS = "output_tokens"
    TOTAL_TOKENS = "total_tokens"
    COST = "cost"


class RateLimitTimeWindow(StrEnum):
    """The trailing window of a limit. A month is 30 days."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


class LimitMode(StrEnum):
    """`soft` checks estimates from averages; `strict` reserves the most that a request can use."""

    SOFT = "soft"
    STRICT = "strict"


class StrategyRateLimit(Value):
    """At most `value` (requests, tokens, or USD for cost) in every trailing `time_window`."""

    limit_type: LimitType
    value: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    time_window: RateLimitTimeWindow
    mode: LimitMode = LimitMode.SOFT


class AvailableModelsSelection(Value):
    """Which models may be used: all of them, whole providers, or single `[provider, model]` pairs."""

    selected_all: bool = True
    selected_providers: tuple[Name, ...] = ()
    selected_models: tuple[ModelPair, ...] = ()

    def is_model_allowed(self, provider: str, model: str) -> bool:
        """Compares providers as names and models exactly. For many look-ups use `ready()`."""
        return self.ready().is_model_allowed(provider, model)

    def ready(self, presets: Mapping[str, str] = NO_PRESETS) -> AllowedModels:
        """`presets` are those of the providers, by folded name: names that a provider treats as equal are equal."""
        models = ((fold(provider), model) for provider, model in self.selected_models)
        return AllowedModels(
            everything=self.selected_all,
            providers=frozenset(map(fold, self.selected_providers)),
            models=frozenset((provider, model_as_read(presets.get(provider, ""), model)) for provider, model in models),
            presets=presets,
        )


@dataclass(frozen=True, slots=True)
class AllowedModels:
    """An `AvailableModelsSelection`, indexed for many look-ups."""

    everything: bool
    providers: frozenset[str]
    models: frozenset[tuple[str, str]]
    presets: Mapping[str, str]

    @property
    def is_empty(self) -> bool:
        return not (self.everything or self.providers or self.models)

    def is_any_allowed(self, provider: str) -> bool:
        """Whether any model of a provider may be used."""
        name = fold(provider)
        return self.everything or name in self.providers or any(of == name for of, _ in self.models)

    def is_model_allowed(self, provider: str, model: str) -> bool:
        if self.everything:
            return True
        folded = fold(provider)
        if folded in self.providers:
            return True
        return (folded, model_as_read(self.presets.get(folded, ""), model)) in self.models


class RetryPolicy(Value):
    """`attempts` is how often the same model may be called again, each time after at most `max_wait` seconds."""

    attempts: Annotated[int, Field(ge=0, le=5)] = 1
    max_wait: Annotated[float, Field(ge=0, le=60)] = 2.0


class AutoModelConfig(Value):
    """What `localrouter/auto` does. `available_models` are models parked in the editor; the router never reads them.

    With `hold_streams` a streamed answer is read to its end before the client gets any of it, so that one that breaks
    off is made by the next model instead.
    """

    enabled: bool = False
    prioritized_models: tuple[ModelPair, ...] = ()
    available_models: tuple[ModelPair, ...] = ()
    fallback_on: tuple[FailureKind, ...] = FALLBACK_BY_DEFAULT
    retry: RetryPolicy = RetryPolicy()
    first_token_timeout: Seconds = 12.0
    hold_streams: bool = False


class Strategy(Value):
    """A named, reusable routing configuration. `parent` is the id of the client that owns it. `aliases` are pairs of a
    name and the model that it stands for; a name that ends in `*` stands for all that begin alike."""

    id: Name
    name: Name
    parent: str | None = None
    allowed_models: AvailableModelsSelection = AvailableModelsSelection()
    auto_config: AutoModelConfig | None = None
    rate_limits: tuple[StrategyRateLimit, ...] = ()
    aliases: tuple[tuple[Name, Name], ...] = ()


class Client(Value):
    """A program with its own key. Only the key's SHA-256 and its last four characters are stored.

    `lost_strategy_id` is the strategy that the client used until it disappeared, which disabled the client. It is
    cleared when the client is enabled or assigned another strategy.
    """

    id: Name
    name: Name
    enabled: bool = True
    strategy_id: str | None = None
    lost_strategy_id: str | None = None
    created_at: datetime
    key_digest: KeyDigest
    key_hint: Annotated[str, Field(max_length=4)] = ""
    routing_config: dict[str, object] | None = None


class Timeouts(Value):
    """Deadlines for a provider's answer, in seconds: `connect` for the connection, `first_byte` for the head of the
    answer, `first_token` for a stream's first content, `idle` for each pause, `total` for the whole call."""

    connect: Seconds = 5.0
    first_byte: Seconds = 600.0
    first_token: Seconds = 300.0
    idle: Seconds = 120.0
    total: Seconds = 1800.0


class RequestFields(Value):
    """What a server does not accept, beyond what its preset knows: the fields to `drop`, and `output_cap`, its own name
    for the cap on an answer's length, to which every request's cap is moved."""

    drop: tuple[Name, ...] = ()
    output_cap: Name | None = None


class Provider(Value):
    """A configured account or local server. `secret` is `store:NAME` or `env:VARIABLE`, never the key.

    `free` says whether its calls cost nothing; null leaves that to the preset and the address.
    """

    name: Name
    preset: Name
    base_url: str | None = None
    enabled: bool = True
    secret: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    models: tuple[Name, ...] = ()
    proxy: str | None = None
    ca_file: str | None = None
    api_version: str | None = None
    free: bool | None = None
    request_fields: RequestFields = RequestFields()
    timeouts: Timeouts = Timeouts()


class PricingOverride(Value):
    """The user's own price for a model, in USD per million tokens."""

    provider: Name
    model: Name
    input_per_million: PricePerMillion
    output_per_million: PricePerMillion


class Server(Value):
    """Where the router listens and what it accepts. `allowed_hosts` are Host names that it also answers to;
    `cors_origins` are web origins that may call it with a client key: exact ones, `http://HOST:*` for any port, or
    `SCHEME://*` for the pages of a desktop program. `memory_mb` caps the memory of all running requests together; null
    means a quarter of the machine's, at most 2 GB. `max_body_mb` caps one request body."""

    host: Name = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 3625
    allowed_hosts: tuple[Name, ...] = ()
    cors_origins: tuple[Name, ...] = ()
    memory_mb: Annotated[int, Field(ge=64, le=1_048_576)] | None = (
        None  # of all running requests together; a quarter of the machine by default
    )
    max_body_mb: Annotated[int, Field(ge=1, le=512)] = 64


class OnClose(StrEnum):
    """What closing the desktop window does."""

    ASK = "ask"
    KEEP_SERVING = "keep_serving"
    QUIT = "quit"


class Desktop(Value):
    """Settings of the desktop window."""

    on_close: OnClose = OnClose.ASK


NOTICE_AT = (0.8, 1.0)


class Notices(Value):
    """When people are told about a limit: `at` lists the shares of its value, from above 0 to 1. An empty list turns
    these notices off."""

    at: Annotated[tuple[Annotated[float, Field(gt=0, le=1)], ...], Field(max_length=5)] = NOTICE_AT


class LogLevel(StrEnum):
    """The least severe level that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Logging(Value):
    """Settings of the log. `access_log` adds a line per finished request. Log files are kept for `retention_days`."""

    level: LogLevel = LogLevel.INFO
    access_log: bool = False
    retention_days: Annotated[int, Field(ge=1, le=3650)] = 30


class Metrics(Value):
    """How long metrics are kept. Records of single requests are deleted after `retention_days`, or earlier, oldest
    first, once the database holds more than `max_mb`."""

    retention_days: Annotated[int, Field(ge=1, le=3650)] = 30
    max_mb: Annotated[int, Field(ge=16, le=1_000_000)] = 512


def presets_of(providers: Iterable[Provider]) -> Mapping[str, str]:
    """The preset of each provider, by its folded name."""
    return {fold(provider.name): provider.preset for provider in providers}


def default_strategy() -> Strategy:
    """The strategy that always exists: every model, no auto-routing, no limits."""
    return Strategy(id=DEFAULT_STRATEGY_ID, name=DEFAULT_STRATEGY_NAME)


class Config(Value):
    """The whole document. Every commit increments `revision` by one.

    `retired_keys` holds the digests of keys that were rotated or whose client was deleted: they never work again.
    """

    version: int = VERSION
    revision: Annotated[int, Field(ge=0)] = 0
    server: Server = Server()
    notices: Notices = Notices()
    desktop: Desktop = Desktop()
    logging: Logging = Logging()
    metrics: Metrics = Metrics()
    providers: tuple[Provider, ...] = ()
    clients: tuple[Client, ...] = ()
    strategies: tuple[Strategy, ...] = (default_strategy(),)
    pricing_overrides: tuple[PricingOverride, ...] = ()
    retired_keys: tuple[KeyDigest, ...] = ()
