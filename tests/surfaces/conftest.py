"""Every scene on a socket is played on both event loops."""

from __future__ import annotations

from functools import partial

import pytest

from tests.surfaces.http.serving import LOOPS, Run, serve


@pytest.fixture(params=LOOPS, ids=["uvloop", "asyncio"])
def run(request: pytest.FixtureRequest) -> Run:
    return partial(serve, loop=request.param)
