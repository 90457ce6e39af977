"""Decides who may administer: holders of the admin token, of a one-time code, or of a session made from one.

A code works once, and a session lasts at most as long as this process. Neither is ever written to disk, and memory
holds only their digests. The time that a digest's look-up takes reveals nothing about its secret.
"""

from __future__ import annotations

import hmac
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from localrouter.domain.configuration.access import CODE_PREFIX, SECRET_BYTES, SESSION_PREFIX, digest, new_secret
from localrouter.domain.configuration.server_address import prove, prove_age
from localrouter.domain.events import Event, ServerStatus

CODE_SECONDS = 15 * 60.0
SESSION_SECONDS = 30 * 24 * 3600.0
MAX_CODES = 100  # beyond this the oldest ends
MAX_SESSIONS = 1_000  # beyond this the least recently used ends
MAX_WRONG_CODES = 20  # in WRONG_CODES_SECONDS; a right one still works, or strangers could lock the owner out
WRONG_CODES_SECONDS = 60.0
MAX_BROWSER_NAME = 200  # characters


@dataclass(frozen=True, slots=True)
class Session:
    """A session made from a code. Times are Unix seconds; `browser` is the name that the browser gave itself."""

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
    session_ends: float


@dataclass(slots=True)
class _Held:
    session: Session
    ends: float


class WrongCode(Exception):
    """The code is unknown, used or expired. `retry_after` is set if there were too many wrong ones."""

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__("wrong code")
        self.retry_after = retry_after


class AdminAccess:
    """`renew` writes a new admin token to its file; `steady` and `wall` are the two clocks, in seconds. Every start and
    end of a session is published as a change of the server's status."""

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
        self._listening_since = time.monotonic()  # on the clock that callers use
        self._codes: dict[str, _Code] = {}
        self._sessions: dict[str, _Held] = {}
        self._wrong_codes: deque[float] = deque(maxlen=MAX_WRONG_CODES)
        self._acting: ContextVar[_Held | None] = ContextVar("acting", default=None)

    # Who gets in

    def admits(self, given: str | None) -> bool:
        """Whether this is the admin token or a live session's token."""
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

    @contextmanager
    def acting(self, given: str | None) -> Iterator[None]:
        """Marks what happens within as done by this token's holder. A session can admit others no longer than it lasts
        itself, or it could renew itself for ever."""
        before = self._acting.set(None if given is None else self._sessions.get(digest(given)))
        try:
            yield
        finally:
            self._acting.reset(before)

    def is_token(self, given: str) -> bool:
        return bool(self._token) and hmac.compare_digest(given.encode(), self._token.encode())

    def prove(self, nonce: bytes, host: str, port: int) -> str:
        """The answer to a caller that dialled this host and port, which only a holder of the admin token can give."""
        return prove(self._token, nonce, host, port)

    def prove_age(self, nonce: bytes, host: str, port: int) -> tuple[int, str]:
        """For how many milliseconds this process has been listening, with a proof that needs the admin token."""
        age = max(0, int((time.monotonic() - self._listening_since) * 1000))
        return age, prove_age(self._token, nonce, host, port, age)

    def listens(self) -> None:
        """Note that the current address accepts callers from now on."""
        self._listening_since = time.monotonic()

    def rotate(self) -> int:
        """Replace the admin token and end all sessions and codes. Returns how many sessions ended."""
        self._token = self._renew()
        ended = len(self._sessions)
        self._end_codes()
        self.end_sessions()
        return ended

    def move(self, port: int) -> None:
        """Prepare for the pages' move to `port`. All sessions end, and all codes but those made for that port: another
        program may answer at the old address."""
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
        """A code for one session, valid for that long; with `port`, valid only at that port.

        `when_over` is called once the code can no longer be used.
        """
        self._forget_old_codes()
        while len(self._codes) >= MAX_CODES:
            self._end_code(next(iter(self._codes)))
        code = new_secret(CODE_PREFIX, self._random_bytes(SECRET_BYTES))
        now, by = self._steady(), self._acting.get()
        session_ends = now + seconds + SESSION_SECONDS if by is None else by.ends
        self._codes[digest(code)] = _Code(min(now + seconds, session_ends), port, when_over, session_ends)
        return code

    def exchange(self, code: str, *, browser: str = "", port: int | None = None) -> tuple[str, Session]:
        """Use up a code and return the token of a new session. Raises `WrongCode` for any other text."""
        self._forget_old_codes()
        key = digest(code)
        known = self._codes.get(key)
        if known is None or known.port not in (None, port):
            raise self._wrong_code()
        self._end_code(key)
        return self._new_session(browser, known.session_ends)

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

    def _new_session(self, browser: str, ends_by: float) -> tuple[str, Session]:
        while len(self._sessions) >= MAX_SESSIONS:
            del self._sessions[min(self._sessions, key=lambda key: self._sessions[key].session.last_used_at)]
        token = new_secret(SESSION_PREFIX, self._random_bytes(SECRET_BYTES))
        now, lasts = self._wall(), min(SESSION_SECONDS, ends_by - self._steady())
        session = Session(
            id=self._random_bytes(8).hex(),
            browser="".join(filter(str.isprintable, browser))[:MAX_BROWSER_NAME],
            made_at=now,
            last_used_at=now,
            expires_at=now + lasts,
        )
        self._sessions[digest(token)] = _Held(session, self._steady() + lasts)
        self._publish(ServerStatus())
        return token, session

    def sessions(self) -> Iterator[Session]:
        """The live sessions, most recently used first."""
        now = self._steady()
        alive = [held.session for held in self._sessions.values() if held.ends > now]
        yield from sorted(alive, key=lambda session: session.last_used_at, reverse=True)

    def end_session(self, session_id: str) -> bool:
        """End a session; False if there is none. All codes end too: its holder may have made one to come back with."""
        found = [key for key, held in self._sessions.items() if held.session.id == session_id]
        if found:
            self._end_codes()
        for key in found:
            del self._sessions[key]
            self._publish(ServerStatus())
        return bool(found)

    def end_sessions(self) -> None:
        """End all sessions. Codes stay valid."""
        self._sessions.clear()
        self._publish(ServerStatus())
