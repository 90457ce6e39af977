"""What is recorded equals what providers bill, over every dialect on both sides; what is cut off is never too cheap."""

from __future__ import annotations

import http.client
import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from localrouter.domain.configuration import config
from localrouter.domain.configuration.config import LimitType
from tests.journeys.invoices import CLAUDE, GEMINI, GPT, PRICE_LISTS, TELLERS, Bill, Biller, Fate
from tests.journeys.wires import PROGRAMS, Wanted
from tests.limits import limit
from tests.rig import Router, auto, router
from tests.upstream import Upstream

KEY = "LOCALROUTER_KEY_INVOICES"
CONNECTIONS = 8
MODELS = (("openai", GPT), ("anthropic", CLAUDE), ("gemini", GEMINI))
FOLDERS = {"openai": "/v1", "anthropic": "/v1", "gemini": "/v1beta"}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "a-key-of-the-invoices")


@dataclass
class Programs:
    """Programs of every client dialect, some of which leave before the end."""

    lr: Router
    seed: int
    tiers: tuple[str, ...]
    names: dict[str, str] = field(default_factory=dict)  # of requests, by their ids
    left: set[str] = field(default_factory=set)

    def ask(self, count: int) -> None:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(self._ask, range(count)))

    def _ask(self, number: int) -> None:
        chance = random.Random(f"{self.seed} {number}")
        wanted = Wanted(
            f"bill {number}", chance.randint(1, 300), 400, chance.random() < 0.6, tools=False, chance=chance
        )
        dialect = chance.choice(tuple(PROGRAMS))
        model = chance.choice(("localrouter/auto", *map("/".join, MODELS)))
        path, body = PROGRAMS[dialect].request(model, wanted)
        body.pop("n", None)
        if self.tiers and dialect.startswith("openai"):
            body["service_tier"] = chance.choice(self.tiers)
        self._send(path, json.dumps(body).encode(), wanted.name, leaves=wanted.stream and chance.random() < 0.1)

    def _send(self, path: str, body: bytes, name: str, *, leaves: bool) -> None:
        connection = http.client.HTTPConnection(urlsplit(self.lr.url).netloc, timeout=60)
        headers = {"authorization": f"Bearer {self.lr.key}", "content-type": "application/json"}
        connection.request("POST", path, body, headers)
        reply = connection.getresponse()
        self.names[reply.headers["x-request-id"]] = name
        if leaves:
            self.left.add(name)
            reply.read1(10)
        else:
            reply.read()
        reply.close()
        connection.close()


@dataclass(frozen=True)
class Entry:
    """One attempt, as it is recorded. `counted` is what limits count of it."""

    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    cost: int
    estimated: int
    counted: int


def books(lr: Router, programs: Programs) -> dict[str, list[Entry]]:
    """What the router has on record of each request, by its name, without attempts that were refused."""
    rows = lr.rows(
        "SELECT request_id, a.model, a.input_tokens, a.output_tokens, a.cached_tokens, a.reasoning_tokens, a.cost,"
        " a.estimated, COALESCE(a.counted_cost, a.cost) FROM attempts a JOIN requests r ON r.id = a.request"
        " ORDER BY r.id, a.number"
    )
    found: dict[str, list[Entry]] = {}
    for request_id, *entry in rows:
        found.setdefault(programs.names[request_id], []).append(Entry(*entry))
    return found


def by_request(bills: Sequence[Bill]) -> dict[str, list[Bill]]:
    found: dict[str, list[Bill]] = {}
    for bill in bills:
        found.setdefault(bill.request, []).append(bill)
    return found


def run(folder: Path, count: int, *, is_strict: bool) -> list[tuple[Bill, Entry]]:
    """Every call with its entry, in the order in which a request made them."""
    biller = Biller(seed=7, is_bounded=is_strict)
    most = limit(LimitType.COST, 1_000_000, "day", mode="strict" if is_strict else "soft")
    with Upstream(biller) as up:
        providers = [
            config.Provider(
                name=name,
                preset=name,
                base_url=up.url.removesuffix("/v1") + FOLDERS[name],
                models=(model,),
                secret=f"env:{KEY}",
            )
            for name, model in MODELS
        ]
        chosen = auto(*MODELS, retry=config.RetryPolicy(attempts=0))
        with router(folder, providers, auto=chosen, limits=[most]) as lr:
            programs = Programs(lr, 7, () if is_strict else ("auto", "flex", "priority"))
            programs.ask(count)
            entries = books(lr, programs)
    pairs = []
    for name, billed in by_request(biller.bills).items():
        assert [bill.sold.model for bill in billed] == [entry.model for entry in entries[name]], name
        pairs += list(zip(billed, entries[name], strict=True))
    cut = {bill.request for bill in biller.bills if bill.fate is Fate.CUT}
    assert all(bill.request in cut | programs.left for bill, entry in pairs if entry.estimated)
    return pairs


def test_what_is_recorded_is_what_providers_bill(tmp_path: Path, full: bool) -> None:
    pairs = run(tmp_path, 2_000 if full else 150, is_strict=False)
    seen = {(bill.path, bill.fate) for bill, _ in pairs}
    assert seen >= {(path, fate) for path in TELLERS for fate in Fate}
    tiers = {(bill.sold.model, bill.sold.tier) for bill, _ in pairs if bill.fate is Fate.WHOLE}
    assert tiers >= {(model, tier) for model, tier in PRICE_LISTS if tier != "long"}
    for bill, entry in pairs:
        if bill.fate is Fate.WHOLE and not entry.estimated:
            sold = bill.sold
            assert entry.cost == sold.picodollars, bill
            assert (entry.input_tokens, entry.output_tokens) == (sold.prompt, sold.output), bill
            thoughts = 0 if sold.model == CLAUDE else sold.thoughts  # Anthropic tells them as output like the rest
            assert (entry.cached_tokens, entry.reasoning_tokens) == (sold.cached, thoughts), bill
        elif bill.fate is Fate.FAILED:
            assert (entry.cost, entry.counted, entry.estimated) == (0, 0, 0), bill
        else:
            assert entry.estimated, bill
    whole = [bill for bill, entry in pairs if bill.fate is Fate.WHOLE and not entry.estimated]
    print(
        f"{len(pairs)} calls, {len(whole)} of them whole, billed {sum(b.sold.picodollars for b in whole) / 1e12:f} USD"
    )
    assert len(whole) > len(pairs) / 2


def test_strict_limits_count_no_less_than_providers_bill(tmp_path: Path, full: bool) -> None:
    pairs = run(tmp_path, 2_000 if full else 100, is_strict=True)
    assert {bill.fate for bill, _ in pairs} == set(Fate)
    for bill, entry in pairs:
        billed = 0 if bill.fate is Fate.FAILED else bill.sold.picodollars
        assert entry.counted >= billed, bill
        if bill.fate is Fate.WHOLE and not entry.estimated:
            assert entry.cost == entry.counted == billed, bill
