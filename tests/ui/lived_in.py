"""A router that was used for a while: something stands on each of its pages, under the names that a test wants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from localrouter.domain.configuration.config import (
    AvailableModelsSelection,
    LimitType,
    PricingOverride,
    Provider,
    RateLimitTimeWindow,
    StrategyRateLimit,
)
from localrouter.surfaces.cli.remote import Remote
from tests.rig import Router, auto, router, strategy_id
from tests.upstream import Asked, Step, Upstream, answer, chat

BROKEN = "broken"


@dataclass(frozen=True)
class Names:
    provider: str = "mine"
    model: str = "gpt-4o-mini"
    client: str = "aider"
    strategy: str = "Night jobs"
    alias: str = "gpt-4"
    fault: str = "The server had an error."


@dataclass
class LivedIn:
    router: Router
    names: Names
    pages: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Every page: what it is called here, and the parts of its address."""


# One of each kind. A test holds that no page of the sidebar is missing, and all know these names without a router.
PAGES = (
    "home",
    "routing",
    "strategy metrics",
    "strategy configuration",
    "strategy clients",
    "strategy explain",
    "clients",
    "client connect",
    "client strategy",
    "client metrics",
    "providers",
    "provider status",
    "provider models",
    "provider metrics",
    "provider settings",
    "models",
    "model",
    "spend",
    "monitor",
    "request",
    "try",
    "settings",
    "settings access",
    "settings revisions",
    "settings transfer",
    "settings diagnostics",
    "nowhere",
)


@contextmanager
def lived_in(folder: Path, names: Names) -> Iterator[LivedIn]:
    def script(asked: Asked) -> Iterator[Step]:
        if asked.body and asked.json["model"] == BROKEN:
            yield answer(500, {"error": {"message": names.fault, "type": "server_error"}})
        else:
            yield from chat(asked)

    with Upstream(script) as upstream, _router(folder, names, upstream) as started:
        script_user = Remote(started.url, started.home.read_admin_token() or "")
        client, strategy = started.config.clients[0].id, strategy_id(started)
        other = script_user.call("create_client", {"name": "editor"})["client"]["id"]
        script_user.call("assign_client_strategy", {"client_id": other, "strategy_id": strategy})
        script_user.call("rename_strategy", {"strategy_id": strategy, "name": names.strategy})
        script_user.call("update_client", {"client_id": client, "name": names.client})
        retired = script_user.call("create_client", {"name": "retired"})["client"]["id"]
        script_user.call("update_client", {"client_id": retired, "enabled": False})
        _use(started, names)
        recorded = script_user.call("list_requests", {})["items"]
        hopped = next(request["request_id"] for request in recorded if request["streamed"])
        yield LivedIn(started, names, _pages(names, client=client, strategy=strategy, request=hopped))


def _router(folder: Path, names: Names, upstream: Upstream) -> Router:
    providers = [
        Provider(
            name=names.provider,
            preset="openai-compatible",
            base_url=upstream.url,
            models=(names.model, BROKEN, "gpt-4o"),
        ),
        Provider(name="local", preset="ollama", base_url=upstream.url, models=("llama3.2",)),
        Provider(name="openai", preset="openai"),
    ]
    started = router(
        folder,
        providers,
        auto=auto((names.provider, BROKEN), (names.provider, names.model), ("openai", "gpt-4o")),
        limits=[
            StrategyRateLimit(limit_type=LimitType.REQUESTS, value=10.0, time_window=RateLimitTimeWindow.HOUR),
            StrategyRateLimit(limit_type=LimitType.COST, value=2.0, time_window=RateLimitTimeWindow.DAY),
        ],
        allowed_models=AvailableModelsSelection(selected_all=False, selected_providers=(names.provider, "local")),
        aliases=((names.alias, "localrouter/auto"),),
    )
    prices = tuple(  # one model stays without a price, as the pages then say
        PricingOverride(provider=names.provider, model=model, input_per_million=1.0, output_per_million=4.0)
        for model in (names.model, BROKEN)
    )
    started.config = started.config.model_copy(update={"pricing_overrides": prices})
    return started


def _use(started: Router, names: Names) -> None:
    assert started.chat(model="nobody/nothing").status == 404
    assert started.chat(model="openai/gpt-4o").status == 403
    assert started.chat(stream=True).status == 200
    for _ in range(3):
        assert started.chat(model=f"{names.provider}/{BROKEN}").status == 502
    assert started.chat(model=names.alias).status == 200
    started.rows("SELECT 1")  # all of it is recorded


def _pages(names: Names, *, client: str, strategy: str, request: str) -> dict[str, tuple[str, ...]]:
    model = f"{names.provider}/{names.model}"
    given = {
        "strategy": ("routing", strategy),
        "client": ("clients", client),
        "provider": ("providers", names.provider),
        "settings": ("settings",),
        "model": ("models", model),
        "request": ("monitor", f"?request={request}"),
        "nowhere": ("nowhere", "at", "all"),
    }
    pages = {}
    for page in PAGES:
        kind, _, tab = page.partition(" ")
        pages[page] = (*given.get(kind, (kind,)), *([tab] if tab else []))
    return pages
