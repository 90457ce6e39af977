"""`GET /metrics`: the counts of this process and the state of limits, in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from starlette.types import Receive, Scope, Send

from localrouter.domain.configuration.config import LimitType
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.limits.check_result import LimitStatus
from localrouter.domain.models.pricing import to_usd
from localrouter.domain.plain_text import printable_lines
from localrouter.services.counters import DURATIONS, Counters, Labels
from localrouter.services.health import Health
from localrouter.services.ledger.ledger import Ledger

METRICS_PATH = "/metrics"
TEXT = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")

LIMIT_PARTS = (("value", "The limit."), ("used", "Used in its window."), ("reserved", "Held by running requests."))

Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True, slots=True)
class Prometheus:
    counters: Counters
    ledger: Ledger
    health: Health
    snapshot: Callable[[], Snapshot]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = "".join(self._lines()).encode()
        headers = [TEXT, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _lines(self) -> Iterator[str]:
        counters = self.counters
        yield from _counted(
            "requests_total", "Requests by how they ended.", ("client", "strategy", "outcome"), counters.requests
        )
        yield from _counted(
            "attempts_total",
            "Calls of models; kind is empty if they answered.",
            ("provider", "model", "kind"),
            counters.attempts,
        )
        model = ("provider", "model")
        yield from _counted("input_tokens_total", "Input tokens.", model, counters.tokens_in)
        yield from _counted("output_tokens_total", "Output tokens.", model, counters.tokens_out)
        usd = {labels: to_usd(cost) for labels, cost in counters.cost.items()}
        yield from _counted("cost_usd_total", "What the calls cost, in USD.", model, usd)
        yield from self._durations()
        yield from self._limits()
        cools = {(each.provider, each.model or "", each.kind.value) for each in self.health.cooling()}
        cooling = [(dict(zip(("provider", "model", "kind"), labels, strict=True)), 1.0) for labels in sorted(cools)]
        yield from _family("cooling", "gauge", "What is cooling; model is empty for a whole provider.", cooling)

    def _durations(self) -> Iterator[str]:
        counters = self.counters
        name = "localrouter_request_duration_seconds"
        yield f"# HELP {name} Time from a request's arrival to its record.\n# TYPE {name} histogram\n"
        for bound, count in zip(DURATIONS, accumulate(counters.durations), strict=True):
            yield f'{name}_bucket{{le="{bound}"}} {count}\n'
        yield f'{name}_bucket{{le="+Inf"}} {counters.duration_count}\n'
        yield f"{name}_sum {counters.duration_sum}\n{name}_count {counters.duration_count}\n"

    def _limits(self) -> Iterator[str]:
        states = [
            (strategy.id, state)
            for strategy in self.snapshot().config.strategies
            for state in self.ledger.states(strategy)
        ]
        for part, help_text in (
            ("value", "The limit."),
            ("used", "Used in its window."),
            ("reserved", "Held by running requests."),
        ):
            samples = [(_limit_labels(strategy_id, state), _in_unit(state, part)) for strategy_id, state in states]
            yield from _family(f"limit_{part}", "gauge", f"{help_text} Cost is in USD.", samples)


def _limit_labels(strategy_id: str, state: LimitStatus) -> Mapping[str, str]:
    limit = state.limit
    return {
        "strategy": strategy_id,
        "limit_type": limit.limit_type.value,
        "time_window": limit.time_window.value,
        "mode": limit.mode.value,
    }


def _in_unit(state: LimitStatus, part: str) -> float:
    amount: int = getattr(state, part)
    return to_usd(amount) if state.limit.limit_type is LimitType.COST else float(amount)


def _counted(name: str, help_text: str, labels: Labels, counts: Mapping[Labels, float]) -> Iterator[str]:
    samples = [(dict(zip(labels, values, strict=True)), count) for values, count in counts.items()]
    return _family(name, "counter", help_text, samples)


def _family(name: str, kind: str, help_text: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP localrouter_{name} {help_text}\n# TYPE localrouter_{name} {kind}\n"
    for labels, value in samples:
        shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"localrouter_{name}{{{shown}}} {value:.15g}\n"


def _escaped(text: str) -> str:
    shown = printable_lines(text).replace("\t", "\\x09")
    return shown.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
