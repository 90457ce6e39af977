"""`explain_route` against what then happens."""

from __future__ import annotations

import random
from pathlib import Path

from localrouter.domain.config import (
    AvailableModelsSelection,
    LimitType,
    Provider,
    RateLimitTimeWindow,
    Strategy,
    StrategyRateLimit,
)
from localrouter.domain.failures import Failure, FailureKind
from tests.rig import Router, auto, router, strategy_id
from tests.upstream import Upstream, chat

NAMES = ("one", "two", "three", "four")
MODELS = [(name, model) for name in NAMES for model in ("a", "b")]


def rpc(lr: Router, method: str, **params: object) -> dict:
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    reply = lr.request("POST", "/rpc", call, key=lr.home.read_admin_token() or "").json
    return reply["result"] if "result" in reply else reply["error"]


def a_strategy(chance: random.Random, own: Strategy) -> dict:
    """Random settings, as `update_strategy` takes them."""
    limits = [
        StrategyRateLimit(
            limit_type=kind,
            value=float(chance.choice((1, 2, 1_500, 1_000_000))),
            time_window=chance.choice(list(RateLimitTimeWindow)),
        )
        for kind in chance.sample(list(LimitType), chance.randint(0, 3))
    ]
    allowed = AvailableModelsSelection(
        selected_all=chance.random() < 0.5,
        selected_providers=tuple(chance.sample(NAMES, chance.randint(0, 2))),
        selected_models=tuple(chance.sample(MODELS, chance.randint(0, 4))),
    )
    prioritized = tuple(chance.sample(MODELS, chance.randint(0, 5)))
    settings = auto(*prioritized).model_copy(update={"enabled": chance.random() < 0.9})
    return {
        "strategy_id": own.id,
        "allowed_models": allowed.model_dump(mode="json"),
        "auto_config": settings.model_dump(mode="json"),
        "rate_limits": [limit.model_dump(mode="json") for limit in limits],
    }


def cool_some(lr: Router, chance: random.Random) -> None:
    assert lr.state is not None
    health = lr.state.health
    for provider, model in chance.sample(MODELS, chance.randint(0, 3)):
        kind = chance.choice((FailureKind.RATE_LIMITED, FailureKind.UNREACHABLE))
        lr.call(health.failed, provider, model, Failure(kind, "no"))


def test_an_explanation_equals_what_then_happens(tmp_path: Path, full: bool) -> None:
    chance = random.Random(7)
    with Upstream(chat) as up:
        providers = [
            Provider(
                name=name,
                preset="ollama" if name == "four" else "openai-compatible",
                base_url=up.url,
                models=("a", "b"),
            )
            for name in NAMES
        ]
        with router(tmp_path, providers) as lr:
            own = lr.config.strategies[1]
            decisions = set()
            for _ in range(1_000 if full else 100):
                assert "revision" in rpc(lr, "update_strategy", **a_strategy(chance, own))
                cool_some(lr, chance)
                model = chance.choice(
                    ("localrouter/auto", "localrouter/auto", "localrouter/auto", "two/a", "none/x", "b")
                )
                told = rpc(lr, "explain_route", strategy_id=strategy_id(lr), model=model)
                reply = lr.chat(model=model)
                decisions.add((told["decision"], reply.status))
                if told["decision"] == "try":
                    assert reply.headers.get("x-localrouter-model") == told["model"]
                    recorded = rpc(lr, "get_request", request_id=reply.headers["x-request-id"])
                    happened = [(c["provider"], c["model"], c.get("reason")) for c in recorded["trace"]["candidates"]]
                    assert happened == [(c["provider"], c["model"], c.get("reason")) for c in told["candidates"]]
                else:
                    error = reply.json["error"]
                    assert (reply.status, error["code"]) == (told["status"], told["code"])
                lr.shift += chance.choice((0.0, 1.0, 20.0, 4_000.0))
            assert {decision for decision, _ in decisions} == {"try", "refuse"}
            assert {429, 404, 403, 400} <= {status for _, status in decisions}
