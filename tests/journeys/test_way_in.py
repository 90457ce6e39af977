"""What others can see of the way in, and that it opens nothing: a process list, a browser's history, a program that
took the port, which keeps every byte that it is sent."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from localrouter import client
from localrouter.client import NotRunning
from localrouter.domain.configuration.server_address import reachable
from localrouter.program.with_window import close_window
from localrouter.surfaces.cli.remote import Remote
from localrouter.surfaces.cli.running import running_remote
from localrouter.surfaces.desktop.window import DialogAnswer
from tests.killable import serving
from tests.rig import Reply, Router, read_until, router, until

BROWSER = """#!{python}
import json, os, pathlib, sys
from urllib.parse import urlsplit
file = pathlib.Path(urlsplit(sys.argv[1]).path)
seen = pathlib.Path("/proc/self/cmdline").read_bytes().decode() if os.path.exists("/proc/self/cmdline") else ""
told = dict(argv=sys.argv[1:], cmdline=seen, environment=dict(os.environ))
told |= dict(mode=file.stat().st_mode, text=file.read_text())
pathlib.Path({told!r}).write_text(json.dumps(told))
"""


@dataclass
class Squatter:
    """Listens where a router did, and answers everything as it is told to."""

    port: int
    answer: bytes = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
    heard: bytes = b""
    _end: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Squatter:
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        until(self._takes_the_port, "the port is free", patience=30)
        self._listener.listen()
        self._listener.settimeout(0.1)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self._listener.close()

    def _takes_the_port(self) -> bool:
        try:
            self._listener.bind(("127.0.0.1", self.port))
        except OSError:
            return False
        return True

    def _serve(self) -> None:
        while not self._end.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                try:
                    self.heard += connection.recv(1_000_000)
                    connection.sendall(self.answer)
                except OSError:
                    continue


@contextmanager
def relay(port: int, to: int, host: str = "127.0.0.1") -> Iterator[list[bytes]]:
    """Passes on everything between its own port and another's, and keeps what callers say."""
    heard: list[bytes] = []
    end = threading.Event()

    def pump(source: socket.socket, target: socket.socket, note: Callable[[bytes], object]) -> None:
        with source, target:
            while piece := source.recv(65_536):
                note(piece)
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)

    def serve(listener: socket.socket) -> None:
        while not end.is_set():
            try:
                here, _ = listener.accept()
            except TimeoutError:
                continue
            here.settimeout(10)
            there = socket.create_connection(("127.0.0.1", to), timeout=10)
            for words in ((here.dup(), there.dup(), heard.append), (there, here, len)):
                threading.Thread(target=pump, args=words, daemon=True).start()

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        listener.settimeout(0.1)
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield heard
        finally:
            end.set()
            thread.join()


@pytest.fixture
def lr(tmp_path: Path) -> Router:
    return router(tmp_path, [])


def port_of(lr: Router) -> int:
    return urlsplit(lr.url).port or 0


