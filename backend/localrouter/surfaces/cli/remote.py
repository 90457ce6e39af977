"""Calls a running instance's commands from another process on this computer. Standard library only.

Over the socket in the home nothing secret is sent. Over TCP the server must first prove that it holds the token, for
the very address that was dialled, and that it was listening there before the call. So a program that took over the
port, or that relays what it receives, gets nothing.
"""

from __future__ import annotations

import base64
import hmac
import http.client
import json
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from localrouter.domain.configuration.server_address import NONCE_BYTES, prove, prove_age, reachable

YOUNG_SERVER_TRIES = 8
BETWEEN_TRIES = 0.25  # seconds; a server that has only just started may be younger than the connection to it
TIMEOUT = 600.0  # seconds; fetching every provider's model list may take a while
ANSWERS_WITHIN = 10.0  # seconds, to a call that takes no time: one that hangs does not
_KNOCK = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "anybody_there"}).encode()
Dial = Callable[[float], socket.socket]


class RpcError(Exception):
    """The command was refused: `code` as in the OpenRPC document, `message` for people, `data` for programs."""

    def __init__(self, code: int, message: str, data: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


class NotRunning(Exception):
    """No LocalRouter answers."""


@dataclass(frozen=True)
class Remote:
    """A running instance. `dial` connects to the socket in its home. Without `dial`, calls go to its `url` with the
    admin token, which a function reads again for each call because it may have been replaced."""

    url: str
    token: str | Callable[[], str | None] = field(default="", repr=False)
    dial: Dial | None = field(default=None, repr=False)

    def call(self, method: str, params: Mapping[str, object], *, timeout: float = TIMEOUT) -> Any:
        """The command's result. Raises `RpcError` if it is refused, and `NotRunning` if nobody answers."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        status, body = self._post(json.dumps(request).encode(), timeout)
        answer = _object(body)
        if answer is not None and "result" in answer:
            return answer["result"]
        error = answer.get("error") if answer is not None else None
        if not isinstance(error, dict):
            raise NotRunning(f"What answers at {self.url} is not LocalRouter (HTTP status {status}).")
        if status != http.HTTPStatus.OK:
            raise RpcError(0, str(error.get("message")), {"status": status})
        raise RpcError(error["code"], error["message"], error.get("data") or {})

    def _post(self, body: bytes, timeout: float) -> tuple[int, bytes]:
        for _ in range(YOUNG_SERVER_TRIES):
            with suppress(_TooYoung):
                return self._post_once(body, timeout)
            time.sleep(BETWEEN_TRIES)
        raise self._unproven()

    def _post_once(self, body: bytes, timeout: float) -> tuple[int, bytes]:
        patience = min(timeout, ANSWERS_WITHIN)
        connection = self._connection(patience)
        began = time.monotonic()
        connection.auto_open = 0  # the proof holds for this connection only
        try:
            if self.dial is not None and timeout > patience:
                self._knock(patience)
            connection.connect()
            headers: dict[str, str] = {}
            if self.dial is None:
                headers = {"Authorization": f"Bearer {self._proven_token(connection, began)}"}
            patience = timeout
            if connection.sock is not None:  # it is None where the other end closed it
                connection.sock.settimeout(timeout)
            return _exchange(connection, "/rpc", body, headers)
        except TimeoutError:
            raise NotRunning(f"LocalRouter at {self.url} did not answer within {patience:g} seconds.") from None
        except (OSError, http.client.HTTPException) as error:
            raise NotRunning(f"LocalRouter at {self.url} cannot be reached: {_words(error)}.") from None
        finally:
            connection.close()

    def _knock(self, patience: float) -> None:
        """Find out whether anybody answers, on a connection of its own: a server that restarts closes it, and the call
        must not be on it then. Raises `TimeoutError` where nobody does, `PermissionError` where another user would."""
        connection = self._connection(patience)
        try:
            _exchange(connection, "/rpc", _KNOCK, {})
        except (TimeoutError, PermissionError):
            raise
        except (OSError, http.client.HTTPException):
            pass  # it restarts or is gone: the call will tell
        finally:
            connection.close()

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        if self.dial is not None:
            return _DialledConnection(self.dial, timeout)
        parts = urlsplit(reachable(self.url))
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)

    def _proven_token(self, connection: http.client.HTTPConnection, began: float) -> str:
        """The token, once the server at the other end has proved that it knows it, and that it was listening before the
        connection began. If it was not, another program accepted the connection and relays the server's answers."""
        token = self.token if isinstance(self.token, str) else self.token()
        if not token:
            raise NotRunning(f"LocalRouter at {self.url} cannot be called: there is no admin token to prove it by.")
        host, port = connection.sock.getpeername()[:2]
        nonce = os.urandom(NONCE_BYTES)
        asked = json.dumps({"nonce": base64.b64encode(nonce).decode()}).encode()
        _, body = _exchange(connection, "/challenge", asked, {})
        answer = _object(body) or {}
        age = answer.get("listening_ms")
        if not _is(answer.get("proof"), prove(token, nonce, host, port)) or not isinstance(age, int):
            raise self._unproven()
        if not _is(answer.get("listening_proof"), prove_age(token, nonce, host, port, age)):
            raise self._unproven()
        if age / 1000 < time.monotonic() - began:
            raise _TooYoung
        return token

    def _unproven(self) -> NotRunning:
        return NotRunning(
            f"What answers at {self.url} did not prove that it is this LocalRouter, so it was told nothing. "
            "Another program may have taken the port, or the token may be another home's."
        )


class _TooYoung(Exception):
    """The server seems to have begun to listen only after the connection was made."""


def _is(given: object, proof: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "replace"), proof.encode())


class _DialledConnection(http.client.HTTPConnection):
    """HTTP over a connection that is made elsewhere."""

    def __init__(self, dial: Dial, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._dial = dial
        self._seconds = timeout

    def connect(self) -> None:
        self.sock = self._dial(self._seconds)


def _exchange(
    connection: http.client.HTTPConnection, path: str, body: bytes, headers: Mapping[str, str]
) -> tuple[int, bytes]:
    connection.request("POST", path, body, {"Host": "localhost", "Content-Type": "application/json", **headers})
    response = connection.getresponse()
    return response.status, response.read()


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or "the connection broke"


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
