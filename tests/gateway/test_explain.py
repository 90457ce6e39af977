"""`explain_route` against what then happens."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localrouter import background
from localrouter.domain.configuration.config import (
    AvailableModelsSelection,
    LimitMode,
    LimitType,
    PricingOverride,
    Provider,
    RateLimitTimeWindow,
    Strategy,
)
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.routing.failures import Failure, FailureKind
from localrouter.services.health import ModelEndpoint
from tests.limits import limit
from tests.rig import Router, auto, router, strategy_id
from tests.upstream import Asked, Step, Upstream, answer, chat, completion, stream

NAMES = ("one", "two", "three", "four", "five")
FREE = ("four", "five")  # a local server, and one that its owner calls free
MODELS = [(name, model) for name in NAMES for model in ("a", "b")]
UNPRICED = (("one", "b"), ("three", "a"))
VALUES = (1, 2, 400, 1_500, 9_000, 1_000_000)
PICTURE = {"type": "image_url", "image_url": {"url": "http://x/y.png"}}


def a_strategy(chance: random.Random, own: Strategy) -> dict[str, Any]:
    """Random settings, as `update_strategy` takes them."""
    limits = [
        limit(
            kind,
            chance.choice((0.004, 1, 2)) if kind is LimitType.COST else chance.choice(VALUES),
            window=chance.choice(list(RateLimitTimeWindow)),
            mode=chance.choice(list(LimitMode)),
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
        "rate_limits": [each.model_dump(mode="json") for each in limits],
    }


def obedient(asked: Asked) -> Iterator[Step]:
    """A provider that keeps to the cap it is sent."""
    if asked.path.endswith("/models"):
        yield from chat(asked)
        return
    cap = asked.json.get("max_tokens", asked.json.get("max_completion_tokens", 5))
    if asked.json.get("stream"):
        yield from stream(["Hi"], tokens_out=min(5, cap))
    else:
        yield answer(200, completion(tokens_out=min(5, cap)))


def a_request(chance: random.Random) -> dict[str, Any]:
    """A body like any program may send, of any size, that can be bounded or not."""
    text = "x" * chance.choice((1, 200, 4_000))
    body: dict[str, Any] = {"messages": [{"role": "user", "content": chance.choice((text, [PICTURE]))}]}
    if chance.random() < 0.4:
        body[chance.choice(("max_tokens", "max_completion_tokens"))] = chance.choice((1, 20, 900))
    if chance.random() < 0.2:
        body["n"] = 2
    if chance.random() < 0.3:
        body["stream"] = True
    return body


def is_unpriced_under_a_budget(limits: list[dict[str, Any]], model: str) -> bool:
    return any(each["limit_type"] == "cost" for each in limits) and tuple(model.split("/")) in UNPRICED


def told_of(candidates: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Everything that is said of candidates before one is tried."""
    return [
        (c["provider"], c["model"], c.get("reason"), c.get("never"), c.get("part"), c.get("advice")) for c in candidates
    ]


def judged(limits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The limits without what drains while one looks."""
    return [{name: value for name, value in each.items() if name not in ("used", "remaining")} for each in limits]


def cool_some(lr: Router, chance: random.Random) -> None:
    assert lr.state is not None
    health = lr.state.health
    for provider, model in chance.sample(MODELS, chance.randint(0, 3)):
        kind = chance.choice((FailureKind.RATE_LIMITED, FailureKind.UNREACHABLE))
        called = ModelEndpoint(provider, model, Endpoint.CHAT_COMPLETIONS)
        lr.call(health.failed, called, Failure(kind, "no"), "app", math.inf)


def test_an_explanation_equals_what_then_happens(tmp_path: Path, full: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # A clock that a test moves on is no computer that slept, after which unreachable models are tried again: that would
    # happen a second later, between an explanation and its request.
    monkeypatch.setattr(background, "SLEPT", math.inf)
    chance = random.Random(7)
    with Upstream(obedient) as up:
        providers = [
            Provider(
                name=name,
                preset="ollama" if name == "four" else "openai-compatible",
                base_url=up.url,
                models=("a", "b"),
                free=True if name == "five" else None,
            )
            for name in NAMES
        ]
        started = router(tmp_path, providers)
        prices = tuple(
            PricingOverride(provider=name, model=model, input_per_million=9.0, output_per_million=30.0)
            for name, model in MODELS
            if name not in FREE and (name, model) not in UNPRICED
        )
        started.config = started.config.model_copy(update={"pricing_overrides": prices})
        with started as lr:
            own = lr.config.strategies[1]
            lr.stop_clocks()
            decisions = set()
            for _ in range(1_000 if full else 100):
                settings = a_strategy(chance, own)
                assert "revision" in lr.rpc("update_strategy", **settings)
                cool_some(lr, chance)
                model = chance.choice(
                    ("localrouter/auto", "localrouter/auto", "localrouter/auto", "two/a", "three/a", "none/x", "b")
                )
                body = a_request(chance)
                told = lr.rpc("explain_route", strategy_id=strategy_id(lr), model=model, request=body)
                reply = lr.chat(**body, model=model)
                decisions.add((told["decision"], reply.status, told.get("code")))
                recorded = lr.rpc("get_request", request_id=reply.headers["x-request-id"])["trace"]
                assert told_of(recorded["candidates"]) == told_of(told["candidates"])
                assert judged(recorded["limits"]) == judged(told["limits"])
                if told["decision"] == "try":
                    assert reply.headers.get("x-localrouter-model") == told["model"]
                    assert recorded["warnings"] == told["warnings"]
                    assert not is_unpriced_under_a_budget(settings["rate_limits"], told["model"])
                else:
                    error = reply.json["error"]
                    assert (reply.status, error["code"]) == (told["status"], told["code"])
                    skips = [c for c in told["candidates"] if c["state"] == "skipped"]
                    assert told_of(error["localrouter"]["skipped"]) == told_of(skips)
                lr.shift += chance.choice((0.0, 1.0, 20.0, 4_000.0))
            assert {decision for decision, _, _ in decisions} == {"try", "refuse"}
            assert {429, 404, 403, 400} <= {status for _, status, _ in decisions}
            assert {"rate_limit_exceeded", "limit_too_small", "model_unpriced"} <= {code for _, _, code in decisions}
