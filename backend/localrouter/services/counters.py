"""Counts since the process started, for monitoring systems that compute rates themselves."""

from __future__ import annotations

from collections import defaultdict

from localrouter.domain.metrics.samples import Sample

DURATIONS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)  # seconds, upper bounds

Labels = tuple[str, ...]


class Counters:
    """Counts only grow. `requests` by client, strategy and outcome; `attempts` by provider, model and kind of failure
    (empty on success); `tokens_in`, `tokens_out` and `cost` (picodollars) by provider and model; durations of answered
    requests.
    """

    def __init__(self) -> None:
        self.requests: defaultdict[Labels, int] = defaultdict(int)
        self.attempts: defaultdict[Labels, int] = defaultdict(int)
        self.tokens_in: defaultdict[Labels, int] = defaultdict(int)
        self.tokens_out: defaultdict[Labels, int] = defaultdict(int)
        self.cost: defaultdict[Labels, int] = defaultdict(int)
        self.durations = [0] * len(DURATIONS)
        self.duration_count = 0
        self.duration_sum = 0.0

    def add(self, sample: Sample) -> None:
        self.requests[sample.client_id, sample.strategy_id, sample.outcome.value] += 1
        for attempt in sample.attempts:
            model = (attempt.provider, attempt.counted_as)
            self.attempts[(*model, attempt.kind.value if attempt.kind else "")] += 1
            self.tokens_in[model] += attempt.usage.input_tokens
            self.tokens_out[model] += attempt.usage.output_tokens
            self.cost[model] += attempt.cost
        if sample.attempts:
            self._time(sample.duration)

    def _time(self, seconds: float) -> None:
        self.duration_count += 1
        self.duration_sum += seconds
        for place, bound in enumerate(DURATIONS):
            if seconds <= bound:
                self.durations[place] += 1
                return
