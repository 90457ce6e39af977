"""What a request asks of the limits, on each model that it could be tried on: worked out once, when a limit asks."""

from __future__ import annotations

from collections.abc import Callable

from localrouter.domain.conversation.request import Endpoint, ModelRequest
from localrouter.domain.limits.bounds import Bound, Unbounded
from localrouter.domain.limits.demands import Demand
from localrouter.domain.routing.decide import Candidate

MaxUsage = Callable[[ModelRequest], Bound | Unbounded]


class _MostUsed:
    """The most that one request can use, worked out once. Demands hold this and not the `Sizing` that holds them: a
    ring of references would keep the whole body until the garbage collector comes."""

    __slots__ = ("_bound", "_max_usage", "_request")

    def __init__(self, request: ModelRequest, max_usage: MaxUsage) -> None:
        self._max_usage = max_usage
        self._request = request
        self._bound: Bound | Unbounded | None = None

    def __call__(self) -> Bound | Unbounded:
        if self._bound is None:
            self._bound = self._max_usage(self._request)
        return self._bound


class Sizing:
    """Belongs to one request, and to the candidates of its one plan."""

    __slots__ = ("_demands", "_request", "bound")

    def __init__(self, request: ModelRequest, max_usage: MaxUsage) -> None:
        self._request = request
        self._demands: dict[str, Demand] = {}
        self.bound = _MostUsed(request, max_usage)

    @property
    def endpoint(self) -> Endpoint:
        return self._request.endpoint

    def demand(self, candidate: Candidate) -> Demand:
        """What the request asks of the limits if it is tried on this candidate."""
        known = self._demands.get(candidate.name)
        if known is None:
            known = self._demands[candidate.name] = Demand(
                self._request.prompt_tokens_at_least,
                candidate.price,
                candidate.name,
                self.bound,
                candidate.max_output_tokens,
                candidate.prompt_overhead,
            )
        return known
