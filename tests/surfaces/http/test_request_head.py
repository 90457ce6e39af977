"""What a head says about its shape, and why it cannot be read safely."""

from __future__ import annotations

import pytest

from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.surfaces.http.request_head import (
    ENCODING_UNKNOWN,
    HOST_NOT_ONE,
    LENGTH_AMBIGUOUS,
    TARGET_NOT_A_PATH,
    UPGRADE_REFUSED,
    VERSION_UNKNOWN,
    RequestHead,
    without_upgrade,
)


def head_of(*headers: tuple[bytes, bytes]) -> RequestHead:
    head = RequestHead()
    for name, value in headers:
        head.note(name, value)
    return head


HOST = (b"host", b"localhost")


@pytest.mark.parametrize(
    ("headers", "version", "target", "fault"),
    [
        ((HOST,), "1.1", b"/", None),
        ((), "1.0", b"/", None),
        ((HOST, (b"transfer-encoding", b"Chunked ")), "1.1", b"/", None),
        ((HOST,), "2.0", b"/", VERSION_UNKNOWN),
        ((HOST,), "0.9", b"/", VERSION_UNKNOWN),
        ((), "1.1", b"/", HOST_NOT_ONE),
        ((HOST, HOST), "1.1", b"/", HOST_NOT_ONE),
        ((HOST, HOST), "1.0", b"/", HOST_NOT_ONE),
        ((HOST, (b"transfer-encoding", b"gzip, chunked")), "1.1", b"/", ENCODING_UNKNOWN),
        ((HOST, (b"transfer-encoding", b"chunked")), "1.0", b"/", ENCODING_UNKNOWN),
        ((HOST, (b"content-length", b"5"), (b"transfer-encoding", b"chunked")), "1.1", b"/", LENGTH_AMBIGUOUS),
        ((HOST,), "1.1", b"http://elsewhere/", TARGET_NOT_A_PATH),
        ((HOST,), "1.1", b"*", TARGET_NOT_A_PATH),
        ((HOST,), "1.1", "/é".encode(), TARGET_NOT_A_PATH),
    ],
)
def test_a_head_is_refused_for_its_first_fault(
    headers: tuple[tuple[bytes, bytes], tuple[bytes, bytes]]
    | tuple[tuple[bytes, bytes]]
    | tuple[()]
    | tuple[tuple[bytes, bytes], tuple[bytes, bytes], tuple[bytes, bytes]],
    version: str,
    target: bytes,
    fault: ErrorReply | None,
) -> None:
    assert head_of(*headers).fault(version, b"GET", target) == fault


def test_a_head_says_how_long_its_body_is_and_whether_it_waits_to_be_asked() -> None:
    head = head_of(HOST, (b"content-length", b"12"), (b"expect", b"100-Continue"))
    assert (head.body_length(), head.expects_continue) == (12, True)
    assert (head_of(HOST).body_length(), head_of(HOST).expects_continue) == (0, False)


def test_a_tunnel_is_refused_as_an_upgrade() -> None:
    assert head_of(HOST).fault("1.1", b"CONNECT", b"elsewhere:443") == UPGRADE_REFUSED


def test_an_offer_to_upgrade_can_be_taken_out_of_a_head() -> None:
    headers = [HOST, (b"connection", b"Upgrade, HTTP2-Settings"), (b"upgrade", b"h2c"), (b"http2-settings", b"AA")]
    assert without_upgrade(b"GET", b"/x", headers) == b"GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n"
