"""What it means that no file descriptor is left: nobody else is at fault, and it passes."""

from __future__ import annotations

import errno

NONE_LEFT_CODE = "no_file_descriptors"
NONE_LEFT = (
    "LocalRouter has no file descriptors left. Send the request again in a few seconds; "
    "a higher limit of open files (ulimit -n) leaves more of them."
)
NONE_LEFT_RETRY_AFTER = 5  # seconds
_RAN_OUT = frozenset({errno.EMFILE, errno.ENFILE})  # of the process, of the machine


def ran_out(error: BaseException | None) -> bool:
    """Whether an error, or what it came from, says that no descriptor was left."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, OSError) and each.errno in _RAN_OUT:
            return True
        waiting += [
            each.__cause__,
            each.__context__,
            *(each.exceptions if isinstance(each, BaseExceptionGroup) else ()),
        ]
    return False
