"""Limits on the real server, with many requests at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from localrouter.domain.configuration.config import LimitType, Provider
from tests.limits import limit
from tests.rig import CHAT, Router, auto, router, strategy_id
from tests.upstream import Asked, Step, Upstream, answer, chat, completion

MANY = 400


def provider(upstream: Upstream) -> Provider:
    return Provider(name="one", preset="openai-compatible", base_url=upstream.url, models=("a",))


def all_at_once(lr: Router, count: int, **changes: object) -> list[tuple[int, str | None]]:
    """Status and Retry-After of many requests that are sent together."""

    async def one(session: aiohttp.ClientSession) -> tuple[int, str | None]:
        async with session.post(f"{lr.url}/v1/chat/completions", json=CHAT | changes) as reply:
            await reply.read()
            return reply.status, reply.headers.get("retry-after")

    async def every() -> list[tuple[int, str | None]]:
        connector = aiohttp.TCPConnector(limit=0)
        headers = {"authorization": f"Bearer {lr.key}"}
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
            return list(await asyncio.gather(*(one(session) for _ in range(count))))

    return asyncio.run(every())


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("_time", range(5))
def test_of_400_at_once_exactly_100_reach_the_provider(tmp_path: Path, streamed: bool, _time: int) -> None:
    limits = [limit(LimitType.REQUESTS, 100)]
    with Upstream(chat) as up, router(tmp_path, [provider(up)], auto=auto(("one", "a")), limits=limits) as lr:
        replies = all_at_once(lr, MANY, stream=streamed)
        assert sorted(status for status, _ in replies) == [200] * 100 + [429] * 300
        assert len(up.asked) == 100
        waits = {int(wait) for status, wait in replies if status == 429 and wait}
        assert len([wait for status, wait in replies if status == 429 and wait]) == 300
        lr.shift += min(waits) - 1 - 5  # the requests took less than 5 s
        assert lr.chat(stream=streamed).status == 429, "the wait is not longer than it must be"
        lr.shift += 1 + 5 + max(waits) - min(waits)
        assert lr.chat(stream=streamed).status == 200, "the wait is true"
        view = lr.rows(
            "SELECT sum(requests), sum(denied_requests) FROM metrics WHERE metric_type = ? AND granularity = 'day'",
            f"llm_strategy:{strategy_id(lr)}",
        )
        assert view == [(101, 301)]


def test_tokens_overflow_once_and_the_next_request_is_refused(tmp_path: Path) -> None:
    def generous(asked: Asked) -> Iterator[Step]:
        yield answer(200, completion(tokens_in=900, tokens_out=400))

    limits = [limit(LimitType.TOTAL_TOKENS, 1_000)]
    with Upstream(generous) as up, router(tmp_path, [provider(up)], auto=auto(("one", "a")), limits=limits) as lr:
        assert lr.chat().status == 200, "an idle strategy always admits one"
        refused = lr.chat()
        assert refused.status == 429
        assert refused.json["error"]["code"] == "rate_limit_exceeded"
        assert "1,000 total tokens per minute" in refused.json["error"]["message"]
        [told] = refused.json["error"]["localrouter"]["limits"]
        assert (told["limit_type"], told["used"], told["reserved"]) == ("total_tokens", 1_300, 0)
        assert len(up.asked) == 1
        lr.shift += int(refused.headers["retry-after"])
        assert lr.chat().status == 200, "an idle strategy always admits one"


def test_what_a_strategy_used_survives_a_restart(tmp_path: Path) -> None:
    limits = [limit(LimitType.REQUESTS, 3)]
    with Upstream(chat) as up:
        first = router(tmp_path, [provider(up)], auto=auto(("one", "a")), limits=limits)
        with first as lr:
            assert [lr.chat().status for _ in range(3)] == [200] * 3
        with Router(first.home, first.config, first.key) as lr:
            assert lr.chat().status == 429
        assert len(up.asked) == 3


def test_a_limit_beyond_what_json_can_count_is_a_limit_like_any_other(tmp_path: Path) -> None:
    limits = [limit(LimitType.REQUESTS, 1.9e19), limit(LimitType.TOTAL_TOKENS, 1e25)]
    with Upstream(chat) as up, router(tmp_path, [provider(up)], auto=auto(("one", "a")), limits=limits) as lr:
        assert lr.chat().status == 200
        assert lr.rows("SELECT count(*) FROM requests JOIN traces ON traces.request = requests.id") == [(1,)]


def test_refused_and_invalid_requests_use_nothing(tmp_path: Path) -> None:
    limits = [limit(LimitType.REQUESTS, 1)]
    with Upstream(chat) as up, router(tmp_path, [provider(up)], auto=auto(("one", "a")), limits=limits) as lr:
        assert lr.chat(model="nobody/x").status == 404
        assert lr.chat(messages="x").status == 400
        assert lr.chat().status == 200
        assert lr.chat().status == 429
