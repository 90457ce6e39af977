"""What one client's odd request does to the others: nothing. And how its owner tries again at once."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import AutoModelConfig, Provider
from tests.rig import Router, auto, router
from tests.upstream import Asked, Step, Upstream, answer, chat, completion

TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
NO_TOOLS = {"error": {"message": "No endpoints found that support tool use. Try another model.", "code": 404}}
GATED = {"error": {"message": "Access denied.", "code": 403}}
AFFORD = {
    "error": {
        "message": "This request requires more credits, or fewer max_tokens. You requested up to 32000 tokens, but can "
        "only afford 500. To increase, visit the settings",
        "code": 402,
    }
}
NO_CREDIT = {"error": {"message": "Insufficient credits.", "code": 402}}
NOT_HERE = {"error": {"message": "This model cannot embed.", "type": "invalid_request_error"}}


def upstream(refuses: Callable[[Asked], Step | None]) -> Callable[[Asked], Iterator[Step]]:
    def served(asked: Asked) -> Iterator[Step]:
        if asked.path.endswith("/models"):
            yield answer(404, {})
        elif (refusal := refuses(asked)) is not None:
            yield refusal
        elif asked.path.endswith("/chat/completions"):
            yield from chat(asked)
        else:
            yield answer(200, completion("Hello"))

    return served


def provider(name: str, up: Upstream) -> Provider:
    return Provider(name=name, preset="openai-compatible", base_url=up.url, models=("a", "b", "c"))


def cooling(lr: Router) -> list[tuple[str, str | None, str | None, str]]:
    return [
        (each["provider"], each["model"], each["endpoint"], each["kind"])
        for each in lr.rpc("get_server_status")["cooling"]
    ]


def served(lr: Router, **changes: object) -> str | None:
    return lr.chat(**changes).headers.get("x-localrouter-model")


def second_client(lr: Router) -> str:
    made = lr.rpc("create_client", name="other")
    return str(made["key"])


def ask(lr: Router, model: str, key: str = "") -> int:
    body = {"model": model, "messages": [{"role": "user", "content": "Hello"}]}
    return lr.request("POST", "/v1/chat/completions", body, key=key).status


@pytest.mark.parametrize(
    ("odd", "refusal"),
    [
        ({"tools": TOOLS}, answer(404, NO_TOOLS)),
        ({"tools": TOOLS}, answer(400, {"error": "registry.example/library/x:7b does not support tools"})),
        ({"logprobs": True}, answer(400, {"error": {"message": "Unknown parameter: 'logprobs'."}})),
        ({"max_tokens": 32_000}, answer(402, AFFORD)),
    ],
)
def test_what_a_request_contains_cools_nothing_and_goes_on_to_the_next_model(
    tmp_path: Path, odd: dict[str, object], refusal: Step
) -> None:
    with (
        Upstream(upstream(lambda asked: refusal if set(odd) & set(asked.json) else None)) as up,
        Upstream(chat) as two,
        router(tmp_path, [provider("one", up), provider("two", two)], auto=auto(("one", "a"), ("two", "b"))) as lr,
    ):
        assert served(lr) == "one/a"
        assert served(lr, **odd) == "two/b"
        assert served(lr) == "one/a"
        assert cooling(lr) == []


@pytest.mark.parametrize("status", [400, 403, 404, 501])
def test_what_one_endpoint_refuses_says_nothing_of_another(tmp_path: Path, status: int) -> None:
    with (
        Upstream(upstream(lambda asked: answer(status, NOT_HERE) if "embeddings" in asked.path else None)) as up,
        router(tmp_path, [provider("one", up)], auto=auto(("one", "a"))) as lr,
    ):
        reply = lr.request("POST", "/v1/embeddings", {"model": "one/a", "input": "Hello"})
        assert reply.status >= 400
        assert served(lr) == "one/a"
        assert [each[:3] for each in cooling(lr)] == ([] if status == 400 else [("one", "a", "embeddings")])


def test_a_gated_model_is_no_reason_to_leave_its_provider_alone(tmp_path: Path) -> None:
    gated = {"a", "c"}
    with (
        Upstream(upstream(lambda asked: answer(403, GATED) if asked.json["model"] in gated else None)) as up,
        router(tmp_path, [provider("one", up)], auto=auto(("one", "b"))) as lr,
    ):
        assert [ask(lr, "one/a"), ask(lr, "one/c")] == [502, 502]
        assert served(lr) == "one/b"
        assert cooling(lr) == [
            ("one", "a", "chat/completions", "auth"),
            ("one", "c", "chat/completions", "auth"),
        ]
        assert ask(lr, "one/a", second_client(lr)) == 502
        assert ("one", None, None, "auth") in cooling(lr), "two models said so to two clients"


def test_a_spent_account_is_believed_when_two_models_say_so_to_two_clients(tmp_path: Path) -> None:
    with (
        Upstream(upstream(lambda asked: answer(402, NO_CREDIT))) as up,
        router(tmp_path, [provider("one", up)]) as lr,
    ):
        other = second_client(lr)
        assert [ask(lr, "one/a"), ask(lr, "one/b")] == [429, 429]
        assert {each[1] for each in cooling(lr)} == {"a", "b"}
        assert ask(lr, "one/c", other) == 429
        assert ("one", None, None, "quota_exhausted") in cooling(lr)


def test_a_code_of_the_account_speaks_for_the_provider_at_once(tmp_path: Path) -> None:
    spent = {"error": {"message": "You exceeded your current quota.", "code": "insufficient_quota"}}
    with Upstream(upstream(lambda asked: answer(429, spent))) as up, router(tmp_path, [provider("one", up)]) as lr:
        assert ask(lr, "one/a") == 429
        assert cooling(lr) == [("one", None, None, "quota_exhausted")]


@pytest.mark.parametrize("form", ["body", "header", "date"])
def test_a_quota_of_a_day_lasts_until_its_reset_wherever_that_is_told(tmp_path: Path, form: str) -> None:
    in_five_hours = str(int((time.time() + 5 * 3600) * 1000))
    limits = {"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": in_five_hours}
    error: dict[str, object] = {"message": "Rate limit exceeded: free-models-per-day. Add 10 credits", "code": 429}
    headers = {}
    if form == "body":
        error["metadata"] = {"headers": limits, "provider_name": None}
    elif form == "header":
        headers = limits
    else:
        headers = limits | {"X-RateLimit-Reset": str(int(time.time()) + 5 * 3600)}
    moody = answer(429, {"error": error}, headers)
    with Upstream(upstream(lambda asked: moody)) as up, Upstream(chat) as good:
        models = auto(("one", "x/y:free"), ("two", "b"))
        with router(tmp_path, [provider("one", up), provider("two", good)], auto=models) as lr:
            reply = lr.chat(model="one/x/y:free")
            assert [attempt["kind"] for attempt in reply.attempts] == ["quota_exhausted"]
            assert 17_000 <= int(reply.headers["retry-after"]) <= 18_000
            assert reply.headers["x-should-retry"] == "false"
            lr.shift += 4.9 * 3600
            assert served(lr) == "two/b"
            assert len([asked for asked in up.asked if asked.body]) == 1


def test_the_owner_tries_again_at_once(tmp_path: Path) -> None:
    gated = {"a", "b"}
    with (
        Upstream(upstream(lambda asked: answer(403, GATED) if asked.json["model"] in gated else None)) as up,
        Upstream(chat) as two,
    ):
        models = auto(("one", "a"), ("two", "c"))
        with router(tmp_path, [provider("one", up), provider("two", two)], auto=models) as lr:
            assert served(lr) == "two/c"
            assert ask(lr, "one/b") == 502
            gated.clear()
            assert served(lr) == "two/c", "it cools"
            cleared = lr.rpc("clear_cooling", provider="ONE", model="a")["cleared"]
            assert [(each["provider"], each["model"], each["kind"]) for each in cleared] == [("one", "a", "auth")]
            assert served(lr) == "one/a"
            assert [each["model"] for each in lr.rpc("clear_cooling", provider="one")["cleared"]] == ["b"]
            assert lr.rpc("clear_cooling", provider="one") == {"cleared": []}
            assert lr.rpc_reply("clear_cooling", provider="nobody").json["error"]["code"] == -32001


@pytest.mark.parametrize("model", ["x y'z", "@cf/meta/llama", "a$(id)", "plain"])
def test_the_remedy_of_what_cools_works_as_it_is_typed(tmp_path: Path, model: str) -> None:
    with ExitStack() as stack:
        up = stack.enter_context(Upstream(upstream(lambda asked: answer(403, GATED))))
        # Names that the provider does not have cool under one label; this one is its own.
        one = provider("one", up).model_copy(update={"models": (model,)})
        lr = stack.enter_context(router(tmp_path, [one]))
        assert ask(lr, f"one/{model}") == 502
        [entry] = lr.rpc("get_server_status")["cooling"]
        program, *words = shlex.split(entry["remedy"])
        typed = [sys.executable, "-m", "localrouter", *words[words.index("call") :]]
        run = subprocess.run(typed, capture_output=True, text=True, check=False, timeout=60)
        assert run.returncode == 0, run.stderr
        assert [each["model"] for each in json.loads(run.stdout)["cleared"]] == [model]
        assert cooling(lr) == []
        assert program


def test_a_name_that_a_terminal_would_act_on_is_not_in_the_remedy(tmp_path: Path) -> None:
    with Upstream(upstream(lambda asked: answer(403, GATED))) as up, router(tmp_path, [provider("one", up)]) as lr:
        assert ask(lr, "one/\x1b[31mred") == 502
        [entry] = lr.rpc("get_server_status")["cooling"]
        assert entry["remedy"].isprintable()
        assert "clear_cooling provider=one" in entry["remedy"]


def test_an_error_names_the_models_that_failed_before_the_last_one(tmp_path: Path) -> None:
    limited = {"error": {"message": "Slow down.", "code": "rate_limit_exceeded"}}
    replies = {"a": answer(429, limited), "b": answer(403, GATED), "c": answer(503, {"error": {"message": "Busy."}})}
    with Upstream(upstream(lambda asked: replies[asked.json["model"]])) as up:
        models = auto(("one", "a"), ("one", "b"), ("one", "c"))
        with router(tmp_path, [provider("one", up)], auto=models) as lr:
            message = lr.chat().json["error"]["message"]
            assert message == (
                "None of 3 models answered. The last, one/c: Busy. "
                "Before it: one/a: rate limited; one/b: refused the provider's key."
            )


def test_many_failures_make_no_long_message(tmp_path: Path) -> None:
    with Upstream(upstream(lambda asked: answer(503, {"error": {"message": "Busy."}}))) as up:
        models = auto(*(("one", f"{number}-" + "m" * 190) for number in range(40)))
        with router(tmp_path, [provider("one", up)], auto=models) as lr:
            error = lr.chat().json["error"]
            assert len(error["message"]) < 1_200
            assert "33 more" in error["message"]
            assert len(error["localrouter"]["attempts"]) == 40


@pytest.mark.parametrize("config", [None, auto(("one", "b")).model_copy(update={"enabled": False})])
def test_a_client_without_auto_is_told_where_to_switch_it_on(tmp_path: Path, config: AutoModelConfig | None) -> None:
    with Upstream(upstream(lambda asked: None)) as up, router(tmp_path, [provider("one", up)], auto=config) as lr:
        reply = lr.chat()
        message = reply.json["error"]["message"]
        assert reply.status == 404
        assert "off for the strategy “Test”" in message
        assert f"/ui/routing/{lr.config.strategies[1].id}" in message
        _type(message.rpartition("or with: ")[2])
        assert served(lr) == ("one/a" if config is None else "one/b")


def test_an_empty_list_names_its_strategy_and_the_remedy(tmp_path: Path) -> None:
    with Upstream(upstream(lambda asked: None)) as up, router(tmp_path, [provider("one", up)], auto=auto()) as lr:
        reply = lr.chat()
        assert reply.status == 400
        assert "the list of the strategy “Test” is empty" in reply.json["error"]["message"]
        _type(reply.json["error"]["message"].rpartition("or with: ")[2])
        assert served(lr) == "one/a"


def _type(command: str) -> None:
    words = shlex.split(command)
    typed = [sys.executable, "-m", "localrouter", *words[words.index("call") :]]
    run = subprocess.run(typed, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
