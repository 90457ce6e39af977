"""The OpenAI-compatible API for looking at models: the list, one model, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import orjson
from starlette.types import Receive, Scope, Send

from localrouter.domain.configuration.config import AUTO_MODEL, ROUTER_NAME, Provider, Strategy
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.models.info import ModelFacts
from localrouter.domain.models.pricing import usd_per_million
from localrouter.gateway.plan import Sources, find_model, without_alias
from localrouter.surfaces.http.guard import Header
from localrouter.surfaces.http.rejection import REQUEST_ID_KEY
from localrouter.surfaces.model_api.client_access import ClientAccess
from localrouter.surfaces.model_api.errors import came_back, method_not_allowed, not_served, send_reply, unauthorized

Json = dict[str, object]
LIST_PATHS = ("/v1/models", "/models")
PRICING = "/pricing"
JSON_HEADER: Header = (b"content-type", b"application/json")

Listed = Callable[[Snapshot, Strategy], tuple[tuple[Provider, str, ModelFacts], ...]]


@dataclass(frozen=True, slots=True)
class ModelLists:
    """Serves `LIST_PATHS` and what is below them. `listed` gives the models that a strategy may use."""

    access: ClientAccess
    listed: Listed
    sources: Sources
    router_id: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await send_reply(send, method_not_allowed("GET"))
            return
        if (loop := came_back(scope["headers"], self.router_id)) is not None:
            await send_reply(send, loop)
            return
        client = self.access.of(scope["headers"])
        if client is None:
            await send_reply(send, unauthorized(scope["state"][REQUEST_ID_KEY]))
            return
        snapshot = self.access.snapshot()
        found = self._answer(scope["path"], snapshot, snapshot.strategy_of(client))
        if isinstance(found, ErrorReply):
            await send_reply(send, found)
            return
        body = orjson.dumps(found)
        headers = [JSON_HEADER, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, path: str, snapshot: Snapshot, strategy: Strategy) -> Json | ErrorReply:
        if path in LIST_PATHS:
            return {"object": "list", "data": self._all(snapshot, strategy)}
        base = next((base for base in LIST_PATHS if path.startswith(f"{base}/")), None)
        if base is None:
            return not_served("GET", path)
        name = path[len(base) + 1 :]
        if (model := self._one(snapshot, strategy, name)) is not None:
            return model
        if name.endswith(PRICING) and (priced := self._pricing(snapshot, strategy, name.removesuffix(PRICING))):
            return priced
        message = f"The model “{name}” does not exist, or this client may not use it. See GET /v1/models."
        return ErrorReply(404, "model_not_found", message, "model")

    def _all(self, snapshot: Snapshot, strategy: Strategy) -> list[Json]:
        listed = [_model(provider, name, facts) for provider, name, facts in self.listed(snapshot, strategy)]
        return [auto_model(), *listed] if _is_auto_on(strategy) else listed

    def _one(self, snapshot: Snapshot, strategy: Strategy, name: str) -> Json | None:
        name = without_alias(snapshot, strategy, name)
        if name == AUTO_MODEL:
            return auto_model() if _is_auto_on(strategy) else None
        found = self._found(snapshot, strategy, name)
        return None if found is None else _model(*found)

    def _pricing(self, snapshot: Snapshot, strategy: Strategy, name: str) -> Json | None:
        found = self._found(snapshot, strategy, without_alias(snapshot, strategy, name))
        if found is None:
            return None
        provider, model, facts = found
        price = facts.price
        return {
            "id": f"{provider.name}/{model}",
            "object": "model.pricing",
            "currency": "USD",
            "input_per_million": None if price is None else usd_per_million(price.input),
            "output_per_million": None if price is None else usd_per_million(price.output),
            "cached_input_per_million": _cached(facts),
            "source": facts.price_source,
            "date": facts.date,
        }

    def _found(self, snapshot: Snapshot, strategy: Strategy, name: str) -> tuple[Provider, str, ModelFacts] | None:
        """A model that is listed and allowed; lists decide what is shown, not what may be tried."""
        found = find_model(snapshot, strategy, name, self.sources)
        if found is None:
            return None
        provider, model = found
        if not provider.enabled or not snapshot.is_model_allowed(strategy, provider.name, model):
            return None
        if not self.sources.lists(provider, model):
            return None
        return provider, model, self.sources.facts(provider, model)


def auto_model() -> Json:
    """The virtual model that stands for auto-routing."""
    return {
        "id": AUTO_MODEL,
        "object": "model",
        "created": 0,
        "owned_by": ROUTER_NAME,
        "provider": ROUTER_NAME,
        "context_window": 0,
        "capabilities": ["chat", "completion"],
        "supports_streaming": True,
    }


def _is_auto_on(strategy: Strategy) -> bool:
    return strategy.auto_config is not None and strategy.auto_config.enabled


def _model(provider: Provider, name: str, facts: ModelFacts) -> Json:
    return {
        "id": f"{provider.name}/{name}",
        "object": "model",
        "created": 0,
        "owned_by": provider.name,
        "provider": provider.name,
        "context_window": facts.context_window,
        "max_output_tokens": facts.max_output_tokens,
        "capabilities": None if facts.capabilities is None else sorted(facts.capabilities),
        "supports_streaming": True,
    }


def _cached(facts: ModelFacts) -> float | None:
    price = facts.price
    return None if price is None or price.cached is None else usd_per_million(price.cached)
