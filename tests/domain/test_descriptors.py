from __future__ import annotations

import errno

import pytest

from localrouter.domain.descriptors import ran_out


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def met_while(error: Exception, context: Exception) -> Exception:
    error.__context__ = context
    return error


NONE_LEFT = OSError(errno.EMFILE, "Too many open files")
REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")


@pytest.mark.parametrize(
    ("error", "is_so"),
    [
        (NONE_LEFT, True),
        (OSError(errno.ENFILE, "File table overflow"), True),
        (caused(ValueError(), NONE_LEFT), True),
        (met_while(RuntimeError(), caused(ValueError(), NONE_LEFT)), True),
        (ExceptionGroup("several", [REFUSED, NONE_LEFT]), True),
        (REFUSED, False),
        (ValueError("Too many open files"), False),
        (None, False),
    ],
)
def test_only_the_systems_own_word_says_that_no_descriptor_was_left(error: Exception | None, is_so: bool) -> None:
    assert ran_out(error) is is_so


def test_errors_that_lead_to_one_another_are_followed_once() -> None:
    first, second = ValueError(), ValueError()
    first.__context__, second.__context__ = second, first
    assert not ran_out(first)
