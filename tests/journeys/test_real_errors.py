"""Every error answer that was seen of a real provider, served to the real router over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localrouter.dialects.presets import PRESETS
from localrouter.domain.configuration.config import AutoModelConfig, Provider, RetryPolicy
from tests.rig import Router, router
from tests.upstream import Asked, Step, Upstream, answer

FIXTURE = Path(__file__).parent.parent / "dialects" / "fixtures" / "errors.jsonl"
SEEN = [json.loads(line) for line in FIXTURE.read_bytes().splitlines()]
SAME_SERVER = {"llama.cpp": "llamacpp"}
KEY = "LOCALROUTER_KEY_TEST"


def preset_of(row: dict[str, Any]) -> str:
    name = SAME_SERVER.get(row["provider"], row["provider"])
    return name if name in PRESETS else "openai-compatible"


def served(asked: Asked) -> Iterator[Step]:
    """The model's name is the number of the answer."""
    if not asked.body:  # a list of models
        yield answer(404, {})
        return
    row = SEEN[int(asked.json["model"])]
    body = row["body"].encode() if isinstance(row["body"], str) else json.dumps(row["body"]).encode()
    yield answer(row["status"], body, row["headers"])


@pytest.fixture(scope="module")
def lr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    with Upstream(served) as up, pytest.MonkeyPatch.context() as patched:
        patched.setenv(KEY, "sk-test")
        providers = [
            Provider(name=name, preset=name, base_url=up.url, secret=f"env:{KEY}")
            for name in sorted({preset_of(row) for row in SEEN})
        ]
        once = AutoModelConfig(enabled=False, retry=RetryPolicy(attempts=0))
        with router(tmp_path_factory.mktemp("errors"), providers, auto=once) as started:
            yield started


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("number", range(len(SEEN)), ids=lambda n: f"{n}-{SEEN[n]['provider']}-{SEEN[n]['status']}")
def test_an_error_that_was_seen_is_told_by_its_kind(lr: Router, number: int, streamed: bool) -> None:
    row = SEEN[number]
    reply = lr.chat(model=f"{preset_of(row)}/{number}", stream=streamed)
    # What a model does not take is left out of further tries, which this provider answers alike.
    kinds = {attempt["kind"] for attempt in reply.attempts}
    assert kinds <= {row["expected_kind"], *row["also_ok"]}
    assert len(reply.attempts) == 1 or kinds == {"unsupported"}
    assert reply.status >= 400
    assert reply.json["error"]["message"]
