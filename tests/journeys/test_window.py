"""The program with its window, in processes of their own, under each toolkit there is; and without, where none can be.

The window comes up, is closed, hidden and shown again, and whatever ends the program, nothing is lost.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import running
from localrouter.surfaces.cli.remote import Remote, RpcError
from tests.toolkits import TOOLKITS, environment, need
from tests.x_display import XVFB_MISSING, XDisplay, has_xvfb, wait_until, x_server, xvfb

TITLE = "LocalRouter"


class Program:
    """A LocalRouter of a home, started from a terminal."""

    def __init__(
        self, home: Path, variables: dict[str, str], *words: str, code: tuple[str, ...] = ("-m", "localrouter")
    ):
        self.home = Home(home)
        self._process = subprocess.Popen(
            [sys.executable, *code, "--home", str(home), *words],
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # away from the Ctrl+C of whoever runs the tests
        )

    @property
    def remote(self) -> Remote:
        wait_until(lambda: running(self.home.root) or self._process.poll() is not None, "the program serves")
        found, token = running(self.home.root), self.home.read_admin_token()
        assert found is not None, self._process.communicate()
        assert token is not None
        return Remote(found.url, token)

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def ended(self) -> tuple[int, str, str]:
        """Its exit code, and what it wrote to its two outputs."""
        out, err = self._process.communicate(timeout=60)
        return self._process.returncode, out, err

    def close_output(self) -> None:
        assert self._process.stdout is not None
        self._process.stdout.close()

    def wait(self) -> int:
        return self._process.wait(60)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for output in (self._process.stdout, self._process.stderr):
            if output is not None:
                output.close()


@contextmanager
def program(
    home: Path, variables: dict[str, str], *words: str, code: tuple[str, ...] = ("-m", "localrouter")
) -> Iterator[Program]:
    started = Program(home, variables, *words, code=code)
    try:
        yield started
    finally:
        started.kill()


def without_toolkits(folder: Path, variables: dict[str, str]) -> dict[str, str]:
    """An environment in which no toolkit can be loaded, in whatever process."""
    broken = folder / "broken"
    broken.mkdir()
    for name in ("gi", "qtpy"):
        (broken / f"{name}.py").write_text("raise ImportError")
    return variables | {"PYTHONPATH": f"{broken}{os.pathsep}{variables['PYTHONPATH']}"}


@pytest.fixture(params=TOOLKITS)
def toolkit(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    need(request.param, tmp_path)
    return str(request.param)


@pytest.fixture
def display(toolkit: str) -> Iterator[XDisplay]:
    with xvfb() as found:
        yield found


@pytest.fixture
def variables(toolkit: str, display: XDisplay, tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path, display, toolkit)


def make_a_sample(remote: Remote) -> None:
    """One request, of a provider that nobody serves: it fails, and is recorded."""
    remote.call("create_provider", {"name": "gone", "preset": "openai-compatible", "base_url": "http://127.0.0.1:1/v1"})
    key = remote.call("create_client", {"name": "Editor"})["key"]
    chat = {"model": "gone/model", "messages": [{"role": "user", "content": "Hello"}]}
    request = urllib.request.Request(
        f"{remote.url}/v1/chat/completions",
        json.dumps(chat).encode(),
        {"content-type": "application/json", "authorization": f"Bearer {key}"},
    )
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=30)


def samples(home: Home) -> int:
    query = "SELECT sum(requests) FROM metrics WHERE metric_type = 'llm_global' AND granularity = 'day'"
    with closing(sqlite3.connect(home.metrics)) as db:
        return int(db.execute(query).fetchone()[0] or 0)


def window(display: XDisplay) -> None:
    wait_until(lambda: display.titled(TITLE), "the window is there")


def on_close(remote: Remote, choice: str) -> None:
    remote.call("update_server_config", {"desktop": {"on_close": choice}})


def test_closing_the_window_ends_the_program_with_every_sample_saved(
    display: XDisplay, variables: dict[str, str], tmp_path: Path
) -> None:
    with program(tmp_path / "home", variables, "--port", "0") as router:
        on_close(router.remote, "quit")
        window(display)
        make_a_sample(router.remote)
        display.close(display.titled(TITLE)[0])
        code, out, _ = router.ended()
        assert (code, len(out.splitlines())) == (0, 1)
    assert samples(router.home) == 1
    assert running(router.home.root) is None
    assert not router.home.instance.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_program_with_every_sample_saved(
    display: XDisplay, variables: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    with program(tmp_path / "home", variables, "--port", "0") as router:
        window(display)
        make_a_sample(router.remote)
        router.signal(number)
        assert router.ended()[0] == 0
    assert samples(router.home) == 1
    assert not router.home.instance.exists()


def test_a_signal_ends_the_program_while_it_asks_whether_to_keep_serving(
    display: XDisplay, variables: dict[str, str], tmp_path: Path
) -> None:
    with program(tmp_path / "home", variables, "--port", "0") as router:
        window(display)
        make_a_sample(router.remote)
        display.close(display.titled(TITLE)[0])
        display.close(display.titled(TITLE)[0])  # a second time asks no second time
        time.sleep(1)  # the page asks by now, or its window waits for it: either has to end
        router.signal(signal.SIGTERM)
        assert router.ended()[0] == 0
    assert samples(router.home) == 1
    assert json.loads(router.home.config.read_text())["desktop"]["on_close"] == "ask", "nobody answered"


def test_a_hidden_window_serves_on_until_a_second_start_shows_it_again(
    display: XDisplay, variables: dict[str, str], tmp_path: Path
) -> None:
    with program(tmp_path / "home", variables, "--port", "0") as router:
        on_close(router.remote, "keep_serving")
        window(display)
        display.close(display.titled(TITLE)[0])
        wait_until(lambda: not display.titled(TITLE), "the window is hidden")
        assert router.remote.call("get_server_status", {})["url"] == router.remote.url

        with program(tmp_path / "home", variables) as second:
            code, out, err = second.ended()
        assert (code, err) == (0, "")
        assert out == f"LocalRouter runs at {router.remote.url}. Its window is in front now.\n"
        window(display)

        display.close(display.titled(TITLE)[0])
        wait_until(lambda: not display.titled(TITLE), "the window is hidden again")
        router.signal(signal.SIGTERM)
        assert router.ended()[0] == 0


def test_a_window_of_its_own_shows_the_pages_of_an_instance_without_one(
    display: XDisplay, variables: dict[str, str], tmp_path: Path
) -> None:
    with program(tmp_path / "home", variables, "serve", "--port", "0") as router:
        assert router.remote.url
        for end in ("close", "signal"):
            with program(tmp_path / "home", variables) as second:
                window(display)
                if end == "close":
                    display.close(display.titled(TITLE)[0])
                else:
                    second.signal(signal.SIGTERM)
                assert second.ended()[0] == 0
        assert router.runs, "it is not theirs to end"
        router.signal(signal.SIGTERM)
        assert router.ended()[0] == 0


@pytest.mark.parametrize("display", ["", ":4242"])
def test_without_a_display_one_line_says_so_and_it_serves(tmp_path: Path, display: str) -> None:
    variables = environment(tmp_path, None) | {"DISPLAY": display}
    with program(tmp_path / "home", variables, "--port", "0") as router:
        make_a_sample(router.remote)
        router.signal(signal.SIGTERM)
        code, out, err = router.ended()
    problem = f"the display {display} cannot be opened" if display else "there is no display"
    pages = router.home.shell_command("open")
    assert (code, err) == (0, f"LocalRouter shows no window: {problem}. Its pages: {pages}\n")
    assert out.startswith("LocalRouter serves at http://127.0.0.1:")
    assert samples(router.home) == 1


@pytest.mark.skipif(not has_xvfb(), reason=XVFB_MISSING)
def test_without_a_toolkit_one_line_says_so_and_it_serves(tmp_path: Path) -> None:
    with xvfb() as display:
        variables = without_toolkits(tmp_path, environment(tmp_path, display))
        with program(tmp_path / "home", variables, "--port", "0") as router:
            make_a_sample(router.remote)
            with program(tmp_path / "home", variables) as second:
                code, _, err = second.ended()
            assert code == 3, "there is no window to show, and none can be opened"
            assert router.remote.url in err
            router.signal(signal.SIGINT)
            code, _, err = router.ended()
    assert code == 0
    assert len(err.splitlines()) == 1
    assert "neither GTK WebKit nor Qt WebEngine" in err
    assert samples(router.home) == 1


@pytest.mark.skipif(not has_xvfb(), reason=XVFB_MISSING)
def test_a_program_whose_output_nobody_reads_serves_until_it_is_ended(tmp_path: Path) -> None:
    with xvfb() as display, program(tmp_path / "home", environment(tmp_path, display), "--port", "0") as router:
        router.close_output()
        assert router.remote.call("get_server_status", {})
        router.signal(signal.SIGTERM)
        assert router.wait() == 0
    assert running(router.home.root) is None


def test_a_start_without_a_display_beside_a_running_instance_ends_with_3(tmp_path: Path) -> None:
    variables = environment(tmp_path, None)
    with program(tmp_path / "home", variables, "serve", "--port", "0") as router:
        url = router.remote.url
        with program(tmp_path / "home", variables) as second:
            code, out, err = second.ended()
    assert (code, out) == (3, "")
    assert url in err


def test_a_display_that_goes_away_ends_the_window_and_not_the_service(toolkit: str, tmp_path: Path) -> None:
    with x_server() as (name, server):
        display = XDisplay(name)
        with program(tmp_path / "home", environment(tmp_path, display, toolkit), "--port", "0") as router:
            window(display)
            assert router.remote.call("show_window", {})
            display.disconnect()
            server.kill()
            wait_until(lambda: not has_window(router.remote), "the window is gone")
            make_a_sample(router.remote)
            assert router.runs
            router.signal(signal.SIGTERM)
            code, _, err = router.ended()
    assert code == 0
    assert samples(router.home) == 1
    assert "The window is gone" in err
    assert "Traceback" not in err


def has_window(remote: Remote) -> bool:
    try:
        return bool(remote.call("show_window", {}))
    except RpcError:
        return False


def test_a_program_that_is_killed_leaves_no_window(
    display: XDisplay, variables: dict[str, str], tmp_path: Path
) -> None:
    with program(tmp_path / "home", variables, "--port", "0") as router:
        window(display)
        router.kill()
        wait_until(lambda: not display.windows(titled_or_not=True), "the window is gone with it")


def test_a_closed_terminal_ends_the_program_and_its_window(
    display: XDisplay, variables: dict[str, str], tmp_path: Path
) -> None:
    with program(tmp_path / "home", variables, "--port", "0") as router:
        window(display)
        make_a_sample(router.remote)
        router.signal(signal.SIGHUP)
        assert router.ended()[0] == 0
        wait_until(lambda: not display.windows(titled_or_not=True), "the window is gone with it")
    assert samples(router.home) == 1
