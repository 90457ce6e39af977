"""Which models a request may be tried on: the plan that `decide` follows, made once per request.

Names become candidates here: `localrouter/auto`, `provider/name`, aliases and bare names. A name that matches nothing
is a `PlanRejection`, with the status and message that the client gets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from localrouter.dialects.adapters.adapting import instructions_at_most
from localrouter.dialects.adapters.text_completions import completes_by_chat
from localrouter.dialects.contract import Preset
from localrouter.dialects.growth import bound_when_told
from localrouter.dialects.json_bodies.other_models import other_models
from localrouter.domain.configuration.config import AUTO_MODEL, Provider, Strategy
from localrouter.domain.configuration.names import fold
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.conversation.request import Capability, Endpoint, ModelRequest
from localrouter.domain.limits.demand import Demand, MaxUsage, Unbounded
from localrouter.domain.models.info import ModelInfo
from localrouter.domain.routing.decide import RETRY_BY_DEFAULT, Candidate, Plan, SkipReason
from localrouter.gateway.messages.no_auto_routing import auto_is_off, nothing_to_try, starter_models

# A provider adds words of its own to a prompt with tools or a format; some are told a format as a tool.
_TOLD_WITH_PROMPT = frozenset({Capability.TOOLS, Capability.JSON_SCHEMA})
PATIENCE_WITH_REASONING = 180.0  # seconds until the first token of a model known to think first


@dataclass(frozen=True, slots=True)
class PlanRejection:
    """A request that is refused before any model is considered."""

    status: int
    code: str
    message: str
    param: str | None = "model"


KEY_AS_MODEL = PlanRejection(
    404,
    "model_not_found",
    "The model name contains a key, so the request was not routed. Send the key as Authorization: Bearer "
    "alone, and a model as provider/name; see GET /v1/models.",
)


def _nobody_knows(_answer_id: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Sources:
    """What planning reads besides the configuration, all of it in memory. `shell_command` turns a command into what the
    user types for this home, so that an error can name its remedy. `max_usage` bounds what a request can use, `made_by`
    is the provider that made an answer and keeps it, None where that is not known."""

    presets: dict[str, Preset]
    info: Callable[[Provider, str], ModelInfo]
    lists: Callable[[Provider, str], bool]
    shell_command: Callable[[str], str]
    max_usage: Callable[[ModelRequest], MaxUsage | Unbounded]
    made_by: Callable[[str], str | None] = _nobody_knows


@dataclass(frozen=True, slots=True)
class Asked:
    """A request and everything that planning considers for it."""

    snapshot: Snapshot
    strategy: Strategy
    request: ModelRequest
    sources: Sources
    made_by: str | None  # the provider that made the answer from which the request goes on
    bound: Callable[[], MaxUsage | Unbounded]  # computed once for all candidates, when the first strict limit needs it

    def demand(
        self, name: str, info: ModelInfo | None = None, prompt_overhead: int = 0, *, is_told: bool = False
    ) -> Demand:
        """What the request asks of the limits if it is tried on this model. `is_told`: in another way than it came."""
        return Demand(
            self.request.prompt_tokens_at_least,
            None if info is None else info.price,
            name,
            self.bound if not is_told else self._bound_when_told,
            None if info is None else info.max_output_tokens,
            prompt_overhead,
        )

    def _bound_when_told(self) -> MaxUsage | Unbounded:
        return bound_when_told(self.bound(), self.request)


def make_plan(snapshot: Snapshot, strategy: Strategy, request: ModelRequest, sources: Sources) -> Plan | PlanRejection:
    """The candidates of a request, in the order in which they are tried."""
    made_by = None if request.continues is None else sources.made_by(request.continues)
    asked = Asked(snapshot, strategy, request, sources, made_by, cache(partial(sources.max_usage, request)))
    name = without_alias(snapshot, strategy, request.model)
    if name == AUTO_MODEL:
        return _auto_plan(asked)
    found = find_model(snapshot, strategy, name, sources)
    if found is None:
        return _unknown(request.model)
    provider, model = found
    if not snapshot.is_model_allowed(strategy, provider.name, model):
        message = f"The model {provider.name}/{model} is not allowed by the strategy “{strategy.name}”."
        return PlanRejection(403, "model_not_allowed", message)
    if (other := _forbidden_beside(asked, provider)) is not None:
        field, named = other
        message = (
            f"{field} names the model {provider.name}/{named}, which the strategy “{strategy.name}” does not allow. "
            "Leave it out, or allow that model."
        )
        return PlanRejection(403, "model_not_allowed", message, field)
    if asked.made_by is not None and fold(asked.made_by) != fold(provider.name):
        return made_elsewhere(asked.made_by)
    info = sources.info(provider, model)
    candidate = _named(asked, provider, model, info)
    retry = RETRY_BY_DEFAULT if strategy.auto_config is None else strategy.auto_config.retry
    warnings = () if candidate.barred else _doubts(info, request)
    return Plan(candidates=(candidate,), retry=retry, warnings=warnings)


def _auto_plan(asked: Asked) -> Plan | PlanRejection:
    snapshot, strategy, sources = asked.snapshot, asked.strategy, asked.sources
    auto = strategy.auto_config
    if auto is None or not auto.enabled or not auto.prioritized_models:
        models = starter_models(snapshot, strategy, sources.presets)
        if auto is None or not auto.enabled:
            return PlanRejection(404, "model_not_found", auto_is_off(strategy, models, sources.shell_command))
        return PlanRejection(400, "no_models", nothing_to_try(strategy, models, sources.shell_command))
    candidates = tuple(_prioritized(asked, name, model) for name, model in auto.prioritized_models)
    return Plan(
        candidates=candidates,
        fallback_on=frozenset(auto.fallback_on),
        retry=auto.retry,
        first_token_timeout=auto.first_token_timeout,
        named=False,
        hold_streams=auto.hold_streams and asked.request.stream,
    )


def first_token_patience(plan: Plan, candidate: Candidate, provider: Provider, *, is_last: bool) -> float:
    """Seconds to wait for a stream's first content. Only a model that has another behind it is hurried."""
    patience = provider.timeouts.first_token
    if plan.first_token_timeout is None or is_last or candidate.local:
        return patience
    hurry = max(plan.first_token_timeout, PATIENCE_WITH_REASONING) if candidate.reasons else plan.first_token_timeout
    return min(patience, hurry)


