"""Limits on the real server under load, judged by what clients sent and the provider saw.

Requests and strict limits are judged by nothing else. Soft limits are judged by it too, and besides by the router's own
records, since the bound that they state is how far its estimates were wrong.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from localrouter.dialects.registry import DIALECTS
from localrouter.domain.configuration import config
from localrouter.domain.configuration.config import LimitType, PricingOverride, StrategyRateLimit
from localrouter.services.clock import SYSTEM
from tests.journeys.history import LATE, Amount, Call, Provider, excusable, fullest, most_requests
from tests.journeys.wires import PRESETS, PROGRAMS, WIRES, Wanted
from tests.killable import serving
from tests.limits import limit
from tests.rig import Router, auto, router, strategy_id
from tests.upstream import Upstream

CONNECTIONS = 16
MINUTE = 60.0
REFUSED_ENOUGH = 4  # refusals in a row after which a connection takes the limit to be full
PRICES = {"small": (0.5, 2.0), "cheap": (1.0, 4.0), "middling": (3.0, 12.0), "dear": (5.0, 20.0)}  # USD per million
MODELS = (("one", "dear"), ("two", "middling"), ("three", "cheap"), ("four", "small"))
KEY = "LOCALROUTER_KEY_HISTORY"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "a-key-of-the-history")


def tokens(call: Call) -> float:
    return call.tokens


def dollars(call: Call) -> float:
    per_input, per_output = PRICES[call.model]
    return (call.tokens_in * per_input + call.tokens_out * per_output) / 1e6


@dataclass
class Crowd:
    """Sixteen connections that ask for more than there is, each in its own way: plain, streamed, leaving early."""

    lr: Router
    seed: int
    name: str = ""
    leave: float = 0.06  # how many do not wait for their answer's end
    sent: list[str] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)  # paths that answers came from
    outcomes: list[int] = field(default_factory=list)

    def ask_until_full(self) -> None:
        asyncio.run(self._all())

    async def _all(self) -> None:
        headers = {"authorization": f"Bearer {self.lr.key}"}
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
            await asyncio.gather(*(self._one(session, number) for number in range(CONNECTIONS)))

    async def _one(self, session: aiohttp.ClientSession, number: int) -> None:
        chance, refused = random.Random(f"{self.seed} {number} {len(self.sent)}"), 0
        while refused < REFUSED_ENOUGH:
            status = await self._ask(session, chance)
            self.outcomes.append(status)
            refused = refused + 1 if status == 429 else 0

    async def _ask(self, session: aiohttp.ClientSession, chance: random.Random) -> int:
        name = f"{self.name}{len(self.sent)}"
        self.sent.append(name)
        # Always with a cap of its own: what nobody tells of a call counts as all that its cap allows, 4,096 tokens
        # where it has none, and a few of those would leave less than the share to be shown.
        wanted = Wanted(
            name,
            size=chance.randint(1, 300),
            cap=chance.randint(1, 300),
            stream=chance.random() < 0.5,
            tools=chance.random() < 0.1,
            chance=chance,
        )
        program = PROGRAMS[chance.choice(tuple(PROGRAMS))]
        model = chance.choice(("localrouter/auto", "localrouter/auto", *map("/".join, MODELS)))
        path, body = program.request(model, wanted)
        leaves = chance.random() < self.leave
        async with session.post(f"{self.lr.url}{path}", json=body) as reply:
            if leaves and reply.status == 200:
                await reply.content.readany()
                reply.close()
                return 499
            await reply.read()
            if reply.status == 200:
                self.answered.add(program.path)
            return reply.status


@dataclass
class Run:
    """One limit under one crowd, in two windows one after the other."""

    calls: Sequence[Call]
    crowd: Crowd
    late: float  # seconds that the busy computer may have kept the router from knowing of an end
    wrong_by: float  # by the router's records: what requests used beyond what was held for them, in all windows


def priced_router(folder: Path, up: Upstream, only: StrategyRateLimit, seed: int) -> Router:
    """A router with models of known prices, whose providers speak different dialects, by turns, and may be silent
    for a second."""
    patience = config.Timeouts(first_byte=1.0, first_token=1.0)
    by_turns = (*PRESETS[seed % len(PRESETS) :], *PRESETS[: seed % len(PRESETS)])
    providers = [
        config.Provider(
            name=name,
            preset=preset,
            base_url=up.url.removesuffix("/v1") + folder,
            models=(model,),
            timeouts=patience,
            secret=f"env:{KEY}",
        )
        for (name, model), (preset, folder) in zip(MODELS, by_turns, strict=True)
    ]
    lr = router(folder, providers, auto=auto(*MODELS), limits=[only])
    priced = tuple(
        PricingOverride(
            provider=name, model=model, input_per_million=PRICES[model][0], output_per_million=PRICES[model][1]
        )
        for name, model in MODELS
    )
    lr.config = lr.config.model_copy(update={"pricing_overrides": priced})
    return lr


def run(folder: Path, seed: int, only: StrategyRateLimit, *, is_kind: bool) -> Run:
    shift = [0.0]
    provider = Provider(seed, lambda: SYSTEM.steady() + shift[0], is_kind)
    with Upstream(provider) as up, priced_router(folder, up, only, seed) as lr:
        crowd, waits = Crowd(lr, seed), Waits(lr)
        # The first half is still in the second's window. The time of day is set as one may, which changes nothing.
        for lr.set_on, shift[0] in ((0.0, 0.0), (-86_400.0, MINUTE / 2), (3_600.0, 2 * MINUTE)):
            lr.shift = shift[0]
            with waits:
                crowd.ask_until_full()
        return Run(provider.calls, crowd, max(LATE, waits.longest), beyond_estimates(lr, only))


@dataclass
class Waits:
    """How long the router's thread took to come round, at the longest: it competes with the test's own threads."""

    lr: Router
    longest: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> None:
        self._over.clear()
        self._thread = threading.Thread(target=self._measure)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _measure(self) -> None:
        while not self._over.wait(0.01):
            asked = time.monotonic()
            self.lr.call(lambda: None)
            self.longest = max(self.longest, time.monotonic() - asked)


def beyond_estimates(lr: Router, only: StrategyRateLimit) -> float:
    """The bound that soft limits state, by the router's own records: here they are read, and nowhere else."""
    column = "cost / 1e12" if only.limit_type is LimitType.COST else "input_tokens + output_tokens"
    rows = lr.rows(f"SELECT {column}, trace FROM requests JOIN traces ON traces.request = requests.id")
    estimates = [(used, told["limits"][0]["estimate"]) for used, trace in rows for told in (json.loads(trace),)]
    return float(sum(max(0.0, used - estimate) for used, estimate in estimates))


