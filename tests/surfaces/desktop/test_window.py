"""The desktop window: whether one can be shown, and what a real one does with a page, under each toolkit there is."""

from __future__ import annotations

import http.server
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localrouter.surfaces.desktop.window import (
    TITLE,
    DesktopWindow,
    DialogAnswer,
    SystemBrowser,
    belongs,
    display_problem,
)
from tests.toolkits import TOOLKITS, environment, need
from tests.x_display import XVFB_MISSING, XDisplay, has_xvfb, wait_until, xvfb

TOKEN = "a-token-that-nothing-may-keep"
PROGRAM = """
import sys, threading
from localrouter.surfaces.desktop.window import DesktopWindow

def closed():
    print("closed", flush=True)

def obey():
    for line in sys.stdin:
        answer = getattr(window, line.strip())()
        if answer is not None:
            print(answer.value, flush=True)

window = DesktopWindow(closed)
threading.Thread(target=obey, daemon=True).start()
print("was shown" if window.run(sys.argv[1]) else "was not shown", flush=True)
"""
BROWSER = """#!{python}
import json, pathlib, signal, sys
blocked = sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
pathlib.Path({told!r}).write_text(json.dumps([sys.argv[1], blocked]))
"""
PAGE = """<!doctype html><title>A page</title><script>
localStorage.setItem("token", location.hash);
document.cookie = "token=" + location.hash.slice(1) + "; max-age=1000";
const api = Object.keys(window.pywebview?.api ?? {});
const told = {hash: location.hash, stored: localStorage.getItem("token"), api};
fetch("/told", {method: "POST", body: JSON.stringify(told)}).then(() => { location.href = "ELSEWHERE"; });
</script>"""


class Site(http.server.ThreadingHTTPServer):
    """A page that tells what it found in its window, and then leads elsewhere."""

    def __init__(self, elsewhere: str = "about:blank") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.page = PAGE.replace("ELSEWHERE", elsewhere)
        self.asked: list[str] = []
        self.told: dict[str, object] = {}
        threading.Thread(target=self.serve_forever, args=(0.05,)).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self._answer(self.server.page.encode())

    def do_POST(self) -> None:
        self.server.told = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self._answer(b"")

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def elsewhere() -> Iterator[Site]:
    with Site() as site:
        yield site
        site.shutdown()


@pytest.fixture
def site(elsewhere: Site) -> Iterator[Site]:
    with Site(f"{elsewhere.url}/away") as site:
        yield site
        site.shutdown()


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user's browser, a script, writes the address that it was given and the signals that it has blocked."""
    program, told = tmp_path / "browser", tmp_path / "told"
    program.write_text(BROWSER.format(python=sys.executable, told=str(told)))
    program.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(program))
    return told


@pytest.mark.parametrize("variables", [{}, {"DISPLAY": ""}, {"WAYLAND_DISPLAY": "wayland-0"}])
def test_without_a_display_there_can_be_no_window(variables: dict[str, str]) -> None:
    assert display_problem(variables) == "there is no display"


def test_a_display_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4242")
    assert display_problem({"DISPLAY": ":4242"}) == "the display :4242 cannot be opened"


def test_a_display_of_wayland_counts_where_somebody_listens(tmp_path: Path) -> None:
    variables = {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path)}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "wayland-0"))
        assert display_problem(variables) is not None
        listener.listen()
        assert display_problem(variables) is None


@pytest.mark.skipif(not has_xvfb(), reason=XVFB_MISSING)
def test_a_display_of_x_counts_where_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with xvfb() as display:
        monkeypatch.setenv("DISPLAY", display.name)
        assert display_problem({"DISPLAY": display.name}) is None


def test_a_window_that_was_ended_before_it_began_is_not_shown() -> None:
    window = DesktopWindow(lambda: None)
    window.show()
    window.hide()
    assert window.ask_page() is DialogAnswer.CANCEL
    assert window.ask("A title", "A question?") is False
    window.end()
    assert not window.run("http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("http://127.0.0.1:3625/ui/clients#x", True),
        ("blob:http://127.0.0.1:3625/0b5c", True),
        ("about:blank", True),
        ("http://127.0.0.1:3626/ui/", False),
        ("https://127.0.0.1:3625/ui/", False),
        ("http://127.0.0.1:3625@example.org/", False),
        ("http://example.org/http://127.0.0.1:3625/", False),
        ("file:///etc/passwd", False),
        ("data:text/html,x", False),
    ],
)
def test_only_pages_of_the_same_server_belong_into_the_window(target: str, expected: bool) -> None:
    assert belongs(target, "http://127.0.0.1:3625/ui/#token=x") is expected


