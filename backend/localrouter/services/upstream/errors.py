"""Why a call got no answer, or only a part of one. `failure_messages` says each in words.

UpstreamError
  NotConnected         TCP did not connect; `cause` is the system's error
    NameNotFound       the host has no address
  ConnectTimeout       connecting took longer than the target allows
  UntrustedCertificate
  NoTls                the handshake failed otherwise
  ProxyNotConnected    the same as `NotConnected`, for the proxy
  ProxyRefused         the proxy answered CONNECT with another status than 2xx
  NotSendable          an address or a header that HTTP cannot carry
  ClosedWithoutAnswer  the connection ended before the answer's head did
  NotHttp              what came is not an HTTP answer
  InterimFlood, OversizedHead
  BrokenBody           the body ended too early, or its framing is wrong
"""

from __future__ import annotations

MAX_HEAD = 64 * 1024  # bytes of one head
MAX_INTERIM = 10  # responses with a status of 1xx before the answer


class UpstreamError(Exception):
    """Base class."""


class NotConnected(UpstreamError):
    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class NameNotFound(NotConnected):
    pass


class ProxyNotConnected(NotConnected):
    pass


class ConnectTimeout(UpstreamError):
    pass


class UntrustedCertificate(UpstreamError):
    """`why` is the library's reason; "" if it gave none."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class NoTls(UpstreamError):
    """`reason` is OpenSSL's name of what went wrong, such as `WRONG_VERSION_NUMBER`; "" if it gave none."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ProxyRefused(UpstreamError):
    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class NotSendable(UpstreamError):
    pass


class ClosedWithoutAnswer(UpstreamError):
    pass


class NotHttp(UpstreamError):
    pass


class InterimFlood(UpstreamError):
    """The text continues a sentence that begins with the provider's name."""

    def __init__(self) -> None:
        super().__init__(f"sent more than {MAX_INTERIM} interim responses (1xx) instead of an answer.")


class OversizedHead(UpstreamError):
    """The text continues a sentence that begins with the provider's name."""

    def __init__(self) -> None:
        super().__init__(f"sent a response head of more than {MAX_HEAD >> 10} KB, which is the most that is read.")


class BrokenBody(UpstreamError):
    pass
