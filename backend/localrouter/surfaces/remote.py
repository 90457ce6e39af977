"""How another process of this computer calls the commands of a running instance: standard library only."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 600.0  # seconds; fetching every provider's list of models may take a while
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to reach one that listens everywhere


class RpcError(Exception):
    """A refused command: `code` as in the OpenRPC document, `message` for people, `data` for programs."""

    def __init__(self, code: int, message: str, data: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


class NotRunning(Exception):
    """No LocalRouter answers."""


@dataclass(frozen=True)
class Remote:
    """A running instance, and the admin token that opens it."""

    url: str
    token: str = field(repr=False)

    def call(self, method: str, params: Mapping[str, object], *, timeout: float = TIMEOUT) -> Any:
        """The command's result; `RpcError` where it is refused, `NotRunning` where nobody answers."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        status, body = self._post(json.dumps(request).encode(), timeout)
        answer = _object(body)
        if answer is not None and "result" in answer:
            return answer["result"]
        error = answer.get("error") if answer is not None else None
        if not isinstance(error, dict):
            raise NotRunning(f"What answers at {self.url} is no LocalRouter (HTTP status {status}).")
        if status != http.HTTPStatus.OK:
            raise RpcError(0, str(error.get("message")), {"status": status})
        raise RpcError(error["code"], error["message"], error.get("data") or {})

    def _post(self, body: bytes, timeout: float) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        connection = http.client.HTTPConnection(_EVERYWHERE.get(host, host), parts.port, timeout=timeout)
        headers = {"Host": "localhost", "Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        try:
            connection.request("POST", "/rpc", body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except TimeoutError:
            raise NotRunning(f"LocalRouter at {self.url} did not answer within {timeout:g} seconds.") from None
        except (OSError, http.client.HTTPException) as error:
            raise NotRunning(f"LocalRouter at {self.url} cannot be reached: {error}.") from None
        finally:
            connection.close()


def page_address(url: str, token: str) -> str:
    """The pages of an instance, with the token in the fragment: browsers keep that part to themselves."""
    return f"{reachable(url)}/ui/#token={token}"


def reachable(url: str) -> str:
    """The address of an instance as a program of this computer dials it, also of one that listens everywhere."""
    parts = urlsplit(url)
    host = _EVERYWHERE.get(parts.hostname or "", parts.hostname or "")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}:{parts.port}"


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