def test_the_browser_of_the_user_is_started_with_no_signal_blocked(browser: Path) -> None:
    opened: list[bool] = []

    def opener() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
        opened.append(SystemBrowser().open("http://example.org/"))

    thread = threading.Thread(target=opener)
    thread.start()
    thread.join()
    assert opened == [True]
    wait_until(lambda: browser.exists() and browser.read_text(), "the browser is started")
    assert json.loads(browser.read_text()) == ["http://example.org/", []]


def test_no_code_stands_in_the_command_line_of_the_users_browser(browser: Path) -> None:
    assert SystemBrowser().open("http://127.0.0.1:3625/ui/settings#code=lrc-secret")
    wait_until(lambda: browser.exists() and browser.read_text(), "the browser is started")
    assert json.loads(browser.read_text())[0] == "http://127.0.0.1:3625/ui/settings"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "javascript:alert(1)", "smb://somewhere/x", "-version"])
def test_what_is_no_address_of_the_web_is_not_opened(target: str) -> None:
    assert not SystemBrowser().open(target)


@pytest.mark.parametrize("toolkit", TOOLKITS)
def test_a_real_window_shows_a_page_and_obeys(
    toolkit: str, tmp_path: Path, site: Site, elsewhere: Site, browser: Path
) -> None:
    need(toolkit, tmp_path)
    variables = {"BROWSER": str(browser.with_name("browser"))}
    with xvfb() as display, _shown(display, toolkit, tmp_path, site, variables) as program:
        wait_until(lambda: display.titled(TITLE), "the window is there")
        wait_until(lambda: site.told, "the page's script runs")
        assert site.told == {"hash": f"#token={TOKEN}", "stored": f"#token={TOKEN}", "api": []}
        assert not any(TOKEN in path for path in site.asked)

        wait_until(lambda: browser.exists() and browser.read_text(), "what leads elsewhere opens in the browser")
        assert json.loads(browser.read_text())[0] == f"{elsewhere.url}/away"
        assert elsewhere.asked == []

        _tell(program, "hide")
        wait_until(lambda: not display.titled(TITLE), "the window is hidden")
        _tell(program, "show")
        wait_until(lambda: display.titled(TITLE), "the window is shown again")

        display.close(display.titled(TITLE)[0])
        assert program.stdout is not None
        assert program.stdout.readline() == "closed\n"
        assert display.titled(TITLE), "closing is for the program to decide"

        _tell(program, "end")
        assert program.wait(30) == 0
        assert program.stdout.read() == "was shown\n"
    keepers = [path for path in tmp_path.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]
    assert keepers == [], "a window remembers nothing"


ASKING = """<!doctype html><title>A page</title><script>
let asked = 0;
window.localrouterClosing = () => ++asked < 4 ? "asking" : "ANSWER";
fetch("/told", {method: "POST", body: "{}"});
</script>"""
DEAD = """<!doctype html><title>A page</title><script>
fetch("/told", {method: "POST", body: "{}"}).then(() => { SCRIPT });
</script>"""


@pytest.mark.parametrize("toolkit", TOOLKITS)
@pytest.mark.parametrize(
    ("page", "answer"),
    [
        *((ASKING.replace("ANSWER", answer), answer) for answer in ("keep_serving", "quit", "cancel")),
        (ASKING.replace("ANSWER", "what nobody knows"), "cancel"),
        (DEAD.replace("SCRIPT", ""), "no_page"),
        (DEAD.replace("SCRIPT", "for (;;) {}"), "no_page"),
    ],
    ids=["keep", "quit", "cancel", "unknown", "no question", "hangs"],
)
def test_a_real_page_is_asked_what_closing_means(
    toolkit: str, page: str, answer: str, tmp_path: Path, site: Site
) -> None:
    need(toolkit, tmp_path)
    site.page = page
    with xvfb() as display, _shown(display, toolkit, tmp_path, site, {}) as program:
        wait_until(lambda: display.titled(TITLE), "the window is there")
        wait_until(lambda: "/" in site.asked, "the page is read")
        _tell(program, "ask_page")
        assert program.stdout is not None
        assert program.stdout.readline() == f"{answer}\n"
        if page is not None and "for (;;)" not in page:
            _tell(program, "end")
            assert program.wait(30) == 0


@contextmanager
def _shown(
    display: XDisplay, toolkit: str, folder: Path, site: Site, variables: dict[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """A process that shows the site in a window."""
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, f"{site.url}/#token={TOKEN}"],
        env=environment(folder, display, toolkit) | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


def _tell(program: subprocess.Popen[str], method: str) -> None:
    assert program.stdin is not None
    program.stdin.write(f"{method}\n")
    program.stdin.flush()
