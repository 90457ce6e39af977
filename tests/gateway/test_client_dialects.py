"""A client whose dialect no provider speaks: what it gets is written by its dialect alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.types import Message

from localrouter import app
from localrouter.dialects.contract import ClientDialect, PlainAnswer, StreamEvent, StreamWriter
from localrouter.dialects.json_bodies.weight import Weigher
from localrouter.dialects.registry import DEFAULT_CLIENT, DIALECTS
from localrouter.dialects.stream_frames import EventsBelowV1
from localrouter.dialects.translation import Dialects
from localrouter.domain.configuration.config import LimitType, Provider
from localrouter.domain.conversation.conversation import Conversation
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.request import Endpoint, ModelRequest
from localrouter.domain.limits.demand import MaxUsage, Unbounded
from localrouter.surfaces.model_api.client_access import ClientAccess
from localrouter.surfaces.model_api.requests import ModelRequests, routes_of
from tests.limits import limit
from tests.rig import CHAT, Router, router
from tests.upstream import DONE, STREAM_END, STREAM_HEAD, Asked, End, Step, Upstream, chat, chunked, event

PATH = "/v1/counts"


class Counts(EventsBelowV1):
    """Tells how much a model wrote, in place of what."""

    name: str = "counts"
    title: str = "Counts"
    paths: Mapping[str, Endpoint] = {"counts": Endpoint.CHAT_COMPLETIONS}
    headers: tuple[str, ...] = ()
    request_id_header = b"x-request-id"
    models = DEFAULT_CLIENT.models

    def parse(self, endpoint: Endpoint, body: bytes | bytearray, weigher: Weigher | None = None) -> ModelRequest:
        return replace(DEFAULT_CLIENT.parse(endpoint, body, weigher), dialect=self.name)

    def example(self, endpoint: Endpoint, model: str, fields: Mapping[str, object]) -> ModelRequest:
        return replace(DEFAULT_CLIENT.example(endpoint, model, fields), dialect=self.name)

    def max_usage(self, request: ModelRequest) -> MaxUsage | Unbounded:
        return Unbounded("what is counted here")

    def conversation(self, request: ModelRequest) -> Conversation:
        return DEFAULT_CLIENT.conversation(request)

    def write_answer(self, answer: PlainAnswer, request: ModelRequest) -> bytes:
        return b"%d in all" % answer.output_bytes

    def write_estimate(self, request: ModelRequest) -> bytes:
        return b"a few"

    def status_of(self, reply: ErrorReply) -> int:
        return reply.status

    def tells_wait(self, reply: ErrorReply) -> bool:
        return True

    def stream_writer(self, request: ModelRequest, *, passes: bool = False) -> StreamWriter:
        return CountWriter()

    def write_error(self, reply: ErrorReply) -> bytes:
        return f"no: {reply.code}".encode()


class CountWriter:
    """Counts on from event to event, as only a writer of its own for each stream can."""

    so_far = 0

    def event(self, event: StreamEvent) -> bytes:
        self.so_far += event.output_bytes
        if event.done:
            return self.end()
        return b"%d, " % self.so_far if event.is_content else b""

    def end(self) -> bytes:
        return b"in all"

    def error(self, reply: ErrorReply) -> bytes:
        return f"broke: {reply.code}".encode()


def asked(lr: Router, key: str = "", **fields: object) -> tuple[int, bytes]:
    """What a client of this dialect gets: status and body."""
    assert lr._loop is not None
    counts: ClientDialect = Counts()
    gateway = app.build_gateway(lr.state, Dialects({counts.name: counts}, DIALECTS.providers))
    state, sent = lr.state, list[Message]()
    access = ClientAccess(lambda: state.store.snapshot, state.access.admits)
    serve = ModelRequests(gateway, access, state.memory, routes_of([counts]))

    async def receive() -> Message:
        return {"type": "http.request", "body": json.dumps(CHAT | fields).encode(), "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"authorization", f"Bearer {key or lr.key}".encode())]
    scope = {"type": "http", "method": "POST", "path": PATH, "headers": headers, "state": {"request_id": "req_1"}}
    asyncio.run_coroutine_threadsafe(serve(scope, receive, send), lr._loop).result(20)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def up_to(end: bytes | End) -> Iterator[Step]:
    yield STREAM_HEAD + chunked(event({"role": "assistant"})) + chunked(event({"content": "Hel"}))
    yield 0.05
    yield chunked(event({"content": "lo"})) + chunked(b": ping\n\n")
    yield end


@pytest.fixture
def lr(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Router]:
    with Upstream(getattr(request, "param", chat)) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url, models=("a",))
        with router(tmp_path, [one]) as started:
            yield started


def test_a_whole_answer_is_written_by_the_clients_dialect(lr: Router) -> None:
    assert asked(lr, model="one/a") == (200, b"5 in all")


def test_each_error_is_written_by_the_clients_dialect(lr: Router) -> None:
    assert asked(lr, key="unknown") == (401, b"no: invalid_api_key")
    assert asked(lr, model="nobody/a") == (404, b"no: model_not_found")
    assert asked(lr, messages="Hello") == (400, b"no: invalid_request")


@pytest.mark.parametrize(
    ("lr", "told"),
    [
        (lambda _: up_to(chunked(event(finish="stop")) + chunked(DONE) + STREAM_END), b"3, 5, in all"),
        (lambda _: up_to(chunked(event(finish="stop")) + STREAM_END), b"3, 5, in all"),
        (lambda _: up_to(STREAM_END), b"3, 5, broke: provider_error"),
        (lambda _: up_to(End.RESET), b"3, 5, broke: provider_unreachable"),
    ],
    indirect=["lr"],
    ids=["ended", "left open", "cut", "lost"],
)
def test_a_stream_is_written_by_the_clients_dialect_to_its_end(lr: Router, told: bytes) -> None:
    assert asked(lr, model="one/a", stream=True) == (200, told)


def test_what_a_strict_limit_reserves_is_up_to_the_clients_dialect(tmp_path: Path) -> None:
    def never(_: Asked) -> Iterator[Step]:
        raise AssertionError("nothing may be sent that cannot be bounded")

    strict = limit(LimitType.TOTAL_TOKENS, 1_000_000, "day", "strict")
    with Upstream(never) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url, models=("a",))
        with router(tmp_path, [one], limits=[strict]) as lr:
            assert asked(lr, model="one/a") == (429, b"no: limit_too_small")
            assert up.models == []
