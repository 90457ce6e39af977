"""The real program, started in a thread for one test: real sockets, real files, real SQLite."""

from __future__ import annotations

import asyncio
import http.client
import json
import secrets
import socket
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

import uvloop

from localrouter import app
from localrouter.domain.configuration.access import digest, hint, new_key
from localrouter.domain.configuration.config import (
    AutoModelConfig,
    Client,
    Config,
    Provider,
    Strategy,
    StrategyRateLimit,
    default_strategy,
)
from localrouter.domain.configuration.document import write
from localrouter.private_files import write_private
from localrouter.program import serving
from localrouter.program.ending import StopRequest
from localrouter.program.listening import ListenAddress
from localrouter.services.clock import SYSTEM, Clocks
from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import Instance

P = ParamSpec("P")
T = TypeVar("T")
CHAT: dict[str, object] = {"model": "localrouter/auto", "messages": [{"role": "user", "content": "Hello"}]}


@dataclass
class Reply:
    """An HTTP answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def attempts(self) -> list[dict[str, Any]]:
        attempts: list[dict[str, Any]] = self.json["error"]["localrouter"]["attempts"]
        return attempts


@dataclass
class Router:
    """A serving LocalRouter with one client. Use it as a context manager."""

    home: Home
    config: Config
    key: str
    url: str = ""
    pages: str = ""
    _stop: StopRequest | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _thread: threading.Thread | None = None
    shift: float = 0.0  # seconds that a test has moved both clocks on by
    set_on: float = 0.0  # seconds that a test has set the time of day on by
    stands_at: Clocks | None = None  # what both clocks show where a test has stopped them, but for `shift`
    _ready: threading.Event = field(default_factory=threading.Event)
    _error: BaseException | None = None
    _state: app.ProgramState | None = None

    def __enter__(self) -> Router:
        self.home.prepare()
        if not self.home.config.exists():
            write_private(self.home.config, write(self.config))
        self._thread = threading.Thread(target=self._serve, name="router")
        self._thread.start()
        self._ready.wait(20)
        if self._error is not None:
            raise self._error
        assert self.url, "the router did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def state(self) -> app.ProgramState:
        assert self._state is not None, "the router was not started"
        return self._state

    def stop(self) -> None:
        if self._loop is not None and self._stop is not None and self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join(30)
            assert not self._thread.is_alive(), "the router did not stop"

    def _serve(self) -> None:
        try:
            with (
                Instance.acquire(self.home.root) as instance,
                asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
            ):
                runner.run(self._run(instance))
        except BaseException as error:
            self._error = error
        finally:
            self._ready.set()

    async def _run(self, instance: Instance) -> None:
        self._stop, self._loop = StopRequest(), asyncio.get_running_loop()
        clocks = Clocks(
            lambda: (self.stands_at or SYSTEM).steady() + self.shift,
            lambda: (self.stands_at or SYSTEM).wall() + self.shift + self.set_on,
        )
        self._state = app.build_state(self.home, clocks)
        await serving.run(self._state, instance, ListenAddress(port=0), ready=self._served_at, stop=self._stop)

    def _served_at(self, url: str, pages: str) -> None:
        self.url, self.pages = url, pages
        self._ready.set()

    def request(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None, *, key: str = ""
    ) -> Reply:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            given = {"authorization": f"Bearer {key or self.key}"} | (headers or {})
            payload = None
            if body is not None:
                payload = body if isinstance(body, bytes) else json.dumps(body).encode()
                given.setdefault("content-type", "application/json")
            connection.request(method, path, payload, given)
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def rpc(self, method: str, **params: object) -> Any:
        """What a command says, which has to succeed."""
        told = self.rpc_reply(method, **params).json
        assert "result" in told, told
        return told["result"]

    def rpc_reply(self, method: str, **params: object) -> Reply:
        """The whole answer to a command, whatever becomes of it."""
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return self.request("POST", "/rpc", call, key=self.home.read_admin_token() or "")

    def chat(self, **changes: object) -> Reply:
        return self.request("POST", "/v1/chat/completions", CHAT | changes)

    def send_chat(self, **changes: object) -> socket.socket:
        """The connection of a client that has sent a request and has read nothing yet."""
        host, port = urlsplit(self.url).netloc.split(":")
        client = socket.create_connection((host, int(port)), timeout=10)
        body = json.dumps(CHAT | changes).encode()
        client.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            b"authorization: Bearer %b\r\ncontent-length: %d\r\n\r\n" % (self.key.encode(), len(body)) + body
        )
        return client

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What anybody can ask the metrics file, once everything recorded so far is written."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(self.state.metrics.flush(), self._loop).result(10)
        with closing(sqlite3.connect(self.home.metrics)) as db:
            return db.execute(query, values).fetchall()

    def stop_clocks(self) -> None:
        """Let no time pass but what `shift` says: what is asked twice is then the same, however slow this computer."""
        steady, wall = SYSTEM.steady(), SYSTEM.wall()
        self.stands_at = Clocks(lambda: steady, lambda: wall)

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of work on the router's own loop."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def call(self, function: Callable[P, T], *args: P.args, **words: P.kwargs) -> T:
        """Run a function on the router's own thread, where its state lives."""
        assert self._loop is not None

        async def on_loop() -> T:
            return function(*args, **words)

        return asyncio.run_coroutine_threadsafe(on_loop(), self._loop).result(10)


def router(
    folder: Path,
    providers: Sequence[Provider],
    *,
    auto: AutoModelConfig | None = None,
    limits: Sequence[StrategyRateLimit] = (),
    **strategy: Any,
) -> Router:
    """A router with one client, whose own strategy has these settings."""
    key = new_key(secrets.token_bytes(32))
    client_id = str(uuid.uuid4())
    own = Strategy(
        id=str(uuid.uuid4()), name="Test", parent=client_id, auto_config=auto, rate_limits=tuple(limits), **strategy
    )
    client = Client(
        id=client_id,
        name="test",
        strategy_id=own.id,
        created_at=datetime.now(UTC),
        key_digest=digest(key),
        key_hint=hint(key),
    )
    config = Config(providers=tuple(providers), clients=(client,), strategies=(default_strategy(), own))
    return Router(Home(folder / "home"), config, key)


def strategy_id(router_: Router) -> str:
    return router_.config.strategies[1].id


def auto(*models: tuple[str, str], **changes: Any) -> AutoModelConfig:
    return AutoModelConfig(enabled=True, prioritized_models=models, **changes)


def until(is_so: Callable[[], bool], what: str = "it came to that", *, patience: float = 5.0) -> None:
    """Wait, up to `patience` seconds, for what has to become true."""
    deadline = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < deadline, f"not within {patience:g} s: {what}"
        time.sleep(0.01)


def read_until(client: socket.socket, what: bytes) -> bytes:
    """What comes on a connection, up to and with these bytes."""
    seen = b""
    while what not in seen:
        data = client.recv(65_536)
        assert data, seen
        seen += data
    return seen
