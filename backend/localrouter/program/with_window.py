"""The program with its desktop window: which thread and process does what, closing the window, and a second start.

`run_window` is used in place of `serving.serve`. The window has its own process (`be_window`), because a toolkit ends
its process when the display goes away. The window knows only the server's address and commands, and the server knows
the window as a single callable.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import uvloop

from localrouter.app import build_state
from localrouter.domain.configuration.config import OnClose
from localrouter.domain.configuration.server_address import pages_address, reachable
from localrouter.domain.errors import Unavailable
from localrouter.program.ending import StopRequest, ending_signals
from localrouter.program.listening import ListenAddress
from localrouter.program.serving import Ready, run, serve
from localrouter.program.tray_process import tray
from localrouter.program.window_process import How, News, Order, WindowProcess, tell
from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import STARTS_WITHIN, Instance, running
from localrouter.shell_command import INSTALLED
from localrouter.surfaces.cli.remote import NotRunning, Remote, RpcError
from localrouter.surfaces.cli.running import running_remote
from localrouter.surfaces.cli.unusable_home import refuse_unusable
from localrouter.surfaces.desktop.window import DesktopWindow, DialogAnswer, display_problem, toolkit_problem

WAIT_FOR_COMMAND = 5.0  # seconds
TITLE = "Quit LocalRouter?"
QUESTION = (
    "This window's page does not answer, so it cannot ask what closing it should do.\n\n"
    "OK quits LocalRouter: programs are no longer served.\n"
    "Cancel changes nothing."
)


def run_window(home: Home, place: ListenAddress, *, ready: Ready) -> None:
    """Serve a home and show its window; if that is impossible, say why and serve without one.

    `ready` is called once it serves. If an instance runs already, show its window, or a window on its pages. From here
    on the signals that end a program stay blocked in this process: a thread waits for them instead.
    """
    problem = display_problem(os.environ)
    if problem is not None:
        _say_no_window(home, problem)
        serve(home, place, ready=ready)
        return
    refuse_unusable(home)
    try:
        instance = Instance.acquire(home.root, wait=STARTS_WITHIN)
    except Unavailable as taken:
        _show_running(home, taken)
        return
    with instance:
        _serve_with_window(home, instance, place, ready)


class ShownWindow(Protocol):
    """What closing a window needs from it."""

    def ask_page(self) -> DialogAnswer: ...

    def ask(self, title: str, question: str) -> bool: ...

    def hide(self) -> None: ...

    def end(self) -> None: ...


def close_window(window: ShownWindow, remote: Remote, command_line: str = INSTALLED) -> None:
    """Handles the user's closing of the window: does what was remembered, or else asks the user once."""
    on_close = _remembered(remote)
    if on_close is OnClose.ASK:
        match window.ask_page():
            case DialogAnswer.CANCEL:
                return
            case DialogAnswer.NO_PAGE:
                # A dialog with two buttons cannot offer three answers, so it offers the one that the user may need.
                if not window.ask(TITLE, QUESTION):
                    return
                on_close = OnClose.QUIT
            case answer:
                on_close = OnClose(answer)
                _remember(remote, on_close)
    if on_close is OnClose.QUIT:
        window.end()
        return
    window.hide()
    print(f"LocalRouter keeps serving at {remote.url} without its window. To bring it back: {command_line}", flush=True)


def _remembered(remote: Remote) -> OnClose:
    try:
        return OnClose(remote.call("get_config", {}, timeout=WAIT_FOR_COMMAND)["document"]["desktop"]["on_close"])
    except (NotRunning, RpcError):
        return OnClose.ASK


def _remember(remote: Remote, on_close: OnClose) -> None:
    with contextlib.suppress(NotRunning, RpcError):  # then it is not remembered, and the user is asked again next time
        changes = {"desktop": {"on_close": on_close.value}}
        remote.call("update_server_config", changes, timeout=WAIT_FOR_COMMAND)


