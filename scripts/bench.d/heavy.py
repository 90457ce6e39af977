"""What heavy traffic of one client or provider costs the others: their longest wait, and memory while and after."""

from __future__ import annotations

import http.client
import multiprocessing
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

from processes import Cores, pinned, share_cores
from targets import KEY, Bench, Target, gateway

MB = 1 << 20
HEAD = "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nauthorization: Bearer {key}\r\n"
CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"
ROW = "{:<38} {:>8} {:>12} {:>12} {:>10} {:>11}  {}"
SECONDS_AFTER = 3.0
MOST_SECONDS = 60
JSON_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
EMBEDDED = b'{"object":"list","data":[{"embedding":[0.1],"index":0}],"usage":{"prompt_tokens":1,"total_tokens":1}}'
COMPLETION = b'{"choices":[{"index":0,"message":{"content":"x"},"finish_reason":"stop"}]}'
CHUNK = b'data: {"choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}\n\n'


def filled(head: bytes, piece: bytes, tail: bytes, size: int = int(19.6 * MB)) -> bytes:
    return head + piece * ((size - len(head) - len(tail)) // len(piece)) + tail


def asking_for(what: str, stream: str = "false") -> bytes:
    text = f'{{"model":"mock/bench","messages":[{{"role":"user","content":"{what}"}}],"stream":{stream}}}'
    return text.encode()


MESSAGES, TEXT = b'{"model":"mock/bench","messages":[', b'{"model":"mock/bench","messages":[{"role":"user","content":"'
NUMBERS = b'{"model":"mock/bench","input":['
TOKENS = filled(NUMBERS, b"12345,", b"1]}")
# name: how many at once, path, body; the provider does what a short body asks for
CASES: dict[str, tuple[int, str, bytes]] = {
    "nothing else": (0, CHAT, b""),
    "10 bodies of small texts, 20 MB": (10, CHAT, filled(MESSAGES, b'"a",', b"1]}")),
    "10 bodies of empty lists, 20 MB": (10, CHAT, filled(MESSAGES, b"[],", b"1]}")),
    "1 body of numbers, 20 MB": (1, EMBEDDINGS, TOKENS),
    "4 bodies of numbers, 20 MB": (4, EMBEDDINGS, TOKENS),
    "4 bodies of lists of numbers, 20 MB": (4, EMBEDDINGS, filled(NUMBERS, b"[" + b"12345," * 2000 + b"1],", b"[1]]}")),
    "4 bodies of one text, 20 MB": (4, CHAT, filled(TEXT, b"a, [b] ", b'"}]}')),
    "4 answers of empty lists, 60 MB": (4, CHAT, asking_for("lists")),
    "4 events of empty lists, 15 MB": (4, CHAT, asking_for("events", "true")),
    "4 floods of interim responses": (4, CHAT, asking_for("interim")),
    "200 plain requests at once": (200, CHAT, asking_for("hello")),
}


class HeavyProvider:
    """Answers each request on a connection of its own with what it asks for."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)

    def serve(self) -> None:
        while True:
            threading.Thread(target=self._answer, args=self.listener.accept()[:1], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head, body = _read(connection)
            for piece in _pieces(head, body):
                connection.sendall(piece)


def _read(connection: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536) or b"\r\n\r\n"
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    start, left = body, length - len(body)
    while left > 0 and (piece := connection.recv(1 << 18)):
        left -= len(piece)
    return head, start


def _pieces(head: bytes, body: bytes) -> Iterator[bytes]:
    if b'"lists"' in body:
        yield JSON_HEAD + b'{"choices":['
        yield from [b"[]," * (MB // 3)] * 60
    elif b'"events"' in body:
        yield STREAM_HEAD + b'data: {"choices":['
        yield from [b"[]," * (MB // 3)] * 15
    elif b'"interim"' in body:
        while True:
            yield b"HTTP/1.1 100 Continue\r\n\r\n" * 40_000
    elif b'"flow"' in body:
        yield STREAM_HEAD
        while True:
            yield CHUNK * 1_000
    else:
        yield JSON_HEAD + (EMBEDDED if b"/embeddings" in head else COMPLETION)


@dataclass(frozen=True)
class Waits:
    """How long requests of others took meanwhile, in milliseconds."""

    count: int
    longest: float
    p99: float


@contextmanager
def others(port: int, cores: Cores) -> Iterator[Callable[[], Waits]]:
    """Somebody who asks for the state of health all the time, in a process of its own."""
    here, there = multiprocessing.Pipe()
    with pinned(cores.load):
        process = multiprocessing.Process(target=_ask_all_the_time, args=(port, there), daemon=True)
        process.start()

    def waits() -> Waits:
        here.send(None)
        found: Waits = here.recv()
        return found

    here.recv()
    yield waits
    process.join()


def _ask_all_the_time(port: int, told: Connection) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=MOST_SECONDS)
    waits: list[float] = []
    told.send(None)
    while not told.poll():
        started = time.perf_counter()
        connection.request("GET", "/health")
        connection.getresponse().read()
        waits.append((time.perf_counter() - started) * 1e3)
        time.sleep(0.002)
    waits.sort()
    told.send(Waits(len(waits), waits[-1], waits[int(len(waits) * 0.99)]))


def resident_mb(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def post(port: int, path: str, body: bytes, statuses: list[str]) -> None:
    head = HEAD.format(path=path, key=KEY) + f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=MOST_SECONDS) as connection:
            connection.sendall(head.encode())
            connection.sendall(body)
            answered = connection.recv(65536)
            while connection.recv(65536):
                pass
        statuses.append(answered.split(b" ", 2)[1].decode())
    except (OSError, IndexError) as error:
        statuses.append(type(error).__name__)


def requests_at_once(count: int, port: int, path: str, body: bytes) -> Callable[[], list[str]]:
    statuses: list[str] = []
    threads = [threading.Thread(target=post, args=(port, path, body, statuses), daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()

    def finished() -> list[str]:
        for thread in threads:
            thread.join(MOST_SECONDS)
        return statuses

    return finished


SENDING = (
    f"POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nauthorization: Bearer {KEY}\r\n"
).encode()
FLOW = asking_for("flow", "true")
# name: how many connections, seconds between two, and what each says. None reads, and none says more.
CROWDS: dict[str, tuple[int, float, bytes]] = {
    "2,000 silent connections at once": (2_000, 0.0, b""),
    "200 bodies that never end, at once": (200, 0.0, SENDING + b"content-length: 1000\r\n\r\n{"),
    "200 readers that stop, 100 a second": (200, 0.01, SENDING + b"content-length: %d\r\n\r\n" % len(FLOW) + FLOW),
}


def crowd(count: int, pause: float, data: bytes, port: int) -> Callable[[], list[str]]:
    stack = ExitStack()
    for _ in range(count):
        with suppress(OSError):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            connection.sendall(data)
        time.sleep(pause)

    def finished() -> list[str]:
        time.sleep(10)
        stack.close()
        return ["left"]

    return finished


def measure_case(name: str, target: Target, cores: Cores, start: Callable[[], Callable[[], Sequence[str]]]) -> None:
    port = urlsplit(target.url).port or 0
    with others(port, cores) as waits:
        time.sleep(1)
        before = peak = resident_mb(target.pid)
        started = time.monotonic()
        finished = start()
        statuses: list[str] = []
        ending = threading.Thread(target=lambda: statuses.extend(finished()))
        ending.start()
        while ending.is_alive():
            peak = max(peak, resident_mb(target.pid))
            time.sleep(0.01)
        seconds = time.monotonic() - started
        time.sleep(SECONDS_AFTER)
        found = waits()
    row = (name, f"{seconds:.1f}", f"{found.longest:.0f}", f"{found.p99:.1f}", f"{peak - before:+.0f}")
    print(ROW.format(*row, f"{resident_mb(target.pid) - before:+.0f}", " ".join(sorted(set(statuses)))), flush=True)


def show_heavy() -> None:
    """Print a row for each case. One router serves them all, so what is not given back would show in the next."""
    cores = share_cores()
    provider = HeavyProvider()
    port = provider.listener.getsockname()[1]
    with pinned(cores.load):
        serving = multiprocessing.Process(target=provider.serve, daemon=True)
        serving.start()
    head = ("", "seconds", "others' max", "p99, ms", "peak, MB", "after 3 s", "")
    print("What others wait for meanwhile, and what the router holds more than before.\n")
    print(ROW.format(*head))
    with tempfile.TemporaryDirectory(prefix="localrouter-bench-") as folder:
        upstream = Target(f"http://127.0.0.1:{port}{CHAT}", serving.pid or 0)
        with gateway(Bench(upstream, port, Path(folder), cores)) as target, pinned(cores.load):
            at = urlsplit(target.url).port or 0
            for name, (count, path, body) in CASES.items():
                measure_case(name, target, cores, partial(requests_at_once, count, at, path, body))
            for name, (count, pause, data) in CROWDS.items():
                measure_case(name, target, cores, partial(crowd, count, pause, data, at))
    serving.terminate()