def seeds(full: bool) -> range:
    return range(20 if full else 1)


def test_requests_are_exact(tmp_path: Path, full: bool) -> None:
    for seed in seeds(full):
        done = run(tmp_path / f"{seed}", seed, limit(LimitType.REQUESTS, 60), is_kind=False)
        assert most_requests(done.calls, MINUTE) == 60
        assert len({call.request for call in done.calls}) == 120, "two windows, each full to the last request"
        assert len(done.crowd.sent) > 120


LIMITS: tuple[tuple[LimitType, float, Amount], ...] = (
    (LimitType.TOTAL_TOKENS, 40_000, tokens),
    (LimitType.COST, 0.6, dollars),
)


@pytest.mark.parametrize(("limit_type", "value", "amount"), LIMITS, ids=("tokens", "cost"))
def test_strict_limits_are_never_passed_and_used_well(
    tmp_path: Path, full: bool, limit_type: LimitType, value: float, amount: Amount
) -> None:
    for seed in seeds(full):
        done = run(tmp_path / f"{seed}", seed, limit(limit_type, value, mode="strict"), is_kind=False)
        used = fullest(done.calls, MINUTE, amount)
        overshoot = max(0.0, used - value)
        share = f"{used:g} of {value:g}, {used / value:.1%}"
        print(f"strict {limit_type.value}, seed {seed}: {share}; overshoot {overshoot:g}")
        assert all(call.cap is not None for call in done.calls)
        assert {call.path for call in done.calls} == {wire.path for wire in WIRES.values()}
        assert done.crowd.answered == {program.path for program in PROGRAMS.values()}
        assert overshoot == 0
        assert used >= 0.8 * value
        assert 429 in done.crowd.outcomes


