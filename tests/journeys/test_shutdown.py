"""The program as a process of its own: how it starts beside another one, and how it ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from localrouter.domain.configuration.config import AutoModelConfig, Config, Provider
from localrouter.domain.configuration.document import read, write
from localrouter.private_files import write_private
from localrouter.program.ending import SAME_PRESS
from localrouter.services.instance.lock import Instance
from tests.gateway.test_loop import events, text_of
from tests.rig import Reply, Router, auto, router, until
from tests.upstream import DONE, STREAM_END, STREAM_HEAD, Asked, End, Step, Upstream, answer, chat, chunked, event

ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
STARTS_WITHIN = 30.0
IDLE_ENDS_WITHIN = 8.0  # seconds; less than the ten that running requests get
GRACE = 10.0
LET_GO = threading.Event()  # of the stream of the model "held"


def script(asked: Asked) -> Iterator[Step]:
    match asked.json["model"] if asked.body else "":
        case "":
            yield answer(404, {})
        case "slow":
            yield STREAM_HEAD
            for _ in range(20):
                yield chunked(event({"content": "word "}))
                yield 0.1
            yield chunked(event(finish="stop")) + chunked(DONE) + STREAM_END
        case "held":
            yield STREAM_HEAD + chunked(event({"content": "word "}))
            LET_GO.wait(GRACE - 1)
            yield chunked(event(finish="stop")) + chunked(DONE) + STREAM_END
        case "endless":
            yield STREAM_HEAD + chunked(event({"content": "word "}))
            yield End.SILENCE
        case _:
            yield from chat(asked)


@pytest.fixture
def up() -> Iterator[Upstream]:
    with Upstream(script) as upstream:
        yield upstream


def prepared(folder: Path, up: Upstream, models: AutoModelConfig | None = None) -> Router:
    """A home with one client, whose program is not started."""
    one = Provider(name="one", preset="openai-compatible", base_url=up.url)
    lr = router(folder, [one], auto=models or auto(("one", "ok")))
    lr.home.prepare()
    write_private(lr.home.config, write(lr.config))
    return lr


def command(lr: Router, *words: str) -> list[str]:
    return [sys.executable, "-m", "localrouter", "serve", "--home", str(lr.home.root), *words]


@contextmanager
def serving(lr: Router, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The program as a process that serves; `lr` then speaks to it."""
    process = subprocess.Popen(command(lr, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert "serves at http://" in said, said or process.stderr
        lr.url = next(word for word in said.split() if word.startswith("http://"))
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, float]:
    """The exit code after a signal, and the seconds that it took."""
    start = time.monotonic()
    process.send_signal(number)
    return process.wait(GRACE + 5), time.monotonic() - start


def recorded(lr: Router, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{lr.home.metrics}?mode=ro", uri=True) as db:
        return db.execute(query).fetchall()


class Streaming(threading.Thread):
    """A client that reads one stream, in a thread of its own."""

    def __init__(self, lr: Router, model: str) -> None:
        super().__init__()
        self.lr, self.model = lr, model
        self.reply: Reply | None = None
        self.start()

    def run(self) -> None:
        with suppress(http.client.HTTPException, OSError):  # the program may be killed meanwhile
            self.reply = self.lr.chat(model=self.model, stream=True)

    @property
    def body(self) -> bytes:
        self.join(20)
        assert self.reply is not None
        return self.reply.body


def until_asked(up: Upstream, model: str, count: int = 1) -> None:
    def is_asked() -> bool:
        return sum(1 for asked in up.asked.copy() if asked.body and asked.json["model"] == model) >= count

    until(is_asked, "the provider was asked", patience=10)
    time.sleep(0.1)


@pytest.mark.parametrize("number", ENDS)
def test_a_signal_ends_an_idle_program_soon_and_with_nothing_lost(
    tmp_path: Path, up: Upstream, number: signal.Signals
) -> None:
    lr = prepared(tmp_path, up)
    with serving(lr, "--port", "0") as process:
        assert [lr.chat().status for _ in range(20)] == [200] * 20
        with socket.create_connection(("127.0.0.1", int(lr.url.rpartition(":")[2]))):  # an open connection that is idle
            code, seconds = ended(process, number)
        assert code == 0
        assert seconds < IDLE_ENDS_WITHIN
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert recorded(lr, "SELECT count(*), sum(outcome = 'success') FROM requests") == [(20, 20)]
    assert not (lr.home.root / "instance.json").exists()


@pytest.mark.parametrize("number", ENDS)
def test_a_running_stream_is_let_finish(tmp_path: Path, up: Upstream, number: signal.Signals) -> None:
    lr = prepared(tmp_path, up)
    with serving(lr, "--port", "0") as process:
        lr.chat()
        stream = Streaming(lr, "one/slow")
        until_asked(up, "slow")
        code, seconds = ended(process, number)
        assert code == 0
        assert seconds < GRACE
        assert text_of(stream.body) == "word " * 20
        assert events(stream.body)[-1] == "[DONE]"
    assert recorded(lr, "SELECT outcome FROM requests ORDER BY id") == [("success",)] * 2


def test_a_stream_that_does_not_end_is_told_so_after_ten_seconds(tmp_path: Path, up: Upstream) -> None:
    lr = prepared(tmp_path, up)
    with serving(lr, "--port", "0") as process:
        lr.chat()
        streams = [Streaming(lr, "one/endless") for _ in range(5)]
        until_asked(up, "endless", 5)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(ConnectionRefusedError):
            lr.chat()
        assert process.wait(GRACE + 5) == 0
        for stream in streams:
            last = events(stream.body)[-1]
            assert "shutting down" in last["error"]["message"]
            assert "[DONE]" not in events(stream.body)
        assert process.stderr is not None
        assert process.stderr.read() == ""
    rows = recorded(lr, "SELECT outcome, estimated, output_tokens > 0 FROM requests WHERE streamed")
    assert rows == [(rows[0][0], 1, 1)] * 5
    assert rows[0][0] != "success"


def test_ctrl_c_says_at_once_what_still_runs_and_a_second_one_ends_it(tmp_path: Path, up: Upstream) -> None:
    lr = prepared(tmp_path, up)
    with serving(lr, "--port", "0") as process:
        lr.chat()
        streams = [Streaming(lr, "one/endless") for _ in range(2)]
        until_asked(up, "endless", 2)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        told = process.stderr.readline()
        assert told == "Stopping: 2 requests still run, at most 10 s; Ctrl+C again ends them now\n"
        time.sleep(2 * SAME_PRESS)
        assert process.poll() is None, "running requests get their time"
        code, seconds = ended(process, signal.SIGINT)
        assert code == 0
        assert seconds < GRACE - 2
        assert all("shutting down" in events(stream.body)[-1]["error"]["message"] for stream in streams)
    assert recorded(lr, "SELECT count(*) FROM requests") == [(3,)]


def test_one_ctrl_c_that_arrives_twice_lets_requests_finish(tmp_path: Path, up: Upstream) -> None:
    """`docker run` and `uv run` pass on what the terminal sent already."""
    lr = prepared(tmp_path, up)
    with serving(lr, "--port", "0") as process:
        lr.chat()
        stream = Streaming(lr, "one/slow")
        until_asked(up, "slow")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        assert process.wait(GRACE + 5) == 0
        assert events(stream.body)[-1] == "[DONE]"


def test_pages_that_read_events_hold_nothing_up_and_are_no_requests(tmp_path: Path, up: Upstream) -> None:
    lr = prepared(tmp_path, up)
    with serving(lr, "--port", "0") as process, ExitStack() as readers:
        for _ in range(3):
            reader = readers.enter_context(socket.create_connection(("127.0.0.1", int(lr.url.rpartition(":")[2]))))
            head = (
                f"GET /events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {lr.home.read_admin_token()}\r\n\r\n"
            )
            reader.sendall(head.encode())
            assert b"connected" in read_until(reader, b"connected")
        code, seconds = ended(process, signal.SIGINT)
        assert (code, seconds < IDLE_ENDS_WITHIN) == (0, True)
        assert process.stderr is not None
        assert process.stderr.read() == ""


def read_until(sock: socket.socket, word: bytes) -> bytes:
    got = b""
    while word not in got and (data := sock.recv(4096)):
        got += data
    return got


def test_a_program_that_was_started_to_outlive_its_terminal_does(tmp_path: Path, up: Upstream) -> None:
    lr = prepared(tmp_path, up)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what `nohup` does; children inherit it
    try:
        with serving(lr, "--port", "0") as process:
            process.send_signal(signal.SIGHUP)
            assert lr.chat().status == 200
            assert ended(process, signal.SIGTERM)[0] == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def stopping(lr: Router) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "localrouter", "stop", "--home", str(lr.home.root)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def accepts(lr: Router) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(lr.url.rpartition(":")[2]))).close()
    except ConnectionRefusedError:
        return False
    return True


