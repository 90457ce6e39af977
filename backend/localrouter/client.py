"""For scripts: the commands of a running LocalRouter as methods.

    import localrouter.client

    router = localrouter.client.connect()
    for strategy in router.list_strategies():
        print(strategy["name"], strategy["usage"])
    router.update_strategy(strategy_id="default", rate_limits=[])

Results are plain values, as JSON has them. What is refused raises `RpcError` with `code`, `message` and `data`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localrouter.services.instance.home import locate
from localrouter.surfaces.cli.remote import TIMEOUT, NotRunning, Remote, RpcError
from localrouter.surfaces.cli.running import running_remote

if TYPE_CHECKING:
    from localrouter.client_methods import ClientMethods
else:
    ClientMethods = object

__all__ = ["Client", "NotRunning", "RpcError", "connect"]


def connect(
    home: str | os.PathLike[str] | None = None,
    *,
    url: str | None = None,
    token: str | None = None,
    timeout: float = TIMEOUT,
) -> Client:
    """The instance that runs with a home (default: $LOCALROUTER_HOME, else ~/.localrouter). Raises `NotRunning` if
    there is none.

    With `url` and `token` (the admin token) it may be on another computer; the token is sent only after the server has
    proved that it holds it too. `timeout` is how long a command may take, in seconds.
    """
    if url is not None and token is not None:
        return Client(Remote(url, token), timeout)
    place = locate(os.environ, None if home is None else Path(home))
    remote = running_remote(place)
    if remote is None:
        raise NotRunning(
            f"LocalRouter is not running with the home {place.root}. Start it with: {place.shell_command('serve')}"
        )
    return Client(remote, timeout)


class Client(ClientMethods):
    """A running instance. Every command is a method that takes its parameters by name."""

    def __init__(self, remote: Remote, timeout: float = TIMEOUT) -> None:
        self._remote = remote
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"<LocalRouter at {self._remote.url}>"

    def call(self, method: str, /, **params: object) -> Any:
        """Calls any command by its name, even one that this version of the helper does not know."""
        return self._remote.call(method, params, timeout=self._timeout)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., Any]:
            if name.startswith("_"):
                raise AttributeError(name)

            def method(**params: object) -> Any:
                return self.call(name, **params)

            method.__name__ = name
            return method
