"""Checks how a request's head frames what follows it.

The parser refuses most malformed heads. This refuses what it accepts but another parser could read differently: no Host
or several, codings other than chunked, a length together with a coding.
"""

from __future__ import annotations

from dataclasses import dataclass

from localrouter.domain.conversation.error_reply import ErrorReply

NOTED_HEADERS = frozenset({b"host", b"content-length", b"transfer-encoding", b"upgrade", b"expect"})
HOP_HEADERS = frozenset({b"connection", b"upgrade", b"http2-settings"})
HTTP2_OFFER = b"h2c"

_VERSIONS = frozenset({"1.1", "1.0"})
_CHUNKED = (b"chunked",)


def _bad(code: str, message: str) -> ErrorReply:
    return ErrorReply(400, code, message)


VERSION_UNKNOWN = ErrorReply(505, "http_version_not_supported", "Use HTTP/1.1.")
HOST_NOT_ONE = _bad("invalid_host_header", "A request must have exactly one Host header.")
ENCODING_UNKNOWN = _bad(
    "invalid_transfer_encoding", "The only Transfer-Encoding understood is one chunked, in HTTP/1.1."
)
LENGTH_AMBIGUOUS = _bad("ambiguous_length", "A request must not have both Content-Length and Transfer-Encoding.")
TARGET_NOT_A_PATH = _bad("invalid_target", "The request target must be a path that starts with /. This is not a proxy.")
UPGRADE_REFUSED = _bad("upgrade_not_supported", "WebSocket and other upgrades are not supported. Send a plain request.")


@dataclass(slots=True)
class RequestHead:
    """What a head says about framing, noted as its headers arrive."""

    hosts: int = 0
    length: bytes | None = None
    encodings: tuple[bytes, ...] = ()
    upgrade: bytes = b""
    expects_continue: bool = False

    def note(self, name: bytes, value: bytes) -> None:
        """Note one of `NOTED_HEADERS`."""
        match name:
            case b"host":
                self.hosts += 1
            case b"content-length":
                self.length = value
            case b"transfer-encoding":
                self.encodings += (value.strip().lower(),)
            case b"upgrade":
                self.upgrade = value.strip().lower()
            case b"expect":
                self.expects_continue = value.strip().lower() == b"100-continue"

    def body_length(self) -> int:
        """The declared length, else 0. The parser has checked the digits."""
        return int(self.length or 0)

    def fault(self, version: str, method: bytes, target: bytes) -> ErrorReply | None:
        """Why the request cannot be read safely; None if it can."""
        if version not in _VERSIONS:
            return VERSION_UNKNOWN
        if self.hosts != 1 and (version == "1.1" or self.hosts > 1):
            return HOST_NOT_ONE
        if self.encodings and (self.encodings != _CHUNKED or version == "1.0"):
            return ENCODING_UNKNOWN
        if self.encodings and self.length is not None:
            return LENGTH_AMBIGUOUS
        if target.startswith(b"/") and target.isascii():
            return None
        return UPGRADE_REFUSED if method == b"CONNECT" else TARGET_NOT_A_PATH


def without_upgrade(method: bytes, target: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    """The head without the offer to change protocols."""
    lines = [b"%b %b HTTP/1.1" % (method, target)]
    lines += [b"%b: %b" % header for header in headers if header[0] not in HOP_HEADERS]
    return b"\r\n".join([*lines, b"", b""])