class ServerThread:
    """The server in a thread of its own. `ended` is called when it has stopped, for whatever reason.

    As a context manager it serves until stopped, and raises the error if it ended by one; a failing block stops it.
    """

    def __init__(
        self,
        home: Home,
        instance: Instance,
        place: ListenAddress,
        *,
        show_window: Callable[[], None],
        ended: Callable[[], None],
    ) -> None:
        self._home, self._instance, self._place = home, instance, place
        self._show_window, self._ended = show_window, ended
        self._stop = StopRequest()
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._loop = self._runner.get_loop()
        self._addresses: Future[tuple[str, str]] = Future()
        self._outcome: Future[None] = Future()
        self._thread = threading.Thread(target=self._serve, name="server")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is not None:
            self.stop()
        self._thread.join()
        if error is None:
            self._outcome.result()

    def addresses(self) -> tuple[str, str]:
        """Waits until it serves. Returns its address and its pages' address with a code; raises what prevented that."""
        return self._addresses.result()

    def stop(self) -> None:
        """Ask the server to end. A second call does nothing."""
        with contextlib.suppress(RuntimeError):  # it has ended, and its loop is closed
            self._loop.call_soon_threadsafe(self._stop.set)

    def on_signal(self, number: int) -> None:
        """End because of a signal; a second Ctrl+C does not wait for running requests."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stop.on_signal, number)

    def _serve(self) -> None:
        try:
            with self._runner:
                self._runner.run(self._run())
        except BaseException as error:
            self._outcome.set_exception(error)
            if not self._addresses.done():
                self._addresses.set_exception(error)
        else:
            self._outcome.set_result(None)
        finally:
            self._ended()

    async def _run(self) -> None:
        await run(
            build_state(self._home),
            self._instance,
            self._place,
            ready=lambda url, pages: self._addresses.set_result((url, pages)),
            stop=self._stop,
            show_window=self._show_window,
        )


def _serve_with_window(home: Home, instance: Instance, place: ListenAddress, ready: Ready) -> None:
    window = WindowProcess(home.root)

    def show_window() -> None:
        if not window.show():
            raise Unavailable(f"This LocalRouter has no window now. Open its pages with: {home.shell_command('open')}")

    server = ServerThread(home, instance, place, show_window=show_window, ended=window.end)

    def on_signal(number: int) -> None:
        server.on_signal(number)
        window.end()

    _on_ending_signals(on_signal)
    with server, window, tray(home):  # the server starts while the toolkit loads
        address, pages = server.addresses()
        ready(address, pages)
        match window.follow(lambda line: print(line, flush=True)):
            case How.BY_USER:
                server.stop()
            case How.NEVER_SHOWN:
                _say_no_window(home, window.problem or "the toolkit did not open it")
            case How.LOST:
                _say_no_window(home, "its display went away, or it crashed. LocalRouter keeps serving", is_lost=True)
            case How.AS_TOLD:
                return


def be_window(root: Path) -> None:
    """Runs the window's own process: shows the pages of the instance that started it, until its input ends."""
    home, is_told, sure = Home(root), threading.Event(), threading.Event()
    window = DesktopWindow(lambda: _close(window, home), on_shown=lambda: tell(News.SHOWN))

    def end_as_told() -> None:
        is_told.set()
        window.end()

    def obey() -> None:
        for order in sys.stdin:
            sure.set()
            if order.strip() == Order.SHOW:
                window.show()
        end_as_told()
        sure.set()

    _on_ending_signals(lambda _: end_as_told())
    threading.Thread(target=obey, name="orders", daemon=True).start()
    problem = toolkit_problem()
    if problem is not None:
        tell(News.PROBLEM, problem)
        return
    sure.wait()
    with contextlib.suppress(Unavailable):
        if window.run(_pages(home), lambda: _address(home)) and not is_told.is_set():
            tell(News.QUIT)


def _show_running(home: Home, taken: Unavailable) -> None:
    """Shows the window of the instance that has the home already, or a window of this process on its pages."""
    remote = running_remote(home)
    if remote is None:
        raise taken
    try:
        remote.call("show_window", {}, timeout=WAIT_FOR_COMMAND)
    except NotRunning:
        raise taken from None
    except RpcError:
        _show_pages(home, _pages(home), taken)
        return
    print(f"LocalRouter runs at {remote.url}. Its window is in front now.", flush=True)


def _show_pages(home: Home, address: str, taken: Unavailable) -> None:
    window = DesktopWindow(lambda: window.end())  # noqa: PLW0108 - it does not exist yet
    _on_ending_signals(lambda _: window.end())
    problem = toolkit_problem()
    if problem is not None:
        _say_no_window(home, problem)
    if problem is not None or not (window.run(address, lambda: _address(home)) or window.is_ending):
        raise taken


def _close(window: ShownWindow, home: Home) -> None:
    remote = running_remote(home)
    if remote is None:
        window.end()
    else:
        close_window(window, remote, home.command_line)


def _address(home: Home) -> str | None:
    """The address of the instance that has the home now."""
    owner = running(home.root)
    return None if owner is None else reachable(owner.url)


def _pages(home: Home) -> str:
    """The address of the running instance's pages, with a code that lets the window in."""
    remote = running_remote(home)
    if remote is None:
        raise Unavailable("LocalRouter ended before its window could be shown. Start it again.")
    try:
        return str(remote.call("issue_session_code", {}, timeout=WAIT_FOR_COMMAND)["address"])
    except (NotRunning, RpcError):
        return pages_address(remote.url)


def _on_ending_signals(act: Callable[[int], None]) -> None:
    """Calls `act` for each signal that ends the program. They are blocked, in this thread and in all that it starts
    later: a handler would have to wait for the toolkit, which runs no Python while it is idle."""
    signals = ending_signals()
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)

    def wait() -> None:
        while True:
            act(signal.sigwait(signals))

    threading.Thread(target=wait, name="ending-signals", daemon=True).start()


def _say_no_window(home: Home, problem: str, *, is_lost: bool = False) -> None:
    begins = "The window is gone" if is_lost else "LocalRouter shows no window"
    said = f"{begins}: {problem}. Its pages: {home.shell_command('open')}"
    print(said, file=sys.stderr, flush=True)
