"""Refuses an unusable home before its lock is taken: nothing in it may change, not even a timestamp."""

from __future__ import annotations

from localrouter.domain.errors import Unavailable, WrittenByNewer
from localrouter.services.configuration.version_check import newer_document
from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import running
from localrouter.services.instance.rights import unusable_file
from localrouter.services.metrics.schema_check import newer_tables


def refuse_unusable(home: Home) -> None:
    """Refuses a home that this user may not use, or that only a newer release can read."""
    cause = unusable_file(home.root)
    if cause is not None:
        raise Unavailable(cause)
    refuse_newer(home)


def refuse_newer(home: Home) -> None:
    """Refuses a newer release's home, unless an instance serves it: that one does the work, and may be newer itself."""
    if running(home.root) is not None:
        return
    cause = newer_document(home.root) or newer_tables(home.metrics)
    if cause is not None:
        raise WrittenByNewer(f"{cause} Nothing in this home was changed; --home names another.")
