"""Limits when the worst happens: the program is killed under load, and no provider ever sees more than was allowed."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import aiohttp

from localrouter import app
from localrouter.domain.configuration.config import LimitType, PricingOverride, Provider, Timeouts
from localrouter.private_files import write_private
from tests.killable import serving
from tests.limits import limit
from tests.rig import CHAT, Router, auto, router, strategy_id
from tests.upstream import Asked, Step, Upstream, answer, completion, stream

CONNECTIONS = 16
TOKENS = 15  # of each answer
BROKEN = "broken"  # the model that refuses every request
PATIENT = Timeouts(connect=120)  # a busy machine must not look like a provider that is away


def unhurried(asked: Asked) -> Iterator[Step]:
    """A provider whose answers take up to 30 ms."""
    if not asked.body:
        yield answer(404, {})
        return
    yield random.uniform(0.001, 0.03)
    if asked.json["model"] == BROKEN:
        yield answer(400, {"error": {"message": "No."}})
    elif asked.json.get("stream"):
        for piece in stream(["Hel", "lo"]):
            yield piece
            yield 0.002
    else:
        yield answer(200, completion(model=asked.json["model"]))


def calls(up: Upstream) -> int:
    return sum(1 for asked in list(up.asked) if asked.body)


def usage(lr: Router) -> dict[str, float]:
    """What the strategy used, as the command tells it."""
    used = lr.rpc("get_strategy_usage", strategy_id=strategy_id(lr))
    return {told["limit_type"]: told["used"] for told in used}


class Load:
    """Clients on many connections, plain and streamed, named and auto, for as long as the program answers."""

    def __init__(self, lr: Router) -> None:
        self.lr = lr
        self.answered = self.refused = 0
        self.acknowledged: list[str] = []  # the ids of the requests whose whole answer came
        self._ends = False
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(CONNECTIONS)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _run(self, number: int) -> None:
        model = f"one/{BROKEN}" if number == 5 else "one/a" if number % 2 else "localrouter/auto"
        while True:
            try:
                reply = self.lr.chat(model=model, stream=number % 3 == 0)
            except Exception:  # whatever way a connection breaks when its server is killed
                return
            if reply.status == 429:
                self.refused += 1
                return
            if number % 3 or b"[DONE]" in reply.body:
                self.answered += reply.status == 200
                self.acknowledged.append(reply.headers["x-request-id"])


def records(lr: Router) -> dict[str, int]:
    """How many records each request has, once all that the journal told of is written."""
    lr.rpc("get_request", request_id=lr.rpc("list_requests", limit=1)["items"][0]["request_id"])
    with closing(sqlite3.connect(lr.home.metrics)) as db:
        return Counter(row[0] for row in db.execute("SELECT request_id FROM requests"))


def unwritten(lr: Router, acknowledged: list[str]) -> int:
    """How many of these requests had no record when the program was killed."""
    with closing(sqlite3.connect(lr.home.metrics)) as db:
        return len(set(acknowledged) - {row[0] for row in db.execute("SELECT request_id FROM requests")})


def recovered(lr: Router) -> int:
    with closing(sqlite3.connect(lr.home.metrics)) as db:
        return int(db.execute("SELECT count(*) FROM requests WHERE recovered").fetchone()[0])


def tiers_agree(lr: Router) -> None:
    """Five tiers in three granularities tell what the records tell, each record once."""
    with closing(sqlite3.connect(lr.home.metrics)) as db:
        sums = "count(*), sum(input_tokens), sum(output_tokens)"
        whole = db.execute(f"SELECT {sums} FROM requests WHERE outcome <> 'denied'").fetchone()
        calls = db.execute(f"SELECT {sums} FROM attempts").fetchone()
        tiers: Counter[tuple[str, str]] = Counter()
        for metric_type, granularity, *figures in db.execute(
            "SELECT metric_type, granularity, sum(requests), sum(input_tokens), sum(output_tokens)"
            " FROM metrics GROUP BY metric_type, granularity"
        ):
            tier = metric_type.partition(":")[0]
            for name, figure in zip(("requests", "in", "out"), figures, strict=True):
                tiers[tier, f"{granularity} {name}"] += figure
    for tier in ("llm_global", "llm_key", "llm_strategy", "llm_provider", "llm_model"):
        expected = calls if tier in ("llm_provider", "llm_model") else whole
        for granularity in ("minute", "hour", "day"):
            assert tuple(tiers[tier, f"{granularity} {name}"] for name in ("requests", "in", "out")) == expected


def test_after_each_kill_under_load_nothing_that_was_dispatched_is_forgotten_or_told_twice(
    tmp_path: Path, full: bool
) -> None:
    kills = 100 if full else 3
    at_most = 100 * kills + 40
    limits = [limit(LimitType.REQUESTS, at_most, "day"), limit(LimitType.TOTAL_TOKENS, 10**9, "day")]
    seen_before = answered = without = 0
    acknowledged: list[str] = []
    with Upstream(unhurried) as up:
        lr = router(
            tmp_path,
            [Provider(name="one", preset="openai-compatible", base_url=up.url, timeouts=PATIENT)],
            auto=auto(("one", "a")),
            limits=limits,
        )
        for round_ in range(kills):
            with serving(lr) as process:
                used = usage(lr)
                assert calls(up) <= used["requests"] <= calls(up) + CONNECTIONS * round_
                assert used["total_tokens"] >= TOKENS * answered
                if acknowledged:
                    found = records(lr)
                    assert [found[request] for request in acknowledged] == [1] * len(acknowledged)
                    tiers_agree(lr)
                load = Load(lr)
                time.sleep(random.uniform(0.05, 0.8))
                process.kill()
                process.wait()
            load.join()
            answered += load.answered
            acknowledged += load.acknowledged
            without += unwritten(lr, load.acknowledged)
            seen_before = max(seen_before, calls(up))
        with serving(lr):
            assert usage(lr)["requests"] >= calls(up)
            assert records(lr).keys() >= set(acknowledged)
            marked = recovered(lr)
            assert without <= marked <= without + CONNECTIONS * kills
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                load = Load(lr)
                load.join()
                if load.refused == CONNECTIONS:
                    break
            refused = lr.chat()
            [told, _] = refused.json["error"]["localrouter"]["limits"]
            assert (refused.status, told["used"]) == (429, at_most)
    assert at_most - CONNECTIONS * kills <= calls(up) <= at_most
    assert seen_before > 0
    print(f"{kills} kills: {len(acknowledged)} acknowledged, {without} of them unwritten, {marked} recovered")


def test_of_800_at_once_plain_and_streamed_and_auto_exactly_100_reach_the_provider(tmp_path: Path) -> None:
    async def one(session: aiohttp.ClientSession, url: str, number: int) -> int:
        body = CHAT | {"model": ("one/a", "localrouter/auto", "a")[number % 3], "stream": number % 2 == 0}
        async with session.post(f"{url}/v1/chat/completions", json=body) as reply:
            await reply.read()
            return reply.status

    async def every(url: str, key: str) -> list[int]:
        headers = {"authorization": f"Bearer {key}"}
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=headers) as session:
            return list(await asyncio.gather(*(one(session, url, number) for number in range(800))))

    with Upstream(unhurried) as up:
        lr = router(
            tmp_path,
            [Provider(name="one", preset="openai-compatible", base_url=up.url, models=("a",), timeouts=PATIENT)],
            auto=auto(("one", "a")),
            limits=[limit(LimitType.REQUESTS, 100)],
        )
        with serving(lr):
            statuses = asyncio.run(every(lr.url, lr.key))
            assert (Counter(statuses), calls(up)) == ({200: 100, 429: 700}, 100)
            assert usage(lr) == {"requests": 100}


def test_two_dollars_a_day_and_then_the_local_model_and_back(tmp_path: Path) -> None:
    def script(asked: Asked) -> Iterator[Step]:
        if asked.body:
            yield answer(200, completion(model=asked.json["model"], tokens_in=400_000, tokens_out=100_000))
        else:
            yield answer(404, {})

    with Upstream(script) as cloud, Upstream(script) as local:
        lr = router(
            tmp_path,
            [
                Provider(name="cloud", preset="openai-compatible", base_url=cloud.url, models=("good",)),
                Provider(name="home", preset="ollama", base_url=local.url, models=("small",)),
            ],
            auto=auto(("cloud", "good"), ("home", "small")),
            limits=[limit(LimitType.COST, 2.0, "day")],
        )
        price = PricingOverride(provider="cloud", model="good", input_per_million=1.0, output_per_million=1.0)
        lr.config = lr.config.model_copy(update={"pricing_overrides": (price,)})  # half a dollar a request
        with lr:
            served = [lr.chat().headers["x-localrouter-model"] for _ in range(7)]
            assert served == ["cloud/good"] * 4 + ["home/small"] * 3
            assert lr.chat(model="cloud/good").status == 429
            assert lr.chat(model="home/small").status == 200
            lr.shift += 86_400 - 60
            assert lr.chat().headers["x-localrouter-model"] == "home/small"
            lr.shift += 16 * 60
            assert lr.chat().headers["x-localrouter-model"] == "cloud/good", "what was spent a day ago counts no more"
            assert len(cloud.models) == 5


def test_usage_that_a_command_found_lost_is_not_forgotten_by_the_next_start(tmp_path: Path) -> None:
    with Upstream(unhurried) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url)
        lr = router(tmp_path, [one], limits=[limit(LimitType.REQUESTS, 5, "day")])
        with lr:
            assert lr.chat(model="one/a").status == 200
        for file in lr.home.root.glob("metrics.db*"):
            file.unlink()
        write_private(lr.home.metrics, b"this is no database " * 1_000)
        with app.offline_services(lr.home) as services:
            assert services.ledger.usage_was_lost
        with Router(lr.home, lr.config, lr.key) as again:
            refused = again.chat(model="one/a")
            assert refused.status == 429
            assert int(refused.headers["retry-after"]) > 86_000
        with app.offline_services(lr.home) as services:
            services.ledger.acknowledge_loss()
        with Router(lr.home, lr.config, lr.key) as again:
            assert again.chat(model="one/a").status == 200
