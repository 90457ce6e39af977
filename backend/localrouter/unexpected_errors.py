"""What a verb says about an error that nobody else handled: one line on the terminal, never a traceback.

It is loaded before anything else, so it imports next to nothing.

The line contains no text of the error itself, which may contain a key; neither does the note that says where in the
program it happened.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import signal
import sys
from types import MappingProxyType
from typing import TYPE_CHECKING

from localrouter.domain.plain_text import printable_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

NO_THREAD = "can't start new thread"  # Python's message for it, in a RuntimeError
FAILED, INTERRUPTED = 1, 130  # exit codes; the second is what shells use for Ctrl+C
_PLAIN = MappingProxyType({"“": '"', "”": '"', "‘": "'", "’": "'", "…": "...", "→": "->", "–": "-", "—": "-", "·": "-"})


class Ended(BaseException):
    """The process was asked to end by a signal that nothing else handles yet."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def guarded(run: Callable[[], int]) -> int:
    """The exit code of a verb, whatever happens in it."""
    _open_missing()
    _speak_plainly()
    with _signals_minded():
        return _flushed(_code_of(run))


@contextlib.contextmanager
def _signals_minded() -> Iterator[None]:
    """Lets signals that would end the process end it in good order. A container's first process would not even notice
    them: the kernel drops signals that such a process does not handle."""
    before = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            with contextlib.suppress(ValueError):  # not the main thread
                before[number] = signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _frame: object) -> None:
    raise Ended(number)


def _open_missing() -> None:
    """Connects standard streams that were closed to the null device. A socket that got their number would end the
    process, because the event loop's library never closes such low descriptors."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one


def _code_of(run: Callable[[], int]) -> int:
    try:
        return run()
    except SystemExit as end:  # of the reader of arguments
        return end.code if isinstance(end.code, int) else FAILED
    except KeyboardInterrupt:
        _say("Interrupted.")
        return INTERRUPTED
    except Ended as end:
        return _ended_by(end.number)
    except BrokenPipeError:  # whoever read the output has seen enough
        return FAILED
    except Exception as error:
        _say(f"error: {_words(error)}{_noted(error)}")
        return FAILED


def _ended_by(number: int) -> int:
    """Ends the process as the signal would have, so that its sender can tell. A container's first process stays; its
    exit code is the one that shells use."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number


def _words(error: Exception) -> str:
    match error:
        case ImportError(name=str(name)):
            return (
                f"LocalRouter is not completely installed: the package {name} cannot be loaded. Install it again; in a "
                "checkout remove the folder .venv and start again."
            )
        case OSError(filename=str() | bytes() as file, strerror=str(reason)):
            return f"{os.fsdecode(file)} cannot be used: {reason}.{_owner(os.fsdecode(file))}"
        case OSError(strerror=str(reason)):
            return f"the system refused what LocalRouter wanted to do: {reason}."
        case MemoryError():
            return "this computer has too little memory free. End another program and try again."
        case RuntimeError() if str(error) == NO_THREAD:
            return (
                "the system lets LocalRouter start no more threads. End another program, or raise the limit of "
                "processes (ulimit -u; in a container that of its pids)."
            )
        case _:
            return "This is a bug in LocalRouter, not your mistake. Please report it."


def _owner(file: str) -> str:
    """Whose file it is, if not this user's: the usual cause is one run as root."""
    with contextlib.suppress(OSError):
        owner = os.stat(file).st_uid
        if hasattr(os, "getuid") and owner != os.getuid():
            return f" It belongs to the user {_user(owner)}; give it back with: sudo chown {os.getuid()} {file}."
    return ""


def _user(number: int) -> str:
    with contextlib.suppress(ImportError, KeyError):
        import pwd  # noqa: PLC0415 - Windows has none

        return pwd.getpwuid(number).pw_name
    return str(number)


def _noted(error: Exception) -> str:
    """Writes where in the program the error happened to a file of its own, for whoever gets the report."""
    if isinstance(error, OSError | MemoryError | ImportError) or str(error) == NO_THREAD:
        return ""
    import tempfile  # noqa: PLC0415
    import traceback  # noqa: PLC0415

    try:
        with tempfile.NamedTemporaryFile("w", prefix="localrouter-", suffix=".log", delete=False) as file:
            file.write(f"{type(error).__name__}\n")
            file.writelines(traceback.format_tb(error.__traceback__))
    except OSError:
        return ""
    return f" Where it happened is noted in {file.name}"


def need_no_output() -> None:
    """From here on, nobody needs to read the output: that of a server, for example."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, _Output):
            stream.is_needed = False


def _flushed(code: int) -> int:
    """The exit code, once all output has been written. Output that nobody reads any more is dropped."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            _let_go(stream)
            code = code or FAILED
        if isinstance(stream, _Output) and stream.is_needed and stream.failure is not None:
            code = code or FAILED
            if not isinstance(stream.failure, BrokenPipeError):  # whoever read it has seen enough
                _say(f"error: not all of the output could be written: {stream.failure.strerror}.")
    return code


def _let_go(stream: TextIO) -> None:
    """Drops output that nobody reads, so that writing it is not tried again."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, stream.fileno())
        finally:
            os.close(nowhere)


def _say(sentence: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        print(sentence, file=sys.stderr, flush=True)


def _speak_plainly() -> None:
    """Replaces characters that a terminal cannot show, and control characters in text that others wrote."""
    codecs.register_error("plain", _plain)
    sys.stdout, sys.stderr = _safe(sys.stdout), _safe(sys.stderr)


class _Output(io.TextIOWrapper):
    """Standard output or error. Names and messages from clients and providers are written here: their control
    characters become escapes.

    An output that cannot be written does not end the program: a server keeps serving if its reader wanted only the
    first line, or if its output goes to a full disk. If the output `is_needed`, the exit code reports the failure.
    """

    is_needed = True
    failure: OSError | None = None

    def write(self, text: str, /) -> int:
        with self._going_on():
            super().write(printable_lines(text))
        return len(text)

    def flush(self) -> None:
        with self._going_on():
            super().flush()

    @contextlib.contextmanager
    def _going_on(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failure = self.failure or error
            if isinstance(error, BrokenPipeError):
                _let_go(self)


def _safe(stream: TextIO) -> TextIO:
    if type(stream) is not io.TextIOWrapper:  # none at all, or a stand-in that somebody else put there
        return stream
    encoding, is_by_line = stream.encoding, stream.line_buffering
    return _Output(stream.detach(), encoding, "plain", line_buffering=is_by_line)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end]
    return "".join(_PLAIN.get(char, "?") for char in found), error.end
