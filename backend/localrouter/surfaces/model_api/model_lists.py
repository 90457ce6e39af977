"""Serves what clients ask about models: the list, one model, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import unquote

from starlette.types import Receive, Scope, Send

from localrouter.dialects.contract import ClientDialect
from localrouter.dialects.registry import DEFAULT_CLIENT, DIALECTS
from localrouter.dialects.unserved.near_misses import forgiven
from localrouter.dialects.unserved.spoken import spoken_by
from localrouter.domain.configuration.aliases import ANY_END
from localrouter.domain.configuration.config import AUTO_MODEL, Provider, Strategy
from localrouter.domain.configuration.names import fold
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.models.info import ModelInfo
from localrouter.domain.models.shown import AUTO, ShownModel
from localrouter.gateway.plan import Sources, find_model, without_alias
from localrouter.surfaces.http.error_responses import REQUEST_ID_KEY, method_not_allowed, send_error
from localrouter.surfaces.http.guard import Header
from localrouter.surfaces.model_api.client_access import ClientAccess
from localrouter.surfaces.model_api.errors import came_back, unauthorized
from localrouter.surfaces.model_api.requests import PATHS
from localrouter.surfaces.model_api.unserved import explain

# Each list with the dialect that its version belongs to; None: whichever the program's headers tell.
LISTS = {
    f"{version}/models": dialect if version not in DEFAULT_CLIENT.versions else None
    for dialect in DIALECTS.clients.values()
    for version in dialect.versions
}
LIST_PATHS = tuple(LISTS)
PRICING = "/pricing"
_ACTION = re.compile(r":\w+$")  # Gemini's paths name what is to be done with a model
JSON_HEADER: Header = (b"content-type", b"application/json")

Listed = Callable[[Snapshot, Strategy], tuple[tuple[Provider, str, ModelInfo], ...]]


@dataclass(frozen=True, slots=True)
class ModelLists:
    """Serves `LIST_PATHS` and what is below them. `listed` gives the models that a strategy may use."""

    access: ClientAccess
    listed: Listed
    sources: Sources
    router_id: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = forgiven(scope["path"], ()) or scope["path"]
        base = next(base for base in LIST_PATHS if path == base or path.startswith(f"{base}/"))
        dialect = LISTS[base] or spoken_by(scope["headers"])
        if scope["method"] not in ("GET", "HEAD"):
            if _ACTION.search(scope["path"]):
                await explain(scope, send, PATHS)
                return
            await send_error(send, method_not_allowed("GET"), dialect, [(b"allow", b"GET, HEAD")])
            return
        if (loop := came_back(scope["headers"], self.router_id)) is not None:
            await send_error(send, loop, dialect)
            return
        client = self.access.of(scope["headers"], scope.get("query_string", b"") if dialect.key_in_query else b"")
        if client is None:
            await send_error(send, unauthorized(scope["state"][REQUEST_ID_KEY]), dialect)
            return
        snapshot = self.access.snapshot()
        found = self._answer(path[len(base) + 1 :], snapshot, snapshot.strategy_of(client), dialect)
        if isinstance(found, ErrorReply):
            await send_error(send, found, dialect)
            return
        headers = [JSON_HEADER, (b"content-length", b"%d" % len(found))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": found})

    def _answer(self, name: str, snapshot: Snapshot, strategy: Strategy, dialect: ClientDialect) -> bytes | ErrorReply:
        if not name:
            return dialect.models.all(self._all(snapshot, strategy))
        # The exact name wins: a model's own may end in /pricing, or hold a percent sign.
        for each in dict.fromkeys((name, name.rstrip("/"), unquote(name))):
            if (model := self._one(snapshot, strategy, each)) is not None:
                return dialect.models.one(model)
            if each.endswith(PRICING) and (priced := self._found(snapshot, strategy, each.removesuffix(PRICING))):
                return dialect.models.pricing(priced)
        message = f"The model “{name}” does not exist, or this client may not use it. See GET /v1/models."
        return ErrorReply(404, "model_not_found", message, "model")

    def _all(self, snapshot: Snapshot, strategy: Strategy) -> tuple[ShownModel, ...]:
        listed = [ShownModel(provider.name, name, info) for provider, name, info in self.listed(snapshot, strategy)]
        named = (self._one(snapshot, strategy, name) for name, _ in strategy.aliases if not name.endswith(ANY_END))
        aliases = (model for model in named if model is not None)
        return (AUTO, *listed, *aliases) if _is_auto_on(strategy) else (*listed, *aliases)

    def _one(self, snapshot: Snapshot, strategy: Strategy, name: str) -> ShownModel | None:
        """A model under the name that it is asked for by; an alias needs no list that names its target."""
        target = without_alias(snapshot, strategy, name)
        asked = None if target == name or fold(name) == AUTO_MODEL else name
        if target == AUTO_MODEL:
            return replace(AUTO, asked=asked) if _is_auto_on(strategy) else None
        found = self._found(snapshot, strategy, name, is_listed=asked is None)
        head, slash, _ = name.partition("/")
        names_provider = asked is None and slash and snapshot.provider(head) is not None
        return found if found is None or names_provider else replace(found, asked=name)

    def _found(self, snapshot: Snapshot, strategy: Strategy, name: str, *, is_listed: bool = True) -> ShownModel | None:
        """A model that is listed and allowed; lists decide what is shown, not what may be tried."""
        found = find_model(snapshot, strategy, without_alias(snapshot, strategy, name), self.sources)
        if found is None:
            return None
        provider, model = found
        if not provider.enabled or not snapshot.is_model_allowed(strategy, provider.name, model):
            return None
        if is_listed and not self.sources.lists(provider, model):
            return None
        return ShownModel(provider.name, model, self.sources.info(provider, model))


def _is_auto_on(strategy: Strategy) -> bool:
    return strategy.auto_config is not None and strategy.auto_config.enabled
