from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from localrouter.domain.configuration.server_address import prove_age
from localrouter.domain.events import Event, ServerStatus
from localrouter.services.instance import admin_access
from localrouter.services.instance.admin_access import CODE_SECONDS, SESSION_SECONDS, AdminAccess, WrongCode

TOKEN = "the-admin-token"
DAY = 24 * 3600.0


class Door:
    """An access whose time and chance are the test's."""

    def __init__(self) -> None:
        self.time = 1_000.0
        self.events: list[Event] = []
        self.tokens: Iterator[str] = map("token-{}".format, itertools.count())
        numbers = itertools.count(1)
        self.access = AdminAccess(
            TOKEN,
            renew=lambda: next(self.tokens),
            publish=self.events.append,
            steady=lambda: self.time,
            wall=lambda: 1_700_000_000 + self.time,
            random_bytes=lambda count: next(numbers).to_bytes(2, "big") * (count // 2),
        )

    def enter(self) -> str:
        token, _ = self.access.exchange(self.access.new_code(), browser="Chromium")
        return token


@pytest.fixture
def door() -> Door:
    return Door()


def test_the_admin_token_gets_in_and_nothing_like_it(door: Door) -> None:
    assert door.access.admits(TOKEN)
    assert [given for given in ("", None, TOKEN[:-1], TOKEN + "x", "é") if door.access.admits(given)] == []


def test_an_empty_admin_token_admits_nobody(door: Door) -> None:
    door.tokens = iter([""])
    door.access.rotate()
    assert not door.access.admits("")
    assert not door.access.admits(None)


def test_a_code_makes_one_session(door: Door) -> None:
    code = door.access.new_code()
    token, session = door.access.exchange(code, browser="Chromium\x1b[31m")
    assert door.access.admits(token)
    assert not door.access.admits(code), "a code is no token"
    assert session.browser == "Chromium[31m"
    with pytest.raises(WrongCode):
        door.access.exchange(code)
    assert door.access.admits(token), "a second try ends nothing"


def test_codes_and_tokens_have_256_bits_each_of_its_own(door: Door) -> None:
    codes = {door.access.new_code() for _ in range(50)}
    assert {len(code) for code in codes} == {len("lrc-") + 43}
    assert len(codes) == 50


@pytest.mark.parametrize("after", [CODE_SECONDS, CODE_SECONDS + 1, DAY])
def test_a_code_is_good_for_a_quarter_of_an_hour(door: Door, after: float) -> None:
    old, other = door.access.new_code(), door.access.new_code()
    door.time += CODE_SECONDS - 1
    door.access.exchange(old)
    door.time += after - (CODE_SECONDS - 1)
    with pytest.raises(WrongCode):
        door.access.exchange(other)


def test_a_code_for_a_port_is_worth_nothing_at_another(door: Door) -> None:
    code = door.access.new_code(port=4000)
    for port in (3625, None):
        with pytest.raises(WrongCode):
            door.access.exchange(code, port=port)
    door.access.exchange(code, port=4000)


def test_who_made_a_code_hears_once_that_it_is_over(door: Door) -> None:
    over: list[str] = []
    endings: dict[str, Callable[[str], object]] = {
        "used": door.access.exchange,
        "old": lambda _: setattr(door, "time", door.time + 61),
        "rotated": lambda _: door.access.rotate(),
    }
    for name, ending in endings.items():
        code = door.access.new_code(60, when_over=lambda name=name: over.append(name))  # type: ignore[misc]
        ending(code)
        door.access.new_code()
        assert over.count(name) == 1, name


def test_only_so_many_codes_wait_and_the_oldest_gives_way(door: Door) -> None:
    first, *others = [door.access.new_code() for _ in range(admin_access.MAX_CODES + 1)]
    with pytest.raises(WrongCode):
        door.access.exchange(first)
    door.access.exchange(others[0])


def test_wrong_codes_are_counted_and_a_right_one_is_taken_all_the_same(door: Door) -> None:
    right = door.access.new_code()
    refusals = []
    for number in range(admin_access.MAX_WRONG_CODES + 5):
        with pytest.raises(WrongCode) as refused:
            door.access.exchange(f"guess {number}")
        refusals.append(refused.value.retry_after)
    assert refusals == [None] * admin_access.MAX_WRONG_CODES + [60.0] * 5
    door.access.exchange(right)
    door.time += 60
    with pytest.raises(WrongCode) as refused:
        door.access.exchange("guess")
    assert refused.value.retry_after is None


def test_a_session_ends_after_thirty_days(door: Door) -> None:
    token = door.enter()
    door.time += SESSION_SECONDS - 1
    assert door.access.admits(token)
    door.time += 1
    assert list(door.access.sessions()) == []
    assert not door.access.admits(token)
    assert SESSION_SECONDS == 30 * DAY


@pytest.mark.parametrize("left", [1.0, CODE_SECONDS, 10 * DAY])
def test_what_a_session_lets_in_ends_with_it(door: Door, left: float) -> None:
    first = door.enter()
    door.time += SESSION_SECONDS - left
    with door.access.acting(first):
        code = door.access.new_code()
    second, session = door.access.exchange(code)
    assert session.expires_at == 1_700_000_000 + door.time + left
    door.time += left
    assert [door.access.admits(each) for each in (first, second, door.enter())] == [False, False, True]


def test_a_rotation_ends_every_session_every_code_and_the_token(door: Door) -> None:
    token, code = door.enter(), door.access.new_code()
    assert door.access.rotate() == 1
    assert [given for given in (token, TOKEN) if door.access.admits(given)] == []
    assert door.access.admits("token-0")
    with pytest.raises(WrongCode):
        door.access.exchange(code)
    assert door.events[-1] == ServerStatus()


def test_a_rotation_that_cannot_be_written_changes_nothing(door: Door) -> None:
    def full() -> str:
        raise OSError(28, "No space left on device")

    token, code = door.enter(), door.access.new_code()
    door.access._renew = full
    with pytest.raises(OSError, match="No space"):
        door.access.rotate()
    assert door.access.admits(token)
    assert door.access.admits(TOKEN)
    door.access.exchange(code)


def test_sessions_are_listed_by_their_last_use_and_end_one_by_one(door: Door) -> None:
    first, second = door.enter(), door.enter()
    door.time += 10
    door.access.admits(first)
    listed = list(door.access.sessions())
    assert [session.last_used_at - session.made_at for session in listed] == [10.0, 0.0]
    assert door.access.end_session(listed[0].id)
    assert not door.access.end_session(listed[0].id)
    assert (door.access.admits(first), door.access.admits(second)) == (False, True)
    assert first not in repr(listed)


def test_who_held_a_session_has_no_code_left_to_come_back_by(door: Door) -> None:
    door.enter()
    [session] = door.access.sessions()
    gone: list[str] = []
    codes = [door.access.new_code(), door.access.new_code(port=3625, when_over=lambda: gone.append("the file"))]
    assert not door.access.end_session("another")
    assert gone == []
    assert door.access.end_session(session.id)
    assert gone == ["the file"]
    for code in codes:
        with pytest.raises(WrongCode):
            door.access.exchange(code, port=3625)


def test_only_so_many_sessions_are_kept_and_the_one_used_least_recently_gives_way(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_access, "MAX_SESSIONS", 2)
    first, second = door.enter(), door.enter()
    door.time += 1
    door.access.admits(first)
    third = door.enter()
    assert [door.access.admits(token) for token in (first, second, third)] == [True, False, True]


def test_neither_codes_nor_sessions_stand_in_memory_as_they_are(door: Door) -> None:
    code = door.access.new_code()
    token = door.enter()
    held = repr(vars(door.access))
    assert code not in held
    assert token not in held


def test_where_the_pages_leave_their_address_only_what_was_made_for_the_next_one_opens_them(door: Door) -> None:
    over: list[str] = []
    session = door.enter()
    shown = [
        door.access.new_code(),
        door.access.new_code(when_over=lambda: over.append("file")),
        door.access.new_code(port=1),
    ]
    there = door.access.new_code(port=2)
    door.access.move(2)
    assert not door.access.admits(session)
    assert over == ["file"]
    for code in shown:
        with pytest.raises(WrongCode):
            door.access.exchange(code, port=2)
    assert door.access.admits(door.access.exchange(there, port=2)[0])
    assert door.access.admits(TOKEN)


def test_the_time_that_an_address_was_listened_on_begins_anew_with_each(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonce = bytes(32)
    monkeypatch.setattr(admin_access, "time", SimpleNamespace(monotonic=lambda: door.time))
    door.time += 5
    door.access.listens()
    assert door.access.prove_age(nonce, "127.0.0.1", 1)[0] == 0
    door.time += 2.5
    age, proof = door.access.prove_age(nonce, "127.0.0.1", 1)
    assert (age, proof) == (2500, prove_age(TOKEN, nonce, "127.0.0.1", 1, 2500))
    assert proof not in [prove_age(TOKEN, nonce, *other) for other in (("127.0.0.1", 2, 2500), ("::1", 1, 2500))]
