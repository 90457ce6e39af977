"""What a log at debug tells of a request that hops."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import LimitType, Provider
from tests.limits import limit
from tests.rig import Router, auto, router
from tests.upstream import Upstream, always, chat

QUOTING = {"error": {"message": "No to “a secret wish” with sk-provider-0123456789", "code": "rate_limit_exceeded"}}
WISH = [{"role": "user", "content": "a secret wish"}]


def provider(name: str, upstream: Upstream) -> Provider:
    return Provider(name=name, preset="openai-compatible", base_url=upstream.url, models=("a",))


def story(lr: Router, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the gateway's log says of one request, without ids and times."""
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "localrouter.gateway"):
        lr.chat(messages=WISH)
    said = [record.getMessage() for record in caplog.records if record.name.startswith("localrouter.gateway")]
    assert all(re.match(r"Request req_\w+: ", line) for line in said), said
    assert not any(word in line for line in said for word in ("wish", "sk-provider", lr.key))
    return [re.sub(r"\d+\.\d{3}", "T", line.split(": ", 1)[1]) for line in said]


def test_a_request_that_hops_tells_its_story_without_bodies_or_keys(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        Upstream(always(429, QUOTING)) as first,
        Upstream(chat) as second,
        router(
            tmp_path,
            [provider("one", first), provider("two", second)],
            auto=auto(("one", "a"), ("two", "a")),
            limits=[limit(LimitType.REQUESTS, 2)],
        ) as lr,
    ):
        assert story(lr, caplog) == [
            "calls one/a",
            "one/a failed (rate_limited, status 429) after T s",
            "calls two/a",
            "success with status 200",
        ]
        assert story(lr, caplog) == ["skips one/a (cooling)", "calls two/a", "success with status 200"]
        assert story(lr, caplog) == ["skips one/a (limit)", "skips two/a (limit)", "denied with status 429"]