def without_alias(snapshot: Snapshot, strategy: Strategy, name: str) -> str:
    """Follow aliases. Validation has ruled out loops. The name of auto-routing ignores case."""
    while (target := snapshot.alias(strategy, name)) is not None:
        name = target
    return AUTO_MODEL if fold(name) == AUTO_MODEL else name


def find_model(snapshot: Snapshot, strategy: Strategy, name: str, sources: Sources) -> tuple[Provider, str] | None:
    """The model that a name without an alias stands for: `provider/name`, or a bare name that a provider lists."""
    head, slash, rest = name.partition("/")
    if slash and rest and (provider := snapshot.provider(head)) is not None:
        return provider, rest
    for provider in snapshot.config.providers:
        if not provider.enabled or not snapshot.is_model_allowed(strategy, provider.name, name):
            continue
        if sources.lists(provider, name):
            return provider, name
    return None


def _unknown(name: str) -> PlanRejection:
    head, slash, _ = name.partition("/")
    where = f"There is no provider named “{head}”." if slash else "No allowed provider lists it."
    message = f"The model “{name}” does not exist. {where} Use provider/name, or see GET /v1/models."
    return PlanRejection(404, "model_not_found", message)


def _named(asked: Asked, provider: Provider, model: str, info: ModelInfo) -> Candidate:
    """A model that the client chose: only its provider can bar it."""
    if not provider.enabled:
        return _unreachable(asked, provider.name, model)
    return _candidate(asked, provider, model, info)


def _prioritized(asked: Asked, name: str, model: str) -> Candidate:
    """A model that `localrouter/auto` may choose."""
    provider = asked.snapshot.provider(name)
    if provider is None or not provider.enabled:
        return _unreachable(asked, name, model)
    info = asked.sources.info(provider, model)
    return _candidate(asked, provider, model, info, _barred(asked, provider, model, info))


