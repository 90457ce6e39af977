"""Why a program's JSON body is refused for its size alone, in any dialect."""

from __future__ import annotations

from localrouter.domain.errors import TooLarge

MAX_BESIDE_ATTACHMENTS = 20 * 1024 * 1024  # bytes of a body that are no picture, audio or file


def too_many(excess: str) -> TooLarge:
    return TooLarge(f"The request body has more than {excess}. Send less in one request.")


def too_large() -> TooLarge:
    most = MAX_BESIDE_ATTACHMENTS >> 20
    return TooLarge(f"The request body has more than {most} MB that are no picture, audio or file.")
