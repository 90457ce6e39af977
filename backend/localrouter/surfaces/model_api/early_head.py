"""Opens the stream of a client that waits: programs and proxies give up on a connection without a byte."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.types import Send

from localrouter.dialects.stream_frames import AS_EVENTS
from localrouter.surfaces.http.guard import Header

SILENT_FOR = 15.0
COMMENT_EVERY = 10.0


class EarlyHead:
    """The head of one stream and the comments after it, until there is something to say. Must be stopped. The head goes
    out after `silent_for` seconds, whatever the provider does, and a `comment` every `comment_every` seconds."""

    __slots__ = ("_comment", "_comment_every", "_head", "_is_over", "_send", "_task", "_timer", "is_sent")

    def __init__(
        self,
        send: Send,
        head: Sequence[Header],
        request_id: str,
        *,
        silent_for: float = SILENT_FOR,
        comment_every: float = COMMENT_EVERY,
        comment: bytes = AS_EVENTS.comment,
    ) -> None:
        self._comment = comment
        self._send, self._head, self._comment_every = send, head, comment_every
        self._is_over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        known = [(b"x-request-id", request_id.encode())]
        self._timer = asyncio.get_running_loop().call_later(silent_for, self._begin, known)
        self.is_sent = False

    async def open(self, headers: Sequence[Header]) -> None:
        """Send the head now, with these headers, if it was not sent yet."""
        self._timer.cancel()
        if self._task is None:
            self._begin(headers)

    async def stop(self) -> None:
        """Send nothing more. What is being sent is sent whole."""
        self._timer.cancel()
        if self._task is not None:
            self._is_over.set()
            await self._task

    def _begin(self, headers: Sequence[Header]) -> None:
        self._task = asyncio.get_running_loop().create_task(self._keep_open(headers))

    async def _keep_open(self, headers: Sequence[Header]) -> None:
        if self._is_over.is_set():
            return
        self.is_sent = True
        await self._send({"type": "http.response.start", "status": 200, "headers": [*self._head, *headers]})
        while not self._is_over.is_set():
            await self._send({"type": "http.response.body", "body": self._comment, "more_body": True})
            try:
                async with asyncio.timeout(self._comment_every):
                    await self._is_over.wait()
            except TimeoutError:
                continue
