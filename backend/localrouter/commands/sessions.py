"""Commands about access to the admin pages: one-time codes, the sessions that they start, and the admin token."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import Field

from localrouter.commands.registration.registry import Params, View, command
from localrouter.commands.registration.services import Services, needed
from localrouter.domain.configuration.server_address import pages_address
from localrouter.domain.errors import NotFound, Unavailable
from localrouter.domain.events import Source
from localrouter.private_files import discard
from localrouter.services.instance.admin_access import CODE_SECONDS, Session
from localrouter.services.instance.opening_files import OPENING_SECONDS


class IssueSessionCode(Params):
    as_file: bool = Field(
        default=False, description="Also write a file that redirects a browser to the pages. It works for 60 seconds."
    )
    port: int | None = Field(
        default=None, ge=1, le=65_535, description="Accept the code only at this port, to which the pages are moving."
    )


class EndSession(Params):
    session_id: str


class SessionCode(View):
    """A one-time code, and the pages' address that contains it. `file` is the path of the file, if one was asked
    for."""

    code: str
    address: str
    expires_at: datetime
    file: str | None


class SessionView(View):
    """A browser tab that is signed in. `browser` is the name that the browser gives itself."""

    session_id: str
    browser: str
    made_at: datetime
    last_used_at: datetime
    expires_at: datetime


class EndedSession(View):
    """The session that was ended."""

    session_id: str


class RotatedAdminToken(View):
    """The file that holds the new admin token, and how many sessions were ended."""

    token_file: str
    ended_sessions: int


@command("issue_session_code", reads=(), needs_running=True)
async def issue_session_code(services: Services, params: IssueSessionCode) -> SessionCode:
    """Create a one-time code that signs in a browser tab. It expires after 15 minutes, or 60 seconds with `as_file`."""
    not_running = f"Only a running LocalRouter can be opened. {services.start_hint}"
    serving = needed(services.serving, not_running)
    if not params.as_file:
        code = services.access.new_code(port=params.port)
        return _told(services, code, pages_address(serving.url, code), CODE_SECONDS)
    opening = needed(services.opening, not_running)
    path = opening.place(services.random_bytes(8).hex())
    code = services.access.new_code(OPENING_SECONDS, port=params.port, when_over=lambda: discard(path))
    address = pages_address(serving.url, code)
    try:
        opening.write(path, address)
    except OSError as error:
        raise Unavailable(
            f"{path} cannot be written: {error.strerror}. Make room, or use the printed address."
        ) from None
    return _told(services, code, address, OPENING_SECONDS, str(path))


@command("list_sessions", reads=(Source.STATUS,), needs_running=True)
async def list_sessions(services: Services) -> tuple[SessionView, ...]:
    """List the browser tabs that are signed in, most recently used first."""
    return tuple(map(_view, services.access.sessions()))


@command("end_session", reads=(), needs_running=True)
async def end_session(services: Services, params: EndSession) -> EndedSession:
    """End a session: its browser tab has to sign in again."""
    if not services.access.end_session(params.session_id):
        raise NotFound(f'There is no session "{params.session_id}". It may have expired.')
    return EndedSession(session_id=params.session_id)


@command("rotate_admin_token", reads=())
async def rotate_admin_token(services: Services) -> RotatedAdminToken:
    """Replace the admin token, and end all sessions and codes. Scripts read the new token from its file."""
    try:
        ended = services.access.rotate()
    except OSError as error:
        said = f"{services.token_file} cannot be written: {error.strerror}. The admin token is unchanged."
        raise Unavailable(said) from None
    return RotatedAdminToken(token_file=services.token_file, ended_sessions=ended)


def _told(services: Services, code: str, address: str, seconds: float, file: str | None = None) -> SessionCode:
    return SessionCode(code=code, address=address, expires_at=_time(services.wall() + seconds), file=file)


def _view(session: Session) -> SessionView:
    return SessionView(
        session_id=session.id,
        browser=session.browser,
        made_at=_time(session.made_at),
        last_used_at=_time(session.last_used_at),
        expires_at=_time(session.expires_at),
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
