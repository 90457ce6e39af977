"""A provider that does exactly what a test says, byte by byte: on a real socket, in a thread of its own."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Any


class End(Enum):
    CLOSE = "close"
    RESET = "reset"
    SILENCE = "silence"  # hold the connection open and say nothing, until the router leaves


Step = bytes | float | End
Script = Callable[["Asked"], Iterator[Step]]


@dataclass
class Asked:
    """A request as the provider saw it, and on which connection (a number).

    `left_at` is set when the router closed the connection before the end.
    """

    path: str
    headers: dict[str, str]
    body: bytes
    left_at: float | None = None
    connection: int = 0
    query: str = ""

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document


@dataclass
class Upstream:
    """Answers each request by its script. Use it as a context manager."""

    script: Script
    asked: list[Asked] = field(default_factory=list)
    _socket: socket.socket = field(default_factory=socket.socket)
    _open: set[socket.socket] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    @property
    def models(self) -> list[str]:
        """The models that were asked, in order."""
        return [asked.json["model"] for asked in self.asked]

    def __enter__(self) -> Upstream:
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(1024)
        threading.Thread(target=self._accept, daemon=True, name="upstream").start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for connections
        self._socket.close()
        for connection in list(self._open):
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        buffer, number = b"", next(self._numbers)
        try:
            while True:
                asked, buffer = _read(connection, buffer)
                if asked is None:
                    return
                asked.connection = number
                self.asked.append(asked)
                if not self._answer(connection, asked):
                    return
        except OSError:
            return
        finally:
            self._open.discard(connection)
            connection.close()

    def _answer(self, connection: socket.socket, asked: Asked) -> bool:
        for step in self.script(asked):
            match step:
                case bytes():
                    try:
                        connection.sendall(step)
                    except OSError:
                        asked.left_at = time.monotonic()
                        return False
                case float():
                    if _is_left(connection, step):
                        asked.left_at = time.monotonic()
                        return False
                case End.SILENCE:
                    _is_left(connection, 60.0)
                    asked.left_at = time.monotonic()
                    return False
                case End.RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return False
                case End.CLOSE:
                    return False
        return True


def _is_left(connection: socket.socket, seconds: float) -> bool:
    """Wait; true where the other side left in the meantime."""
    connection.settimeout(seconds)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except TimeoutError:
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(None)


def _read(connection: socket.socket, buffer: bytes) -> tuple[Asked | None, bytes]:
    while b"\r\n\r\n" not in buffer:
        data = connection.recv(65_536)
        if not data:
            return None, b""
        buffer += data
    head, _, rest = buffer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    length = int(headers.get("content-length", "0"))
    body = bytearray(rest)
    while len(body) < length:
        data = connection.recv(65_536)
        if not data:
            return None, b""
        body += data
    path, _, query = lines[0].split(" ")[1].partition("?")
    return Asked(path, headers, bytes(body[:length]), query=query), bytes(body[length:])


def answer(status: int, body: object, headers: dict[str, str] | None = None) -> bytes:
    """A whole HTTP answer."""
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"content-type": "application/json", "content-length": str(len(payload))} | (headers or {})
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + payload


def completion(text: str = "Hello", *, tokens_in: int = 10, tokens_out: int = 5, model: str = "m") -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out},
    }


STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
STREAM_END = b"0\r\n\r\n"
DONE = b"data: [DONE]\n\n"


def chunked(data: bytes) -> bytes:
    return b"%x\r\n" % len(data) + data + b"\r\n"


def event(
    delta: dict[str, object] | None = None, *, finish: str | None = None, usage: dict[str, int] | None = None
) -> bytes:
    """One chunk of a chat stream as a server-sent event."""
    choices = [] if delta is None and finish is None else [{"index": 0, "delta": delta or {}, "finish_reason": finish}]
    chunk: dict[str, object] = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": choices,
    }
    if usage is not None:
        chunk["usage"] = usage
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def stream(text: list[str], *, tokens_in: int = 10, tokens_out: int = 5) -> Iterator[bytes]:
    """A whole and proper stream, piece by piece."""
    usage = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}
    yield STREAM_HEAD
    yield chunked(event({"role": "assistant", "content": ""}))
    for piece in text:
        yield chunked(event({"content": piece}))
    yield chunked(event(finish="stop"))
    yield chunked(event(usage=usage))
    yield chunked(DONE) + STREAM_END


def always(status: int, body: object, headers: dict[str, str] | None = None) -> Script:
    def script(_: Asked) -> Iterator[Step]:
        yield answer(status, body, headers)

    return script


def chat(asked: Asked) -> Iterator[Step]:
    """A well-behaved provider: plain or streamed, as asked."""
    if asked.path.endswith("/models"):
        yield answer(200, {"object": "list", "data": [{"id": "m"}]})
    elif asked.json.get("stream"):
        yield from stream(["Hel", "lo"])
    else:
        yield answer(200, completion(model=asked.json["model"]))
