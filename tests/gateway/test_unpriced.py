"""Under any limit of cost a model whose price nobody knows is refused, with a full budget and with an empty one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localrouter.domain.configuration.config import LimitMode, LimitType, PricingOverride, Provider
from localrouter.private_files import write_private
from tests.limits import limit
from tests.rig import Router, auto, router, strategy_id, until
from tests.upstream import Asked, Step, Upstream, answer, chat, completion, stream

NO_PRICE = "one/gpt-4o-minni"
ENDPOINTS: dict[str, dict[str, object]] = {
    "chat/completions": {"messages": [{"role": "user", "content": "Hello"}]},
    "completions": {"prompt": "Hello"},
    "embeddings": {"input": "Hello"},
}


def provider(name: str, up: Upstream, **changes: Any) -> Provider:
    return Provider(name=name, preset="openai-compatible", base_url=up.url, models=("priced", "free"), **changes)


def priced(lr: Router, name: str = "one", model: str = "priced", dollars: float = 3.0) -> None:
    lr.config = lr.config.model_copy(
        update={
            "pricing_overrides": (
                *lr.config.pricing_overrides,
                PricingOverride(provider=name, model=model, input_per_million=dollars, output_per_million=dollars),
            )
        }
    )


def budget(dollars: float = 100.0, mode: LimitMode = LimitMode.SOFT) -> list[Any]:
    return [limit(LimitType.COST, dollars, "day", mode)]


@pytest.mark.parametrize("mode", list(LimitMode))
@pytest.mark.parametrize("streamed", [False, True])
def test_a_typo_is_not_served_at_cost_nothing(tmp_path: Path, mode: LimitMode, streamed: bool) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider("one", up)], limits=budget(mode=mode)) as lr:
        reply = lr.chat(model=NO_PRICE, stream=streamed)
        error = reply.json["error"]
        assert (reply.status, error["code"], error["type"]) == (403, "model_unpriced", "permission_error")
        assert reply.headers["x-should-retry"] == "false"
        assert "retry-after" not in reply.headers
        for said in (NO_PRICE, "$100 per day", "“Test”", "set_pricing_override", "update_provider name=one free=true"):
            assert said in error["message"]
        [skip] = error["localrouter"]["skipped"]
        assert (skip["provider"], skip["model"], skip["reason"]) == ("one", "gpt-4o-minni", "unpriced")
        assert "until" not in skip
        assert "set_pricing_override" in skip["advice"]
        assert not up.asked
        assert lr.rows("SELECT outcome, cost FROM requests") == [("denied", 0)]
        [(trace,)] = lr.rows("SELECT trace FROM traces")
        assert [c["reason"] for c in json.loads(trace)["candidates"]] == ["unpriced"]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("model", [NO_PRICE, "ONE/gpt-4o-minni", "nickname", "other-nickname", "bare"])
def test_no_name_and_no_endpoint_leads_round_it(tmp_path: Path, endpoint: str, model: str) -> None:
    one = Provider(name="one", preset="openai-compatible", models=("bare",))
    aliases = (("nickname", NO_PRICE), ("other-nickname", "nickname"))
    with Upstream(chat) as up:
        one = one.model_copy(update={"base_url": up.url})
        with router(tmp_path, [one], limits=budget(), aliases=aliases) as lr:
            reply = lr.request("POST", f"/v1/{endpoint}", ENDPOINTS[endpoint] | {"model": model})
            assert (reply.status, reply.json["error"]["code"]) == (403, "model_unpriced")
        assert not up.asked


def test_an_overdrawn_budget_says_the_same(tmp_path: Path) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider("one", up)], limits=budget(1e-9)) as started:
        priced_one = {"provider": "one", "model": "priced", "input_per_million": 9, "output_per_million": 9}
        started.rpc("set_pricing_override", **priced_one)
        assert started.chat(model="one/priced").status == 200
        assert started.chat(model="one/priced").status == 429
        assert started.chat(model=NO_PRICE).json["error"]["code"] == "model_unpriced"


def test_auto_skips_it_and_tries_the_next(tmp_path: Path) -> None:
    order = auto(("one", "gpt-4o-minni"), ("one", "priced"))
    with Upstream(chat) as up:
        lr = router(tmp_path, [provider("one", up)], auto=order, limits=budget())
        priced(lr)
        with lr:
            reply = lr.chat()
            assert (reply.status, reply.headers["x-localrouter-model"]) == (200, "one/priced")
            assert [asked.json["model"] for asked in up.asked] == ["priced"]
            [(trace,)] = lr.rows("SELECT trace FROM traces")
            assert [c.get("reason") for c in json.loads(trace)["candidates"]] == ["unpriced", None]


def test_where_another_model_has_room_later_its_wait_is_told_and_what_is_refused_in_any_case(tmp_path: Path) -> None:
    order = auto(("one", "gpt-4o-minni"), ("one", "priced"))
    with Upstream(chat) as up:
        lr = router(tmp_path, [provider("one", up)], auto=order, limits=[limit(LimitType.COST, 1e-9)])
        priced(lr)
        with lr:
            assert lr.chat().status == 200
            reply = lr.chat()
            assert (reply.status, reply.json["error"]["code"]) == (429, "rate_limit_exceeded")
            assert "retry-after" in reply.headers
            message = reply.json["error"]["message"]
            assert message.endswith("Refused in any case, for lack of a known price: one/gpt-4o-minni.")
            assert len(up.asked) == 1


def test_after_a_failure_no_model_without_a_price_is_tried(tmp_path: Path) -> None:
    def failing(_: Asked) -> Iterator[Step]:
        yield answer(500, {"error": {"message": "no"}})

    order = auto(("one", "priced"), ("two", "x"), retry={"attempts": 0})
    with Upstream(failing) as first, Upstream(chat) as second:
        lr = router(tmp_path, [provider("one", first), provider("two", second)], auto=order, limits=budget())
        priced(lr)
        with lr:
            reply = lr.chat()
            assert reply.status == 502
            assert [skip["reason"] for skip in reply.json["error"]["localrouter"]["skipped"]] == ["unpriced"]
            assert not second.asked


def test_without_a_limit_of_cost_it_is_served_with_a_warning_and_recorded_as_unpriced(tmp_path: Path) -> None:
    others = [limit(kind, 1e6) for kind in LimitType if kind is not LimitType.COST]
    said = f"{NO_PRICE} has no known price: its cost is not counted"
    with Upstream(chat) as up, router(tmp_path, [provider("one", up)], limits=others) as lr:
        for streamed in (False, True):
            reply = lr.chat(model=NO_PRICE, stream=streamed)
            assert (reply.status, reply.headers["x-localrouter-warnings"]) == (200, said)
        assert lr.rows("SELECT unpriced, cost FROM requests") == [(1, 0)] * 2
        assert [json.loads(trace)["warnings"] for (trace,) in lr.rows("SELECT trace FROM traces")] == [[said]] * 2
        explained = lr.rpc("explain_route", strategy_id=strategy_id(lr), model=NO_PRICE)
        assert (explained["decision"], explained["warnings"]) == ("try", [said])


def test_either_remedy_helps_at_once_and_its_end_refuses_again(tmp_path: Path) -> None:
    own = {"provider": "one", "model": "gpt-4o-minni"}
    with Upstream(chat) as up, router(tmp_path, [provider("one", up)], limits=budget()) as lr:
        assert lr.chat(model=NO_PRICE).status == 403
        lr.rpc("set_pricing_override", **own, input_per_million=1, output_per_million=2)
        assert lr.chat(model=NO_PRICE).status == 200
        lr.rpc("delete_pricing_override", **own)
        assert lr.chat(model=NO_PRICE).status == 403
        lr.rpc("update_provider", name="one", free=True)
        answered = lr.chat(model=NO_PRICE)
        assert (answered.status, answered.headers.get("x-localrouter-warnings")) == (200, None)
        lr.rpc("update_provider", name="one", free=None)
        assert lr.chat(model=NO_PRICE).status == 403


def test_free_models_and_those_of_free_providers_pass_an_overdrawn_budget(tmp_path: Path) -> None:
    with Upstream(chat) as up:
        ollama = Provider(name="home", preset="ollama", base_url=up.url)
        providers = [provider("one", up), provider("two", up, free=True), ollama]
        lr = router(tmp_path, providers, limits=budget(1e-9, LimitMode.STRICT))
        priced(lr, model="free", dollars=0.0)
        with lr:
            for model in ("one/free", "two/anything", "home/llama"):
                assert lr.chat(model=model).status == 200
            assert lr.chat(model="one/other").status == 403
            lr.rpc("update_provider", name="home", free=False)
            assert lr.chat(model="home/llama").json["error"]["code"] == "model_unpriced"


def test_a_price_that_is_set_for_a_local_model_is_judged_like_any_other(tmp_path: Path) -> None:
    with Upstream(chat) as up:
        local = Provider(name="home", preset="vllm", base_url=up.url)
        lr = router(tmp_path, [local], limits=budget(1e-9))
        priced(lr, name="home", model="qwen")
        with lr:
            assert lr.chat(model="home/qwen").status == 200
            assert lr.chat(model="home/qwen").status == 429
            assert lr.chat(model="home/other").status == 200


@pytest.mark.parametrize("model", ["home/llama", "nickname", "llama", "localrouter/auto"])
def test_a_free_model_is_served_under_a_spent_budget_by_each_of_its_names(tmp_path: Path, model: str) -> None:
    order = auto(("one", "priced"), ("one", "unpriced"), ("home", "llama"))
    with Upstream(chat) as up:
        providers = [provider("one", up), Provider(name="home", preset="ollama", base_url=up.url, models=("llama",))]
        aliases = (("nickname", "home/llama"),)
        lr = router(tmp_path, providers, auto=order, limits=budget(1e-9), aliases=aliases)
        priced(lr)
        with lr:
            assert lr.chat(model="one/priced").status == 200
            assert lr.chat(model="one/priced").status == 429
            assert lr.chat(model=model).headers["x-localrouter-model"] == "home/llama"


def test_a_limit_that_is_set_while_a_request_waits_holds_for_it(tmp_path: Path) -> None:
    def slow(asked: Asked) -> Iterator[Step]:
        yield 1.0
        yield from chat(asked)

    tight = [limit(LimitType.TOTAL_TOKENS, 10_000)]
    patient = auto(("one", "x"), retry={"attempts": 0, "max_wait": 30.0})
    with Upstream(slow) as up, router(tmp_path, [provider("one", up)], auto=patient, limits=tight) as lr:
        body = {"model": NO_PRICE, "messages": [{"role": "user", "content": "x" * 30_000}]}
        first, second = lr.send_chat(**body), lr.send_chat(**body)
        until(lambda: len(lr.rpc("list_running_requests")) == 2, patience=20)
        limits = [each.model_dump(mode="json") for each in (*tight, *budget())]
        lr.rpc("update_strategy", strategy_id=strategy_id(lr), rate_limits=limits)
        heads = sorted(each.recv(65_536)[9:12] for each in (first, second))
        first.close()
        second.close()
        assert heads == [b"200", b"403"]
        assert len(up.asked) == 1


def test_a_home_of_an_earlier_release_is_told_at_its_start_whom_it_concerns(tmp_path: Path) -> None:
    """What it served at cost nothing before is refused now, and nobody should have to find out by that."""
    with Upstream(chat) as up:
        lr = router(tmp_path, [provider("one", up)], limits=budget())
        document = lr.config.model_dump(mode="json") | {"version": 1}
        del document["providers"][0]["free"]
        for folder in (lr.home.root, lr.home.logs):
            folder.mkdir(mode=0o700, exist_ok=True)
        write_private(lr.home.config, json.dumps(document).encode())
        with lr:
            [problem] = lr.rpc("get_server_status")["problems"]
            assert problem.startswith("one has 2 models without a known price (free, priced), and “Test” has a limit")
            assert "update_provider name=one free=true" in problem
        assert problem in "".join(log.read_text() for log in lr.home.logs.iterdir())


def listed(pricing: dict[str, Any]) -> object:
    """A server that lists one model with this price."""

    def respond(asked: Asked) -> Iterator[Step]:
        if asked.path.endswith("/models"):
            yield answer(200, {"object": "list", "data": [{"id": "m", "pricing": pricing}]})
        elif asked.json.get("stream"):
            yield from stream(["Hi"])
        else:
            yield answer(200, completion())

    return respond


NOTHING = {"prompt": "0", "completion": "0"}


@pytest.mark.parametrize(
    ("preset", "pricing", "served"),
    [
        ("openai-compatible", NOTHING, False),
        ("openai-compatible", {"prompt": "1e-300", "completion": "1e-300"}, False),
        ("openai-compatible", {"prompt": "0.000001", "completion": "0.000002"}, False),
        ("openai", NOTHING, False),
        ("together", {"input": 0, "output": 0}, False),
        ("together", {"input": 0.1, "output": 0.2}, True),
        ("openrouter", NOTHING, True),
        ("openrouter", {"prompt": "-1", "completion": "-1"}, False),
        ("openrouter", {"prompt": "NaN", "completion": "0"}, False),
        ("openrouter", {"prompt": "0", "completion": "0", "image": "0.1"}, False),
        ("openrouter", {"prompt": "0.000001", "completion": "0.000002"}, True),
    ],
)
def test_a_providers_own_list_makes_nothing_free_unless_it_is_known_to_give_prices(
    tmp_path: Path, preset: str, pricing: dict[str, Any], served: bool
) -> None:
    with Upstream(listed(pricing)) as up:  # type: ignore[arg-type]
        one = Provider(name="one", preset=preset, base_url=up.url, headers={"x-a": "b"})
        with router(tmp_path, [one], limits=budget()) as lr:
            lr.rpc("set_provider_key", name="one", key="sk-test-0123456789")
            until(lambda: len(lr.rpc("list_models")) == 1, patience=20)
            assert (lr.chat(model="one/m").status == 200) == served
            [model] = lr.rpc("list_models")
            assert (model["input_per_million"] is not None) == served


def test_a_tiny_price_in_a_list_does_not_pass_a_spent_budget(tmp_path: Path) -> None:
    with Upstream(listed({"prompt": "1e-300", "completion": "1e-300"})) as up:  # type: ignore[arg-type]
        one = Provider(name="one", preset="openrouter", base_url=up.url)
        with router(tmp_path, [one], limits=budget(1e-12)) as lr:
            lr.rpc("set_provider_key", name="one", key="sk-test-0123456789")
            until(lambda: len(lr.rpc("list_models")) == 1, patience=20)
            assert lr.chat(model="one/m").status == 200
            assert lr.chat(model="one/m").status == 429


def test_an_override_too_small_to_count_does_not_pass_a_spent_budget(tmp_path: Path) -> None:
    with Upstream(chat) as up:
        lr = router(tmp_path, [provider("one", up)], limits=budget(1e-12))
        priced(lr, dollars=1e-300)
        with lr:
            assert lr.chat(model="one/priced").status == 200
            assert lr.chat(model="one/priced").status == 429


def test_a_service_tier_without_a_price_is_told_and_costs_the_ordinary_price(tmp_path: Path) -> None:
    in_scale = completion(tokens_in=1_000, tokens_out=100) | {"service_tier": "scale"}
    with Upstream(lambda _asked: iter([answer(200, in_scale)])) as up:
        lr = router(tmp_path, [provider("one", up)])
        priced(lr)
        with lr:
            reply = lr.chat(model="one/priced")
            assert "one/priced answered in the service tier scale" in reply.headers["x-localrouter-warnings"]
            assert reply.headers["x-localrouter-cost-usd"] == "0.0033"