def test_stop_ends_the_running_instance_lets_requests_finish_and_waits_until_it_is_gone(
    tmp_path: Path, up: Upstream
) -> None:
    lr = prepared(tmp_path, up)
    with serving(lr, "--port", "0") as process:
        lr.chat()
        LET_GO.clear()
        stream = Streaming(lr, "one/held")
        until_asked(up, "held")
        done = stopping(lr)
        until(lambda: not accepts(lr), "it accepts no more", patience=30)
        assert done.poll() is None, "it waits for the request"
        LET_GO.set()
        out, err = done.communicate(timeout=60)
        with Instance.acquire(lr.home.root):
            pass
        assert process.wait(30) == 0
        assert (done.returncode, err) == (0, "")
        assert "1 request may finish first" in out
        assert f"LocalRouter at {lr.url} (process {process.pid}) has stopped." in out
        assert events(stream.body)[-1] == "[DONE]"
    assert recorded(lr, "SELECT outcome FROM requests ORDER BY id") == [("success",)] * 2
    again = stopping(lr)
    out, err = again.communicate(timeout=60)
    assert (again.returncode, err) == (0, "")
    assert "there is nothing to stop" in out


def test_a_second_start_says_who_runs_where(tmp_path: Path, up: Upstream) -> None:
    lr = prepared(tmp_path, up)
    with serving(lr, "--port", "0") as process:
        second = subprocess.run(command(lr), capture_output=True, text=True, timeout=30, check=False)
        assert second.returncode == 3
        assert lr.url in second.stderr
        assert str(process.pid) in second.stderr
        assert "Traceback" not in second.stderr
        assert lr.chat().status == 200


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock.getsockname()[1]


