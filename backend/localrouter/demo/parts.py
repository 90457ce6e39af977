"""What a demo makes besides its server: a folder, and an emulator in its own process. Neither outlives the demo,
however it ends: the emulator lives only as long as a pipe that only the demo holds."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from localrouter.domain.errors import Refusal, Unavailable
from localrouter.services.instance.home import DEMO_PREFIX
from localrouter.services.instance.lock import LOCK_NAME, is_owned

ENDS_WITHIN = 5.0  # seconds
SURELY_LEFT = 600.0  # seconds; a younger folder that nobody holds may belong to a demo that is still starting
_EMULATOR = """
import os, shutil, socket, sys, threading

def watch(folder):
    while sys.stdin.buffer.read(4096):
        pass
    shutil.rmtree(folder, ignore_errors=True)  # the demo was killed, and could not do it
    os._exit(0)

threading.Thread(target=watch, args=(sys.argv[1],), daemon=True).start()
import uvicorn
from llmock.main import create_app

simulated = create_app()

# A provider whose address begins with /broken fails, until it is mended.
async def app(scope, receive, send):
    path = scope.get("path", "")
    if scope["type"] != "http" or not path.startswith("/broken/"):
        return await simulated(scope, receive, send)
    body = b'{"error": {"message": "This simulated provider was broken on purpose.", "type": "server_error"}}'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
sock.bind(("127.0.0.1", 0))
sock.listen(128)
print(sock.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[sock])
"""


@contextlib.contextmanager
def demo_folder() -> Iterator[Path]:
    """A home to be thrown away. Removes first what earlier demos left behind."""
    try:
        remove_left_over(Path(tempfile.gettempdir()))
        folder = Path(tempfile.mkdtemp(prefix=DEMO_PREFIX))
    except OSError as error:
        raise Unavailable(
            f"The demo needs a folder for temporary files that it can write to ({error.strerror}). Name one in the "
            "environment variable TMPDIR."
        ) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def emulator(folder: Path, settings: dict[str, str]) -> Iterator[str]:
    """The address of an emulator, which ends with this process and then removes the demo's folder if the demo could
    not.

    It opens its port itself and reports it: a port chosen beforehand could be another demo's by then, and that demo's
    emulator would answer instead.
    """
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own arguments
        [sys.executable, "-P", "-c", _EMULATOR, str(folder)],
        env={**os.environ, **settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # an interrupt is for the router, which ends the emulator last
    )
    try:
        yield f"http://127.0.0.1:{_told_port(process)}"
    finally:
        process.terminate()
        try:
            process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _told_port(process: subprocess.Popen[bytes]) -> int:
    """The port that the emulator reports. A connection to it waits from then on until the emulator answers. Raises
    `Unavailable` if the emulator ended."""
    line = process.stdout.readline() if process.stdout is not None else b""
    if not line:
        raise Unavailable(
            "The simulated providers did not start. Try again; `python -m llmock.cli serve` shows whether they can."
        )
    return int(line)


def remove_left_over(folder: Path) -> None:
    """Remove the homes of demos that ended together with everything that would have removed them (a power cut, a kill
    of the whole session): only this user's own, locked by nobody, and too old to belong to a demo that is just
    starting."""
    for path in folder.glob(f"{DEMO_PREFIX}*"):
        with contextlib.suppress(OSError, Refusal):
            if _is_left_over(path):
                shutil.rmtree(path, ignore_errors=True)


def _is_left_over(path: Path) -> bool:
    found = path.lstat()
    is_own = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    is_old = max(found.st_mtime, _changed_at(path / LOCK_NAME)) < time.time() - SURELY_LEFT
    return stat.S_ISDIR(found.st_mode) and is_own and is_old and not is_owned(path)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
