from __future__ import annotations

import os
import stat
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from localrouter.domain.errors import Refusal
from localrouter.services.instance.admin_access import WrongCode
from localrouter.services.instance.home import Home
from tests.commands.world import World


def enter(world: World) -> str:
    token, _ = world.services.access.exchange(world.call("issue_session_code")["code"], browser="Firefox")
    return token


def test_a_code_comes_with_the_address_that_uses_it(world: World) -> None:
    made = world.call("issue_session_code")
    assert made["address"] == f"http://127.0.0.1:3625/ui/#code={made['code']}"
    assert made["file"] is None
    assert (datetime.fromisoformat(made["expires_at"]).timestamp() - world.wall()) == 900
    world.services.access.exchange(made["code"])


def test_a_code_as_a_file_stands_in_the_home_for_a_minute_and_goes_when_it_is_used(world: World) -> None:
    made = world.call("issue_session_code", as_file=True)
    path = Path(made["file"])
    assert path.parent == world.home
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert made["address"] in path.read_text()
    assert made["code"] not in str(path)
    world.services.access.exchange(made["code"])
    assert not path.exists()

    late = world.call("issue_session_code", as_file=True)
    world.time += 60
    with pytest.raises(WrongCode):
        world.services.access.exchange(late["code"])
    assert not Path(late["file"]).exists()


def test_a_file_that_cannot_be_written_is_told_with_what_to_do(world: World) -> None:
    world.services.opening._folder = world.home / "absent"  # type: ignore[union-attr]
    with pytest.raises(Refusal, match=r"cannot be written: No such file.+printed address"):
        world.call("issue_session_code", as_file=True)


def test_sessions_are_told_without_their_tokens_and_end_one_by_one(world: World) -> None:
    token = enter(world)
    [session] = world.call("list_sessions")
    assert session["browser"] == "Firefox"
    assert token not in str(session)
    world.call("end_session", session_id=session["session_id"])
    assert not world.services.access.admits(token)
    assert world.call("list_sessions") == []


def test_a_rotation_replaces_the_file_whole_and_ends_all_sessions(world: World) -> None:
    before, session = Home(world.home).read_admin_token(), enter(world)
    told = world.call("rotate_admin_token")
    after = Home(world.home).read_admin_token()
    assert told == {"token_file": str(world.home / "admin.token"), "ended_sessions": 1}
    assert after != before
    assert stat.S_IMODE(os.stat(told["token_file"]).st_mode) == 0o600
    assert [given for given in (before, session) if world.services.access.admits(given)] == []
    assert world.services.access.admits(after)


def test_a_token_that_cannot_be_written_stays_and_says_so(world: World) -> None:
    def full() -> str:
        raise OSError(28, "No space left on device")

    session = enter(world)
    world.services.access._renew = full
    with pytest.raises(Refusal, match=r"admin.token cannot be written: No space.+is unchanged"):
        world.call("rotate_admin_token")
    assert world.services.access.admits(session)


def test_without_a_running_instance_there_is_nothing_to_open(world: World) -> None:
    world.give(serving=None)
    for name in ("issue_session_code", "list_sessions"):
        with pytest.raises(Refusal):
            world.call(name)
    world.call("rotate_admin_token")


def test_a_code_can_be_made_for_the_port_that_the_pages_move_to(world: World) -> None:
    made = world.call("issue_session_code", port=4000)
    with pytest.raises(WrongCode):
        world.services.access.exchange(made["code"], port=urlsplit(made["address"]).port)
    world.services.access.exchange(made["code"], port=4000)