def on_port(lr: Router, port: int, *, with_clients: bool) -> None:
    changes: dict[str, object] = {"server": lr.config.server.model_copy(update={"port": port})}
    if not with_clients:
        changes |= {"clients": (), "strategies": lr.config.strategies[:1]}
    write_private(lr.home.config, write(lr.config.model_copy(update=changes)))


def configured(lr: Router) -> Config:
    return read(lr.home.config.read_bytes())


def test_a_taken_port_is_an_error_once_there_is_a_key(tmp_path: Path, up: Upstream) -> None:
    lr = prepared(tmp_path, up)
    with taken_port() as port:
        on_port(lr, port, with_clients=True)
        for words in ((), ("--port", str(port))):
            start = subprocess.run(command(lr, *words), capture_output=True, text=True, timeout=30, check=False)
            assert start.returncode == 1
            assert str(port) in start.stderr
            assert "Traceback" not in start.stderr
        assert configured(lr).server.port == port
    with serving(lr):
        assert lr.url.endswith(f":{port}")


def test_a_taken_port_moves_before_the_first_key_and_the_new_one_is_kept(tmp_path: Path, up: Upstream) -> None:
    lr = prepared(tmp_path, up)
    with taken_port() as port:
        on_port(lr, port, with_clients=False)
        with serving(lr) as process:
            moved = int(lr.url.rpartition(":")[2])
            assert moved > port
            told = f"Tell your programs this base URL: {lr.url}/v1"
            assert process.stderr is not None
            assert told in process.stderr.readline(), "said on the terminal"
            (report,) = lr.rpc("get_server_status")["reports"]
            assert told in report
            assert f"Port {port} is in use by another program" in report
        assert configured(lr).server.port == moved
    with serving(lr):
        assert lr.url.endswith(f":{moved}"), "it stays where it was, though the first port is free again"


def test_a_home_that_was_left_by_a_kill_starts_again(tmp_path: Path, up: Upstream) -> None:
    lr = prepared(tmp_path, up)
    for _ in range(3):
        with serving(lr, "--port", "0") as process:
            stream = Streaming(lr, "one/endless")
            assert [lr.chat().status for _ in range(5)] == [200] * 5
            process.kill()
            process.wait(10)
            stream.join(10)
    status = [sys.executable, "-m", "localrouter", "status", "--home", str(lr.home.root)]
    said = subprocess.run(status, capture_output=True, text=True, timeout=30, check=False)
    assert (said.returncode, "is not running" in said.stdout) == (1, True)
    with serving(lr, "--port", "0") as process:
        assert lr.chat().status == 200
        told = json.loads((lr.home.root / "instance.json").read_bytes())
        assert told == {"url": lr.url, "pid": process.pid, "socket": "admin.sock"}
        assert ended(process, signal.SIGTERM)[0] == 0
    assert recorded(lr, "PRAGMA integrity_check") == [("ok",)]
    assert not os.path.exists(lr.home.root / "instance.json")
