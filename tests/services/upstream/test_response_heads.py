"""How large the head of an answer may be, and what is said of a larger one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from localrouter.domain.routing.failures import Failure, FailureKind
from localrouter.services.upstream.answer import UpstreamResponse
from localrouter.services.upstream.client import Target, Upstream
from localrouter.services.upstream.errors import MAX_HEAD
from tests.upstream import Asked, Step
from tests.upstream import Upstream as Provider

COOKIE = b"set-cookie: " + b"c" * 4_000 + b"\r\n"
HEADS = {
    "one long header": b"content-security-policy: " + b"a" * 60_000 + b"\r\n",
    "long headers": COOKIE * 15,
    "many headers": b"".join(b"x-%d: %b\r\n" % (number, b"v" * 30) for number in range(1_200)),
    "short headers": b"a:b\r\n" * 10_000,
}
LARGER = {
    "one long header": b"x-long: " + b"a" * MAX_HEAD + b"\r\n",
    "long headers": COOKIE * 17,
    "many headers": HEADS["many headers"] * 2,
}


def asked_of(head: bytes, pieces: int) -> UpstreamResponse | Failure | bytes:
    """The body that a provider sends behind this head, cut into pieces."""
    whole = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n" + head + b"\r\n{}"

    def script(_asked: Asked) -> Iterator[Step]:
        size = -(-len(whole) // pieces)
        yield from (whole[at : at + size] for at in range(0, len(whole), size))

    async def ask(url: str) -> UpstreamResponse | Failure | bytes:
        upstream = Upstream()
        await upstream.start()
        try:
            response = await upstream.post(Target("one", url, {}), "x", b"{}", {}, first=20, total=20)
            return response if isinstance(response, Failure) else await response.read()
        finally:
            await upstream.close()

    with Provider(script) as provider:
        return asyncio.run(ask(provider.url))


@pytest.mark.parametrize("pieces", [1, 7])
@pytest.mark.parametrize("head", HEADS)
def test_a_head_may_have_64_kb(head: str, pieces: int) -> None:
    assert asked_of(HEADS[head], pieces) == b"{}"


@pytest.mark.parametrize("head", LARGER)
def test_a_larger_head_is_told_as_what_it_is(head: str) -> None:
    found = asked_of(LARGER[head], 3)
    assert isinstance(found, Failure)
    assert (found.kind, found.message) == (
        FailureKind.SERVER_ERROR,
        "one sent a response head of more than 64 KB, which is the most that is read.",
    )