@pytest.mark.parametrize(("limit_type", "value", "amount"), LIMITS, ids=("tokens", "cost"))
def test_soft_limits_overshoot_by_no_more_than_estimates_were_wrong(
    tmp_path: Path, full: bool, limit_type: LimitType, value: float, amount: Amount
) -> None:
    for seed in seeds(full):
        done = run(tmp_path / f"{seed}", seed, limit(limit_type, value), is_kind=True)
        used = fullest(done.calls, MINUTE, amount)
        excused = excusable(done.calls, MINUTE, amount, done.late)
        overshoot = max(0.0, used - value)
        print(
            f"soft {limit_type.value}, seed {seed}: {used:g} of {value:g} used; overshoot {overshoot:g}, "
            f"excusable {excused:g}, stated {done.wrong_by:g}"
        )
        untold = sum(amount(call) for call in done.calls if not call.is_told)
        assert overshoot <= excused, "by what the provider saw alone"
        assert overshoot <= done.wrong_by + untold, "by the router's own records of its estimates"
        assert used >= 0.8 * value
        assert 429 in done.crowd.outcomes


def test_strict_limits_hold_whatever_kills_and_edits_come_while_requests_run(tmp_path: Path, full: bool) -> None:
    for seed in seeds(full):
        hourly = limit(LimitType.TOTAL_TOKENS, 1_000_000, "hour", "strict")
        provider, chance = Provider(seed, SYSTEM.steady), random.Random(seed)
        with Upstream(provider) as up:
            lr = priced_router(tmp_path / f"{seed}", up, hourly, seed)
            for _ in range(3):
                with serving(lr) as process:
                    crowd = threading.Thread(target=ask_until_killed, args=(Crowd(lr, seed),))
                    crowd.start()
                    time.sleep(chance.uniform(0.2, 0.6))
                    process.kill()
                    process.wait()
                    crowd.join(30)
            killed = sum(map(tokens, provider.calls))
            lowered = hourly.model_copy(update={"value": killed + 60_000.0})
            with serving(lr):
                crowd = threading.Thread(target=Crowd(lr, seed, name="last ").ask_until_full)
                crowd.start()
                limits = [lowered.model_dump(mode="json")]
                lr.rpc("update_strategy", strategy_id=strategy_id(lr), name="Renamed", rate_limits=limits)
                crowd.join(60)
                assert not crowd.is_alive()
        used = fullest(provider.calls, 3_600.0, tokens)
        print(f"strict total_tokens, seed {seed}: killed at {killed}, then {used:g} of {lowered.value:g} used")
        assert 0 < killed < used <= lowered.value


def ask_until_killed(crowd: Crowd) -> None:
    with suppress(aiohttp.ClientError, OSError):
        crowd.ask_until_full()


def test_the_crowd_speaks_every_dialect_that_is_served_to_providers_of_each() -> None:
    assert PROGRAMS.keys() == DIALECTS.clients.keys()
    assert WIRES.keys() == DIALECTS.providers.keys()


def test_the_judge_sees_a_limit_that_was_passed() -> None:
    calls = [Call(f"{n}", "cheap", float(n), None, ended=n + 5.0, tokens_in=10, is_told=True) for n in range(0, 90, 10)]
    assert fullest(calls, MINUTE, tokens) == 60
    assert most_requests(calls, MINUTE) == 6
    again = Call("80", "dear", 81.0, None, ended=82.0, tokens_out=100, is_told=True)
    assert most_requests([*calls, again], MINUTE) == 6, "a second attempt is no second request"
    assert fullest([*calls, again], MINUTE, tokens) == 160
    assert excusable([*calls, again], MINUTE, tokens) == 110, "what ran when the last call began"
