"""Serves the pages, which are built from `ui/`, below `/ui/`.

All files are read when the program starts. A path is looked up among their names and never opens a file, so it cannot
escape their folder. Paths that name no file are the pages' own addresses, and get `index.html`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from starlette.types import Receive, Scope, Send

FOLDER = Path(__file__).parents[2] / "pages"
PREFIX = "/ui/"
INDEX = "index.html"
DEFAULT_OPEN_COMMAND = "localrouter open"
OPEN_COMMAND = b'<meta name="open-command" content="%b"'
HASHED = "assets/"  # files in there have a digest of their content in their name
NOT_BUILT = (
    "The pages of LocalRouter are not built. In its checkout ./scripts/run builds them when it starts, and says what "
    "is missing where it cannot. Everything else works without them.\n"
)
TYPES = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".ico": "image/x-icon",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".map": "application/json",
        ".png": "image/png",
        ".svg": "image/svg+xml",
        ".txt": "text/plain; charset=utf-8",
        ".webmanifest": "application/manifest+json",
        ".woff2": "font/woff2",
    }
)


@dataclass(frozen=True, slots=True)
class Page:
    """An answer that is ready to send."""

    status: HTTPStatus
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def read_pages(folder: Path = FOLDER, *, open_command: str = DEFAULT_OPEN_COMMAND) -> Mapping[str, Page]:
    """Every file in the folder by its relative path; empty if nothing was built.

    `open_command` is what the pages tell a visitor without a session to type.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in TYPES)
    pages = {(name := path.relative_to(folder).as_posix()): _file(name, path.read_bytes()) for path in files}
    if INDEX in pages:
        told = OPEN_COMMAND % escape(open_command, quote=True).encode()
        pages[INDEX] = replace(
            pages[INDEX], body=pages[INDEX].body.replace(OPEN_COMMAND % DEFAULT_OPEN_COMMAND.encode(), told)
        )
    return pages


@dataclass(frozen=True, slots=True)
class Pages:
    """Serves `/`, `/ui` and everything below `/ui/` to GET and HEAD."""

    files: Mapping[str, Page]

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        page = _find(self.files, scope["path"]) if scope["method"] in ("GET", "HEAD") else _NOT_ALLOWED
        headers = [*page.headers, (b"content-length", b"%d" % len(page.body))]
        await send({"type": "http.response.start", "status": page.status.value, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else page.body})


def _find(files: Mapping[str, Page], path: str) -> Page:
    if not path.startswith(PREFIX):
        return _TO_PAGES
    if INDEX not in files:
        return _text(HTTPStatus.SERVICE_UNAVAILABLE, NOT_BUILT)
    name = path.removeprefix(PREFIX)
    if name in files:
        return files[name]
    if name.startswith(HASHED) or PurePosixPath(name).suffix in TYPES:
        return _text(HTTPStatus.NOT_FOUND, "There is no such file. After an update, reload the page.\n")
    return files[INDEX]


def _file(name: str, body: bytes) -> Page:
    cached = b"public, max-age=31536000, immutable" if name.startswith(HASHED) else b"no-cache"
    kind = TYPES[PurePosixPath(name).suffix].encode()
    return Page(HTTPStatus.OK, ((b"content-type", kind), (b"cache-control", cached)), body)


def _text(status: HTTPStatus, sentence: str) -> Page:
    headers = ((b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"))
    return Page(status, headers, sentence.encode())


_TO_PAGES = Page(HTTPStatus.TEMPORARY_REDIRECT, ((b"location", PREFIX.encode()), (b"cache-control", b"no-cache")), b"")
_NOT_ALLOWED = Page(HTTPStatus.METHOD_NOT_ALLOWED, ((b"allow", b"GET, HEAD"),), b"")
