"""Every scene on a socket is played on both event loops."""

from __future__ import annotations

from functools import partial

import pytest

from tests.surfaces.http.serving import LOOPS, serve


@pytest.fixture(params=LOOPS, ids=["uvloop", "asyncio"])
def run(request):
    return partial(serve, loop=request.param)
