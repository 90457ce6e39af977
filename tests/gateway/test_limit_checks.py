"""How often the limits of a strategy are checked for one request."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from localrouter.domain.configuration.config import LimitType, Provider
from localrouter.domain.limits.account import Account
from localrouter.domain.routing.failures import Failure
from localrouter.gateway.endpoints import Targets
from localrouter.services.upstream.client import Target
from tests.limits import limit
from tests.rig import auto, router, strategy_id
from tests.upstream import Upstream, always, chat

MODELS = tuple(("one", model) for model in "abcdefg")


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that the limits were checked for, in order."""
    seen: list[str] = []
    check = Account.check

    def counted(account: Account, rules: Any, demand: Any, *rest: Any) -> Any:
        seen.append(demand.model)
        return check(account, rules, demand, *rest)

    monkeypatch.setattr(Account, "check", counted)
    return seen


def provider(upstream: Upstream) -> Provider:
    return Provider(
        name="one", preset="openai-compatible", base_url=upstream.url, models=tuple(model for _, model in MODELS)
    )


def test_a_refusal_checks_the_limits_once_for_each_candidate(tmp_path: Path, checks: list[str]) -> None:
    limits = [limit(LimitType.REQUESTS, 1), limit(LimitType.TOTAL_TOKENS, 1_000_000, mode="strict")]
    with Upstream(chat) as up, router(tmp_path, [provider(up)], auto=auto(*MODELS), limits=limits) as lr:
        assert lr.chat().status == 200
        checks.clear()
        reply = lr.chat()
        assert reply.status == 429
        assert len(reply.json["error"]["localrouter"]["limits"]) == 2, "the refusal shows what it was decided by"
        assert sorted(checks) == sorted(f"{name}/{model}" for name, model in MODELS)


def test_a_hop_checks_each_candidate_once_a_turn_and_once_more_to_admit_it(tmp_path: Path, checks: list[str]) -> None:
    models = MODELS[:2]
    with (
        Upstream(always(404, {"error": {"message": "no"}})) as up,
        router(tmp_path, [provider(up)], auto=auto(*models), limits=[limit(LimitType.REQUESTS, 10)]) as lr,
    ):
        assert lr.chat().status == 404
        first, second = "one/a", "one/b"
        one_turn_each = [first, second, first, second, second]  # a and what is behind it; a admitted; b; b admitted
        assert checks[:5] == one_turn_each
        assert len(checks[5:]) <= len(models), "the refusal"


def test_limits_that_change_while_the_keychain_is_asked_hold_for_the_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        Upstream(chat) as up,
        router(tmp_path, [provider(up)], limits=[limit(LimitType.REQUESTS, 100)]) as lr,
    ):
        assert lr.chat(model="one/a").status == 200
        reach = Targets.reach

        async def slow(targets: Targets, asked: Provider) -> Target | Failure:
            monkeypatch.setattr(Targets, "reach", reach)
            tight = limit(LimitType.REQUESTS, 1).model_dump(mode="json")
            await asyncio.to_thread(lr.rpc, "update_strategy", strategy_id=strategy_id(lr), rate_limits=[tight])
            return await reach(targets, asked)

        monkeypatch.setattr(Targets, "reach", slow)
        assert lr.chat(model="one/a").status == 429
        assert len(up.asked) == 1
