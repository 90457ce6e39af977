"""The only place that knows who may administer: the admin token, one-time codes, and the sessions made from them.

A code is good once, and a session as long as this process at most: neither is ever written to disk, and of both only
digests are kept in memory. Looking a digest up takes a time that says nothing about the secret it was made from.
"""

from __future__ import annotations

import hmac
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from localrouter.domain.configuration.access import CODE_PREFIX, SECRET_BYTES, SESSION_PREFIX, digest, new_secret
from localrouter.domain.configuration.server_address import prove, prove_age
from localrouter.domain.events import Event, ServerStatus

CODE_SECONDS = 15 * 60.0
SESSION_SECONDS = 30 * 24 * 3600.0
MAX_CODES = 100  # the oldest gives way
MAX_SESSIONS = 1_000  # the one that was used least recently gives way
MAX_WRONG_CODES = 20  # in WRONG_CODES_SECONDS; a right one is taken all the same, or strangers could lock the owner out
WRONG_CODES_SECONDS = 60.0
MAX_BROWSER_NAME = 200  # characters


@dataclass(frozen=True, slots=True)
class Session:
    """What was made from one code. Times are Unix time in seconds; `browser` is what it called itself."""

    id: str
    browser: str
    made_at: float
    last_used_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class _Code:
    ends: float
    port: int | None
    when_over: Callable[[], None]


@dataclass(slots=True)
class _Held:
    session: Session
    ends: float


class WrongCode(Exception):
    """Not a code, one that was used, or one that is too old. `retry_after` is set where there were too many."""

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__("wrong code")
        self.retry_after = retry_after


class AdminAccess:
    """`renew` writes another admin token to its file, `steady` and `wall` are the two clocks in seconds. What begins or
    ends is published as a change of the server's status."""

    def __init__(
        self,
        token: str,
        *,
        renew: Callable[[], str],
        publish: Callable[[Event], None],
        steady: Callable[[], float],
        wall: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._token = token
        self._renew = renew
        self._publish = publish
        self._steady = steady
        self._wall = wall
        self._random_bytes = random_bytes
        self._listening_since = time.monotonic()  # as callers measure
        self._codes: dict[str, _Code] = {}
        self._sessions: dict[str, _Held] = {}
        self._wrong_codes: deque[float] = deque(maxlen=MAX_WRONG_CODES)

    # Who gets in

    def admits(self, given: str | None) -> bool:
        """Whether this is the admin token, or the token of a session that has not ended."""
        if not given:
            return False
        if self.is_token(given):
            return True
        key = digest(given)
        held = self._sessions.get(key)
        if held is None:
            return False
        if held.ends <= self._steady():
            del self._sessions[key]
            return False
        held.session = replace(held.session, last_used_at=self._wall())
        return True

    def is_token(self, given: str) -> bool:
        return bool(self._token) and hmac.compare_digest(given.encode(), self._token.encode())

    def prove(self, nonce: bytes, host: str, port: int) -> str:
        """What only a holder of the admin token can answer to a caller who dialled this host and port."""
        return prove(self._token, nonce, host, port)

    def prove_age(self, nonce: bytes, host: str, port: int) -> tuple[int, str]:
        """For how many milliseconds the address has been listened on, with what only a holder of the token can say."""
        age = max(0, int((time.monotonic() - self._listening_since) * 1000))
        return age, prove_age(self._token, nonce, host, port, age)

    def listens(self) -> None:
        """From now on callers are accepted at the address of now."""
        self._listening_since = time.monotonic()

    def rotate(self) -> int:
        """Another admin token in its file, and the end of all sessions and codes; how many sessions those were."""
        self._token = self._renew()
        ended = len(self._sessions)
        self._end_codes()
        self.end_sessions()
        return ended

    def move(self, port: int) -> None:
        """The pages leave their address to others. What opens them there ends: all sessions, and all codes but those
        that were made for this port, where the pages go."""
        self._end_codes(but_for=port)
        self.end_sessions()

    # Codes

    def new_code(
        self,
        seconds: float = CODE_SECONDS,
        *,
        port: int | None = None,
        when_over: Callable[[], None] = lambda: None,
    ) -> str:
        """A code for one session, good for so long; with `port`, only where it is shown at that port.

        `when_over` is called once it can no longer be used.
        """
        self._forget_old_codes()
        while len(self._codes) >= MAX_CODES:
            self._end_code(next(iter(self._codes)))
        code = new_secret(CODE_PREFIX, self._random_bytes(SECRET_BYTES))
        self._codes[digest(code)] = _Code(self._steady() + seconds, port, when_over)
        return code

    def exchange(self, code: str, *, browser: str = "", port: int | None = None) -> tuple[str, Session]:
        """The token of a new session, for a code that is used up by that; `WrongCode` for any other."""
        self._forget_old_codes()
        key = digest(code)
        known = self._codes.get(key)
        if known is None or known.port not in (None, port):
            raise self._wrong_code()
        self._end_code(key)
        return self._new_session(browser)

    def _wrong_code(self) -> WrongCode:
        now = self._steady()
        is_full = len(self._wrong_codes) == MAX_WRONG_CODES
        wait = self._wrong_codes[0] + WRONG_CODES_SECONDS - now if is_full else 0.0
        if wait > 0:
            return WrongCode(retry_after=wait)
        self._wrong_codes.append(now)
        return WrongCode()

    def _forget_old_codes(self) -> None:
        now = self._steady()
        for key in [key for key, code in self._codes.items() if code.ends <= now]:
            self._end_code(key)

    def _end_code(self, key: str) -> None:
        self._codes.pop(key).when_over()

    def _end_codes(self, *, but_for: int | None = None) -> None:
        for key, code in list(self._codes.items()):
            if but_for is None or code.port != but_for:
                self._end_code(key)

    # Sessions

    def _new_session(self, browser: str) -> tuple[str, Session]:
        while len(self._sessions) >= MAX_SESSIONS:
            del self._sessions[min(self._sessions, key=lambda key: self._sessions[key].session.last_used_at)]
        token = new_secret(SESSION_PREFIX, self._random_bytes(SECRET_BYTES))
        now = self._wall()
        session = Session(
            id=self._random_bytes(8).hex(),
            browser="".join(filter(str.isprintable, browser))[:MAX_BROWSER_NAME],
            made_at=now,
            last_used_at=now,
            expires_at=now + SESSION_SECONDS,
        )
        self._sessions[digest(token)] = _Held(session, self._steady() + SESSION_SECONDS)
        self._publish(ServerStatus())
        return token, session

    def sessions(self) -> Iterator[Session]:
        """Those that have not ended, the one that was used last first."""
        now = self._steady()
        alive = [held.session for held in self._sessions.values() if held.ends > now]
        yield from sorted(alive, key=lambda session: session.last_used_at, reverse=True)

    def end_session(self, session_id: str) -> bool:
        """Whether there was one. All codes end with it: who held the session may have made one to come back by."""
        found = [key for key, held in self._sessions.items() if held.session.id == session_id]
        if found:
            self._end_codes()
        for key in found:
            del self._sessions[key]
            self._publish(ServerStatus())
        return bool(found)

    def end_sessions(self) -> None:
        """All of them. Codes stay good."""
        self._sessions.clear()
        self._publish(ServerStatus())
