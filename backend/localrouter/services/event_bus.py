"""Who hears of what: every event that a service announces reaches every listener, at once and in order."""

from __future__ import annotations

import logging
from collections.abc import Callable

from localrouter.domain.events import Event

LOG = logging.getLogger(__name__)

Listener = Callable[[Event], None]


class EventBus:
    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear every event from now on; call what is returned to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def publish(self, event: Event) -> None:
        """A listener that fails is logged: it must not undo what the event tells of."""
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:
                LOG.exception("A listener failed on %s", type(event).__name__)
