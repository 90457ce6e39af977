"""What closing the window means, and the server in its thread; real windows are in the journeys."""

from __future__ import annotations

import gc
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import OnClose
from localrouter.domain.errors import Refusal
from localrouter.program.listening import ListenAddress
from localrouter.program.with_window import ServerThread, close_window
from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import Instance
from localrouter.surfaces.cli.remote import NotRunning, Remote
from localrouter.surfaces.desktop.window import DialogAnswer
from tests.commands.world import World
from tests.running_home import running_home


@dataclass
class Window:
    """Notes what is asked of it, and answers questions as it is told to."""

    answer: DialogAnswer = DialogAnswer.CANCEL
    agrees: bool = False
    done: list[str] = field(default_factory=list)

    def ask_page(self) -> DialogAnswer:
        self.done.append("ask")
        return self.answer

    def ask(self, title: str, question: str) -> bool:
        self.done.append("ask without a page")
        return self.agrees

    def hide(self) -> None:
        self.done.append("hide")

    def end(self) -> None:
        self.done.append("end")


def remote(world: World, root: Path) -> Remote:
    assert world.services.serving is not None
    return Remote(world.services.serving.url, Home(root).read_admin_token() or "")


@pytest.mark.parametrize(
    ("answer", "then", "remembered"),
    [(DialogAnswer.KEEP_SERVING, "hide", OnClose.KEEP_SERVING), (DialogAnswer.QUIT, "end", OnClose.QUIT)],
)
def test_closing_asks_once_and_remembers_the_answer(
    tmp_path: Path, answer: DialogAnswer, then: str, remembered: OnClose
) -> None:
    window = Window(answer)
    with running_home(tmp_path) as world:
        close_window(window, remote(world, tmp_path))
        assert window.done == ["ask", then]
        assert world.config.desktop.on_close is remembered
        close_window(window, remote(world, tmp_path))
        assert window.done == ["ask", then, then]


def test_cancel_neither_ends_nor_hides_nor_is_remembered(tmp_path: Path) -> None:
    window = Window()
    with running_home(tmp_path) as world:
        close_window(window, remote(world, tmp_path))
        assert window.done == ["ask"]
        assert world.config.desktop.on_close is OnClose.ASK


@pytest.mark.parametrize(("agrees", "then"), [(True, ["end"]), (False, [])])
def test_a_page_that_cannot_ask_is_replaced_by_a_dialog_whose_cancel_changes_nothing(
    tmp_path: Path, agrees: bool, then: list[str]
) -> None:
    window = Window(DialogAnswer.NO_PAGE, agrees)
    with running_home(tmp_path) as world:
        close_window(window, remote(world, tmp_path))
        assert window.done == ["ask", "ask without a page", *then]
        assert world.config.desktop.on_close is OnClose.ASK


def test_where_hidden_the_way_back_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_home(tmp_path) as world:
        close_window(Window(DialogAnswer.KEEP_SERVING), remote(world, tmp_path))
    [line] = capsys.readouterr().out.splitlines()
    assert line.endswith("To bring it back: localrouter")


def test_an_answer_that_cannot_be_remembered_is_followed_all_the_same(tmp_path: Path) -> None:
    window = Window(DialogAnswer.KEEP_SERVING)
    with running_home(tmp_path) as world:
        world.call("create_client", name="Editor")
        (tmp_path / "config.json").write_text("{")  # a hand edit that blocks every change
        close_window(window, remote(world, tmp_path))
        assert window.done == ["ask", "hide"]
        assert world.config.desktop.on_close is OnClose.ASK


def test_a_server_that_does_not_answer_is_no_reason_to_quit_unasked() -> None:
    window = Window()
    close_window(window, Remote("http://127.0.0.1:1", "token"))
    assert window.done == ["ask"]


def server_thread(home: Path, instance: Instance, place: ListenAddress, ended: threading.Event) -> ServerThread:
    return ServerThread(Home(home), instance, place, show_window=lambda: None, ended=ended.set)


def test_a_server_in_its_thread_serves_until_it_is_stopped(tmp_path: Path) -> None:
    ended = threading.Event()
    with (
        Instance.acquire(tmp_path) as instance,
        server_thread(tmp_path, instance, ListenAddress(port=0), ended) as server,
    ):
        caller = Remote(server.addresses()[0], Home(tmp_path).read_admin_token() or "")
        assert caller.call("show_window", {}) == {"accepted": True}
        assert gc.get_freeze_count() > 10_000, "each full collection walks the whole program"
        server.stop()
    server.stop()
    assert gc.get_freeze_count() == 0
    assert ended.is_set()
    with pytest.raises(NotRunning):
        caller.call("list_clients", {})


def test_the_command_stop_ends_the_server_and_with_it_the_window(tmp_path: Path) -> None:
    ended = threading.Event()
    with (
        Instance.acquire(tmp_path) as instance,
        server_thread(tmp_path, instance, ListenAddress(port=0), ended) as server,
    ):
        caller = Remote(server.addresses()[0], Home(tmp_path).read_admin_token() or "")
        assert caller.call("stop_server", {}) == {"accepted": True, "running_requests": 0}
        assert ended.wait(20), "the end of the server is what ends the window"


def test_a_server_that_is_stopped_while_it_starts_ends(tmp_path: Path) -> None:
    with Instance.acquire(tmp_path) as instance:
        server = server_thread(tmp_path, instance, ListenAddress(port=0), threading.Event())
        server.stop()
        with server:
            pass
    assert server.addresses()[0].startswith("http://127.0.0.1:")


def test_what_keeps_a_server_from_starting_is_told(tmp_path: Path) -> None:
    ended = threading.Event()
    with socket.socket() as taken, Instance.acquire(tmp_path) as instance:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = server_thread(tmp_path, instance, ListenAddress(port=taken.getsockname()[1]), ended)
        with pytest.raises(Refusal, match="in use"), server:
            server.addresses()[0]
    assert ended.is_set()


def test_a_block_that_fails_stops_its_server(tmp_path: Path) -> None:
    ended = threading.Event()
    with Instance.acquire(tmp_path) as instance:
        server = server_thread(tmp_path, instance, ListenAddress(port=0), ended)
        with pytest.raises(Refusal), server:
            raise Refusal("This window is broken.")
    assert ended.is_set()