def program(lr: Router, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a user types in a terminal."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "DISPLAY": "", **variables}
    command = [sys.executable, "-m", "localrouter", *words, "--home", str(lr.home.root)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def enter(lr: Router, code: str) -> Reply:
    return lr.request("POST", "/session", {"code": code}, {"authorization": ""})


def opens(lr: Router, secret: str) -> bool:
    """Whether something that was seen lets anybody in: as a token, or as a code."""
    listing = {"jsonrpc": "2.0", "id": 1, "method": "list_clients", "params": {}}
    return lr.request("POST", "/rpc", listing, key=secret).status == 200 or enter(lr, secret).status == 200


def test_a_squatter_that_takes_the_port_of_a_killed_router_is_told_nothing(lr: Router) -> None:
    with serving(lr) as process:
        script, window = client.connect(lr.home.root), running_remote(lr.home)
        over_tcp = Remote(lr.url, lr.home.read_admin_token)
        token = lr.home.read_admin_token() or ""
        code = script.issue_session_code()["code"]
        session = enter(lr, script.issue_session_code()["code"]).json["token"]
        process.send_signal(signal.SIGKILL)
        process.wait()
        with Squatter(port_of(lr)) as squatter:
            for call in (script.list_clients, lambda: over_tcp.call("list_clients", {}, timeout=20)):
                with pytest.raises(NotRunning):
                    call()
            assert window is not None
            close_window(Window(), window)
            for words in (("call", "list_clients"), ("status",), ("open",), ("stop",)):
                program(lr, *words)
        for secret in (token, code, session, "Bearer"):
            assert secret.encode() not in squatter.heard, secret
        assert b"/challenge" in squatter.heard, "what knows no socket has asked for a proof"
        assert not (lr.home.root / "open-x.html").exists()
    with serving(lr):
        assert [secret for secret in (code, session) if opens(lr, secret)] == []


class Window:
    def ask_page(self) -> DialogAnswer:
        return DialogAnswer.NO_PAGE

    def ask(self, title: str, question: str) -> bool:
        return False

    def hide(self) -> None:
        pass

    def end(self) -> None:
        pass


def test_a_squatter_that_was_there_first_is_told_nothing(lr: Router) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Squatter(port) as squatter:
        done = program(lr, "serve", "--port", str(port))
        assert done.returncode == 1
        for words in (("status",), ("call", "list_clients"), ("open",)):
            program(lr, *words)
        assert lr.home.read_admin_token()
    assert squatter.heard == b""


def test_an_announcement_that_names_a_squatter_gets_it_no_token(lr: Router) -> None:
    """The file is in the home, but it may be older than the port's present holder: a restart that failed, a restore."""
    with lr, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        with Squatter(port) as squatter:
            document = json.loads(lr.home.instance.read_bytes())
            lr.home.instance.write_text(json.dumps({"url": f"http://127.0.0.1:{port}", "pid": document["pid"]}))
            said = program(lr, "status")
        assert said.returncode == 1
        assert "did not prove" in said.stderr
        assert (lr.home.read_admin_token() or "").encode() not in squatter.heard


def test_a_relay_to_the_real_router_gets_no_token(lr: Router) -> None:
    with lr, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        token = lr.home.read_admin_token() or ""
        assert Remote(lr.url, token).call("list_clients", {})
        with relay(port, port_of(lr)) as heard, pytest.raises(NotRunning, match="did not prove"):
            Remote(f"http://127.0.0.1:{port}", token).call("list_clients", {}, timeout=20)
        assert b"/challenge" in b"".join(heard)
        assert token.encode() not in b"".join(heard)


def test_who_accepted_a_caller_and_then_gave_the_port_to_the_router_gets_no_token(lr: Router) -> None:
    """What the router proves is true of this very address; only the caller's connection is older than that."""
    with lr, socket.create_server(("127.0.0.1", 0)) as squatter:
        port = squatter.getsockname()[1]
        script, token = client.connect(lr.home.root), lr.home.read_admin_token() or ""
        told: list[object] = []

        def call() -> None:
            told.append(Remote(f"http://127.0.0.1:{port}", token).call("list_clients", {}, timeout=60))

        caller = threading.Thread(target=call)
        caller.start()
        accepted, _ = squatter.accept()
        with accepted:
            accepted.settimeout(30)
            asked = read_until(accepted, b'"nonce"')
            asked += b"" if asked.endswith(b"}") else read_until(accepted, b"}")
            squatter.close()
            script.update_server_config(server={"port": port})
            script.restart_server()
            until(lambda: urlsplit(script.get_server_status()["url"]).port == port, patience=30)
            with socket.create_connection(("127.0.0.1", port), timeout=30) as there:
                there.sendall(asked)
                proven = read_until(there, b'"proof"')
                proven += b"" if proven.endswith(b"}") else read_until(there, b"}")
            accepted.sendall(proven)
            heard = accepted.recv(65_536)
        caller.join(60)
    assert token.encode() not in heard
    assert heard == b""
    assert told, "the next connection was made to the router itself"


def test_a_program_on_the_same_port_of_another_loopback_address_gets_no_token(lr: Router) -> None:
    """What is told to dial localhost tries ::1 first, where anybody may listen beside a router at 127.0.0.1."""
    with lr:
        token = lr.home.read_admin_token() or ""
        port = port_of(lr)
        try:
            relaying = relay(port, port, host="::1")
            heard = relaying.__enter__()
        except OSError:
            pytest.skip("this computer has no ::1")
        try:
            with pytest.raises(NotRunning, match="did not prove"):
                Remote(f"http://[::1]:{port}", token).call("list_clients", {}, timeout=20)
        finally:
            relaying.__exit__(None, None, None)
        assert b"/challenge" in b"".join(heard)
        assert token.encode() not in b"".join(heard)


@pytest.mark.parametrize("path", ["/rpc", "/session", "/challenge", "/ui/", "/events"])
def test_a_name_that_was_bound_anew_to_this_computer_reaches_nothing(lr: Router, path: str) -> None:
    """All that a page at a rebound name sends agrees with itself; only the name is not ours."""
    with lr:
        token = lr.home.read_admin_token() or ""
        name = f"rebound.example:{port_of(lr)}"
        headers = {"host": name, "origin": f"http://{name}", "sec-fetch-site": "same-origin"}
        navigating = {**headers, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
        for sent in (headers, navigating):
            is_page = path in ("/ui/", "/events")
            method = "GET" if is_page else "POST"
            assert lr.request(method, path, None if is_page else {}, sent, key=token).status == 421


def test_while_it_restarts_the_port_is_nobody_elses(lr: Router) -> None:
    with lr:
        script = client.connect(lr.home.root)
        session = enter(lr, script.issue_session_code()["code"]).json["token"]
        taken = []
        end = threading.Event()

        def try_to_take() -> None:
            while not end.is_set():
                with socket.socket() as thief:
                    thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    try:
                        thief.bind(("127.0.0.1", port_of(lr)))
                        thief.listen()
                    except OSError:
                        continue
                    taken.append(time.monotonic())

        thread = threading.Thread(target=try_to_take)
        thread.start()

        def started_at() -> str | None:
            with suppress(NotRunning):  # between two servers nobody answers
                return str(script.get_server_status()["started_at"])
            return None

        starts = {None, started_at()}
        try:
            for _ in range(3):
                script.restart_server()
                until(lambda: started_at() not in starts, patience=30)
                starts.add(started_at())
        finally:
            end.set()
            thread.join()
        assert taken == []
        assert opens(lr, session), "the process goes on, and so do its sessions"


def test_sessions_end_where_the_router_leaves_its_port_to_others(lr: Router) -> None:
    with lr, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        script = client.connect(lr.home.root)
        session = enter(lr, script.issue_session_code()["code"]).json["token"]
        code = script.issue_session_code(port=port)["code"]
        shown = [script.issue_session_code(as_file=as_file) for as_file in (False, True)]
        assert enter(lr, code).status == 401, "it is for the port to come"
        script.update_server_config(server={"port": port})
        script.restart_server()
        until(lambda: urlsplit(script.get_server_status()["url"]).port == port, patience=30)
        lr.url = reachable(script.get_server_status()["url"])
        assert not opens(lr, session)
        assert [enter(lr, each["code"]).status for each in shown] == [401, 401], (
            "their addresses name the port that was left"
        )
        assert not Path(shown[1]["file"]).exists()
        assert enter(lr, code).status == 200


def test_the_browser_is_started_on_a_file_and_nothing_in_the_process_list_opens_anything(
    lr: Router, tmp_path: Path
) -> None:
    told, browser = tmp_path / "told", tmp_path / "browser"
    browser.write_text(BROWSER.format(python=sys.executable, told=str(told)))
    browser.chmod(0o700)
    with lr:
        done = program(lr, "open", BROWSER=str(browser))
        until(lambda: told.exists() and bool(told.read_text()), "the browser was started", patience=30)
        seen = json.loads(told.read_text())
        [argument] = seen["argv"]
        assert re.fullmatch(r"file://.+/open-[0-9a-f]{16}\.html", argument)
        assert stat.S_IMODE(seen["mode"]) == 0o600
        [code] = set(re.findall(r"#code=([\w-]+)", seen["text"]))
        public = seen["cmdline"] + json.dumps(seen["environment"]) + done.stdout + done.stderr
        for secret in (code, lr.home.read_admin_token() or ""):
            assert secret not in public
        assert not opens(lr, argument.rpartition("open-")[2].removesuffix(".html"))
        assert enter(lr, code).status == 200
        assert not Path(urlsplit(argument).path).exists(), "it goes when it was used"


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is missing (apt-get install chromium)")
def test_nothing_in_the_history_of_a_real_browser_opens_anything(lr: Router, tmp_path: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    profile = tmp_path / "profile"
    with lr, sync_api.sync_playwright() as playwright:
        made = client.connect(lr.home.root).issue_session_code(as_file=True)
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--headless=new", "--disable-gpu"],
            ignore_default_args=["--headless"],
        )
        with context:
            page = context.new_page()
            page.goto(f"file://{made['file']}")
            page.wait_for_url(re.compile(r"/ui/[a-z]*$"), timeout=30_000)
            page.get_by_role("link", name="Routing", exact=True).click()
            page.get_by_role("heading", level=1, name="Routing").wait_for(timeout=30_000)
            session = json.loads(page.evaluate("sessionStorage.getItem('localrouter.session')"))["token"]
            assert opens(lr, session)
        visited = history(profile)
        assert any(url.startswith(lr.url) for url in visited), visited
        token = lr.home.read_admin_token() or ""
        for secret in (session, token):
            assert not any(secret in url for url in visited)
        found = {match for url in visited for match in re.findall(r"[#?&](?:code|token)=([^&]+)", url)}
        assert [secret for secret in found if opens(lr, secret)] == []
        written = [path for path in profile.rglob("*") if path.is_file() and token.encode() in path.read_bytes()]
        assert written == [], "the admin token is nowhere in a browser"


def history(profile: Path) -> list[str]:
    """Every address that the browser remembers."""
    with closing(sqlite3.connect(profile / "Default" / "History")) as db:
        return [url for (url,) in db.execute("SELECT url FROM urls")]
