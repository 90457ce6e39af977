"""Refuses a home that cannot be used, before its lock is taken: nothing in it may change, not even a time."""

from __future__ import annotations

from localrouter.domain.errors import Unavailable, WrittenByNewer
from localrouter.services.configuration.newer import newer_document
from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import running
from localrouter.services.instance.rights import unusable_file
from localrouter.services.metrics.newer import newer_tables


def refuse_unusable(home: Home) -> None:
    """What this user may not use, or only a newer release can read."""
    cause = unusable_file(home.root)
    if cause is not None:
        raise Unavailable(cause)
    refuse_newer(home)


def refuse_newer(home: Home) -> None:
    """Where an instance serves the home, that one is asked instead, and may be the newer release."""
    if running(home.root) is not None:
        return
    cause = newer_document(home.root) or newer_tables(home.metrics)
    if cause is not None:
        raise WrittenByNewer(f"{cause} Nothing in this home was changed; --home names another.")