def _unreachable(asked: Asked, name: str, model: str) -> Candidate:
    return Candidate(name, model, barred=SkipReason.PROVIDER, demand=asked.demand(f"{name}/{model}"))


def _candidate(
    asked: Asked, provider: Provider, model: str, info: ModelInfo, barred: SkipReason | None = None
) -> Candidate:
    preset = asked.sources.presets[provider.preset].at(provider.base_url)
    overhead = 0 if _TOLD_WITH_PROMPT.isdisjoint(asked.request.needs) else preset.tool_prompt_tokens
    if preset.needs_adapters or preset.varies or preset.dialect != asked.request.dialect:
        overhead += instructions_at_most(asked.request.body)
    dialect = preset.dialect_for(asked.request, only_responses=info.only_responses)
    is_told = preset.needs_adapters or dialect != asked.request.dialect
    return Candidate(
        provider=provider.name,
        model=model,
        barred=barred,
        context_window=info.context_window,
        price=info.price,
        local=preset.local,
        reasons=bool(info.reasons),
        only_responses=info.only_responses,
        lacks=_lacks(asked, provider, preset) if asked.request.services else None,
        demand=asked.demand(f"{provider.name}/{model}", info, overhead, is_told=is_told),
    )


def _forbidden_beside(asked: Asked, provider: Provider) -> tuple[str, str] | None:
    """A model that the request names beside its own and must not use, with the field that names it."""
    if asked.strategy.allowed_models.selected_all:
        return None
    for field, name in other_models(asked.request.body):
        if not asked.snapshot.is_model_allowed(asked.strategy, provider.name, name):
            return field, name
    return None


def _barred(asked: Asked, provider: Provider, model: str, info: ModelInfo) -> SkipReason | None:
    """Why `localrouter/auto` never picks this model for the request."""
    if not asked.snapshot.is_model_allowed(asked.strategy, provider.name, model):
        return SkipReason.NOT_ALLOWED
    if _forbidden_beside(asked, provider) is not None:
        return SkipReason.NOT_ALLOWED
    if _is_too_small(info, asked.request):
        return SkipReason.CONTEXT
    preset = asked.sources.presets[provider.preset].at(provider.base_url)
    if asked.request.services and _lacks(asked, provider, preset) is not None:
        return SkipReason.CAPABILITY
    endpoint = asked.request.endpoint.of_model
    serves = info.serves(endpoint) and endpoint in preset.endpoints
    if not serves and endpoint is Endpoint.COMPLETIONS:
        serves = completes_by_chat(preset, info)
    return SkipReason.CAPABILITY if _missing(info, asked.request) or not serves else None


def made_elsewhere(provider: str | None) -> PlanRejection:
    """Where an answer is that a request goes on from; None: nowhere that its client may look."""
    remedy = "or send the whole conversation in input."
    said = "The answer that previous_response_id names is not known. Name one that this client was given, " + remedy
    if provider is not None:
        said = f"Only {provider} has the answer that previous_response_id names. Name one of its models, {remedy}"
    return PlanRejection(400, "previous_response_not_found", said, "previous_response_id")


def _lacks(asked: Asked, provider: Provider, preset: Preset) -> str | None:
    """What the request needs of its provider that this one does not do or have, in words."""
    if asked.made_by is not None and fold(asked.made_by) != fold(provider.name):
        return f"only {asked.made_by} has the answer that the request goes on from"
    lacking = preset.lacking(asked.request)
    if not lacking:
        return None
    return f"its provider does not {' or '.join(sorted(lacking))}"


def _doubts(info: ModelInfo, request: ModelRequest) -> tuple[str, ...]:
    """Doubts about a model that the client named. It is tried anyway: its provider knows better."""
    doubts: list[str] = []
    if _is_too_small(info, request):
        doubts.append("the prompt is probably larger than the model's context window")
    if missing := _missing(info, request):
        doubts.append(f"the model is not known to support {', '.join(missing)}")
    return tuple(doubts)


def _is_too_small(info: ModelInfo, request: ModelRequest) -> bool:
    return info.context_window is not None and request.prompt_tokens_at_least > info.context_window


def _missing(info: ModelInfo, request: ModelRequest) -> list[str]:
    if info.capabilities is None:
        return []
    return sorted(request.needs - info.capabilities)
