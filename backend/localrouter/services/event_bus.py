"""Who hears of what: services announce here, and everyone who listens hears it at once and in order.

A listener in this process is called. A reader elsewhere (a page) has a `Subscription`: a short queue that a slow reader
cannot make grow, since what does not fit collapses into one `Resync`.
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
    """The events since it was made, for one reader on the event loop."""

    def __init__(self) -> None:
        self._queue: deque[Event] = deque()
        self._news = asyncio.Event()
        self._has_ended = False

    async def next(self) -> Event | None:
        """The next event, as soon as there is one; None when there will be no more."""
        while not self._queue:
            if self._has_ended:
                return None
            await self._news.wait()
            self._news.clear()
        return self._queue.popleft()

    def put(self, event: Event) -> None:
        """Queue an event. One that already waits as the last is not queued twice: readers read again anyway."""
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
        """The server stops: readers that wait for an event hear that there will be none. Returns how many do."""
        for subscription in self._subscriptions:
            subscription.end()
        return len(self._subscriptions)

    def publish(self, event: Event) -> None:
        """A listener that fails is logged: it must not undo what the event tells of."""
        for listener in self._listeners:
            try:
                listener(event)
            except Exception:
                LOG.exception("A listener failed on %s", type(event).__name__)
        for subscription in self._subscriptions:
            subscription.put(event)
