"""Which authorities a provider's `ca_file` makes trusted. A file is read again once it was changed."""

from __future__ import annotations

import os
import ssl

from localrouter.domain.descriptors import ran_out

_State = tuple[int, int, int]


class CaFiles:
    def __init__(self) -> None:
        self._contexts: dict[str, tuple[_State, ssl.SSLContext]] = {}  # by path, with the state that was read

    def trusting(self, ca_file: str) -> ssl.SSLContext | str:
        """A context that trusts the authorities in a file, or why the file is unusable, as the rest of a sentence.
        Raises `OSError` if no descriptor is left to read it."""
        now, known = _state_of(ca_file), self._contexts.get(ca_file)
        if known is not None and now in (known[0], None):  # one that is being replaced may be missing for a moment
            return known[1]
        context = _read(ca_file)
        if now is not None and not isinstance(context, str):
            self._contexts[ca_file] = now, context
        return context


def _state_of(ca_file: str) -> _State | None:
    """Changes with the file; None if it is missing."""
    try:
        status = os.stat(ca_file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(ca_file: str) -> ssl.SSLContext | str:
    if not ca_file.startswith("/"):
        return f"({ca_file}) is not an absolute path, starting with /"
    if os.path.exists(ca_file) and not (os.path.isfile(ca_file) or os.path.isdir(ca_file)):
        return f"({ca_file}) is not a file"  # a pipe might never answer, a device never end
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        return f"({ca_file}) contains no readable certificate (PEM is expected)"
    except OSError as error:
        if ran_out(error):
            raise
        return f"({ca_file}) cannot be read: {error.strerror}"
