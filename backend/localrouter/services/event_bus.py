"""Delivers events: services publish them here, and every listener gets them at once and in order.

A listener in this process is called. A reader elsewhere (a page) has a `Subscription`, a short queue that a slow reader
cannot grow: what does not fit collapses into one `Resync`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from localrouter.domain.events import Event, Resync

LOG = logging.getLogger(__name__)

MAX_QUEUED_EVENTS = 256

Listener = Callable[[Event], None]


class Subscription:
    """The events since it was created, for one reader on the event loop."""

    def __init__(self) -> None:
        self._queue: deque[Event] = deque()
        self._news = asyncio.Event()
        self._has_ended = False

    async def next(self) -> Event | None:
        """Waits for the next event. None once there will be no more."""
        while not self._queue:
            if self._has_ended:
                return None
            await self._news.wait()
            self._news.clear()
        return self._queue.popleft()

    def put(self, event: Event) -> None:
        """Queue an event, unless it equals the last one in the queue: its reader will fetch everything anyway."""
        if self._queue and self._queue[-1] == event:
            return
        if len(self._queue) >= MAX_QUEUED_EVENTS:
            self._queue.clear()
            event = Resync()
        self._queue.append(event)
        self._news.set()

    def end(self) -> None:
        self._has_ended = True
        self._news.set()


class EventBus:
    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._subscriptions: set[Subscription] = set()

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every event from now on."""
        self._listeners.append(listener)

    def subscribe(self) -> Subscription:
        subscription = Subscription()
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        self._subscriptions.discard(subscription)

    def let_go(self) -> int:
        """End all subscriptions, because the server is stopping. Returns how many there were."""
        for subscription in self._subscriptions:
            subscription.end()
        return len(self._subscriptions)

    def publish(self, event: Event) -> None:
        """Calls every listener. A failing one is logged, since it must not undo what the event reports."""
        for listener in self._listeners:
            try:
                listener(event)
            except Exception:
                LOG.exception("A listener failed on %s", type(event).__name__)
        for subscription in self._subscriptions:
            subscription.put(event)
