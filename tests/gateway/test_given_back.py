"""What a request held is given back when it ends, at once: not when the garbage collector happens to come."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import LimitMode, LimitType, RateLimitTimeWindow, StrategyRateLimit
from localrouter.domain.conversation.request import ModelRequest
from tests.gateway.test_loop import RATE_LIMITED, A, B, provider
from tests.rig import auto, router, until
from tests.upstream import Upstream, always, chat

LIMITS = tuple(
    StrategyRateLimit(limit_type=LimitType.TOTAL_TOKENS, value=1e6, time_window=RateLimitTimeWindow.HOUR, mode=mode)
    for mode in (LimitMode.SOFT,)
)
STRICT = (
    StrategyRateLimit(
        limit_type=LimitType.TOTAL_TOKENS, value=1e6, time_window=RateLimitTimeWindow.HOUR, mode=LimitMode.STRICT
    ),
)


@contextmanager
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def requests_alive() -> int:
    return sum(isinstance(each, ModelRequest) for each in gc.get_objects())


@pytest.mark.parametrize("limits", [(), LIMITS, STRICT], ids=["no limit", "soft", "strict"])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_body_goes_with_its_request(tmp_path: Path, streamed: bool, limits: tuple[StrategyRateLimit, ...]) -> None:
    with (
        Upstream(always(429, RATE_LIMITED)) as busy,
        Upstream(chat) as up,
        router(tmp_path, [provider("one", busy), provider("two", up)], auto=auto(A, B), limits=limits) as lr,
        no_collector(),
    ):
        before = requests_alive()  # other modules of tests keep some
        assert lr.chat(stream=streamed).status == 200
        assert lr.chat(model="two/none", stream=streamed).status == 200
        assert lr.chat(model="nobody/none", stream=streamed).status == 404
        until(lambda: requests_alive() <= before, "nothing of the requests is left")
