"""Providers that misbehave, each a script by its name: what a model called so answers."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator

from tests.upstream import DONE, STREAM_END, STREAM_HEAD, Asked, End, Step, answer, chat, chunked, completion, event

OVER = {"message": "Too busy", "type": "overloaded_error", "code": 529}
WHOLE = json.dumps(completion()).encode()
STREAMED = event({"content": "Hel"}) + event({"content": "lo"}) + event(finish="stop") + DONE
HELLO = chunked(event({"content": "Hel"}))
FINISH = chunked(event(finish="stop"))
MEGABYTE = 1 << 20


def plain_head(headers: bytes = b"", status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 " + status + b"\r\ncontent-type: application/json\r\n" + headers + b"\r\n"


def is_stream(asked: Asked) -> bool:
    return bool(asked.json.get("stream"))


def garbage(_: Asked) -> Iterator[Step]:
    yield b"SSH-2.0-OpenSSH_9.2\r\n"
    yield End.SILENCE


def endless_head(_: Asked) -> Iterator[Step]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"x-more: " + b"y" * 4_000 + b"\r\n"


def endless_header(_: Asked) -> Iterator[Step]:
    yield b"HTTP/1.1 200 OK\r\nx-long: "
    while True:
        yield b"y" * 4_000


def slow_head(_: Asked) -> Iterator[Step]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"x-more: y\r\n"
        yield 0.05


def only_informational(_: Asked) -> Iterator[Step]:
    for _number in range(3):
        yield b"HTTP/1.1 102 Processing\r\n\r\n"
        yield 0.05
    yield End.SILENCE


def informational_flood(_: Asked) -> Iterator[Step]:
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n" * 40_000


def answer_flood(_: Asked) -> Iterator[Step]:
    while True:
        yield b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n" * 40_000


def informational_first(asked: Asked) -> Iterator[Step]:
    yield b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
    yield from chat(asked)


def gzipped(asked: Asked) -> Iterator[Step]:
    body = STREAMED if is_stream(asked) else WHOLE
    yield answer(200, gzip.compress(body), {"content-encoding": "gzip"})


def gzipped_piece_by_piece(asked: Asked) -> Iterator[Step]:
    body = gzip.compress(STREAMED if is_stream(asked) else WHOLE)
    yield plain_head(b"content-encoding: gzip\r\ncontent-length: %d\r\n" % len(body))
    for at in range(0, len(body), 10):
        yield body[at : at + 10]
        yield 0.001


def gzipped_error(_: Asked) -> Iterator[Step]:
    body = gzip.compress(b'{"error": {"message": "No credit", "code": "insufficient_quota"}}')
    yield answer(400, body, {"content-encoding": "gzip"})


def gzip_cut(_: Asked) -> Iterator[Step]:
    yield answer(200, gzip.compress(WHOLE)[:-12], {"content-encoding": "gzip"})


def gzip_false(_: Asked) -> Iterator[Step]:
    yield answer(200, WHOLE, {"content-encoding": "gzip"})


def brotli(_: Asked) -> Iterator[Step]:
    yield answer(200, b"\x8b\x02\x80abc", {"content-encoding": "br"})


def brotli_error(_: Asked) -> Iterator[Step]:
    yield answer(429, b"\x8b\x02\x80abc", {"content-encoding": "br", "retry-after": "7"})


def longer_than_said(_: Asked) -> Iterator[Step]:
    yield plain_head(b"content-length: 10000\r\n") + WHOLE
    yield End.CLOSE


def two_framings(_: Asked) -> Iterator[Step]:
    yield plain_head(b"content-length: 5\r\ntransfer-encoding: chunked\r\n") + chunked(WHOLE) + STREAM_END


def two_lengths(_: Asked) -> Iterator[Step]:
    yield plain_head(b"content-length: 5\r\ncontent-length: %d\r\n" % len(WHOLE)) + WHOLE


def bad_chunk_size(_: Asked) -> Iterator[Step]:
    yield STREAM_HEAD
    yield 0.05
    yield b"zz\r\n" + event({"content": "Hel"})
    yield End.SILENCE


def bad_chunk_later(_: Asked) -> Iterator[Step]:
    yield STREAM_HEAD + HELLO
    yield 0.5  # what came before must have been read by then, on a busy machine too
    yield b"FFFFFFFFFFFFFFFFFF\r\nx"
    yield End.SILENCE


def large(asked: Asked) -> Iterator[Step]:
    if not is_stream(asked):
        yield answer(200, completion("x" * 70 * MEGABYTE))
        return
    piece = chunked(event({"content": "x" * MEGABYTE}))
    yield STREAM_HEAD
    for _ in range(70):
        yield piece
    yield FINISH + chunked(DONE) + STREAM_END


def bomb(asked: Asked) -> Iterator[Step]:
    """A hundred megabytes in a tenth of one."""
    ping = b": " + b"x" * MEGABYTE + b"\n\n"
    body = ping * 100 if is_stream(asked) else b'{"choices": [' + b" " * 100 * MEGABYTE
    yield answer(200, gzip.compress(body, 1), {"content-encoding": "gzip"})


def large_event(_: Asked) -> Iterator[Step]:
    yield STREAM_HEAD + HELLO + chunked(b"data: " + b"x" * 20 * MEGABYTE)
    yield End.SILENCE


def drip(asked: Asked) -> Iterator[Step]:
    """Never silent for long, and never done."""
    if is_stream(asked):
        yield STREAM_HEAD
    else:
        yield plain_head(b"content-length: 10000\r\n")
    while True:
        yield HELLO if is_stream(asked) else b" "
        yield 0.05


def slow_but_whole(asked: Asked) -> Iterator[Step]:
    """Takes longer than the idle deadline, and says something all the while."""
    body = WHOLE
    if is_stream(asked):
        yield STREAM_HEAD + HELLO
        for _ in range(8):
            yield chunked(b": ping\n\n")
            yield 0.1
        yield FINISH + STREAM_END
        return
    yield plain_head(b"content-length: %d\r\n" % len(body))
    for at in range(0, len(body), len(body) // 8):
        yield body[at : at + len(body) // 8]
        yield 0.1


def stall(asked: Asked) -> Iterator[Step]:
    yield STREAM_HEAD + HELLO if is_stream(asked) else plain_head(b"content-length: 10000\r\n") + WHOLE
    yield End.SILENCE


def close_after_finish(_: Asked) -> Iterator[Step]:
    yield b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + STREAMED.removesuffix(DONE)
    yield End.CLOSE


def done_and_silent(_: Asked) -> Iterator[Step]:
    yield STREAM_HEAD + chunked(STREAMED)
    yield End.SILENCE


def malformed(_: Asked) -> Iterator[Step]:
    yield STREAM_HEAD + HELLO + chunked(b'data: {"choices": [{"del\n\n') + chunked(event({"content": "lo"}))
    yield FINISH + chunked(DONE) + STREAM_END


def error_in_the_middle(_: Asked) -> Iterator[Step]:
    yield STREAM_HEAD + HELLO
    yield 0.02
    yield chunked(b"data: " + json.dumps({"error": OVER}).encode() + b"\n\n") + chunked(DONE) + STREAM_END


def first(data: bytes) -> Callable[[Asked], Iterator[Step]]:
    """A stream that begins, and ends, with this."""

    def script(_: Asked) -> Iterator[Step]:
        yield STREAM_HEAD + chunked(data) + STREAM_END

    return script


def whole(status: int, body: bytes, headers: dict[str, str] | None = None) -> Callable[[Asked], Iterator[Step]]:
    def script(_: Asked) -> Iterator[Step]:
        yield answer(status, body, headers)

    return script


def just(end: End, before: bytes = b"") -> Callable[[Asked], Iterator[Step]]:
    def script(_: Asked) -> Iterator[Step]:
        if before:
            yield before
            yield 0.02
        yield end

    return script


WEB_PAGE = b"<!doctype html>\n<html>\n\n<body>Welcome</body></html>"
SCRIPTS: dict[str, Callable[[Asked], Iterator[Step]]] = {
    "well_behaved": chat,
    "closes": just(End.CLOSE),
    "resets": just(End.RESET),
    "redirects": whole(307, b"", {"location": "http://127.0.0.1:1/elsewhere"}),
    "not_modified": whole(304, b"", {"content-length": "0"}),
    "web_page": whole(200, WEB_PAGE, {"content-type": "text/html"}),
    "plain_error": whole(200, json.dumps({"error": OVER}, indent=1).encode()),
    "plain_answer": whole(200, WHOLE),
    "data_error_first": first(b"data: " + json.dumps({"error": OVER}).encode() + b"\n\n"),
    "named_error_first": first(b"event: error\ndata: " + json.dumps({"error": OVER}).encode() + b"\n\n"),
    "field_error_first": first(b"error: " + json.dumps(OVER).encode() + b"\n\n"),
    "empty_stream": first(b": hello\n\n"),
    "ends_without_finish": first(event({"content": "Hel"})),
    "ends_without_done": first(STREAMED.removesuffix(DONE)),
    "breaks": just(End.RESET, STREAM_HEAD + HELLO),
    "breaks_off": just(End.CLOSE, STREAM_HEAD + HELLO),
} | {
    script.__name__: script
    for script in (
        garbage, endless_head, endless_header, slow_head, only_informational, informational_first,
        informational_flood, answer_flood, gzipped, gzipped_piece_by_piece, gzipped_error, gzip_cut,
        gzip_false, brotli, brotli_error, longer_than_said,
        two_framings, two_lengths, bad_chunk_size, bad_chunk_later, large, bomb, large_event, drip, slow_but_whole,
        stall, close_after_finish, done_and_silent, malformed, error_in_the_middle,
    )
}  # fmt: skip


def hostile(asked: Asked) -> Iterator[Step]:
    if asked.path.endswith("/models"):
        yield answer(404, {})
        return
    yield from SCRIPTS[asked.json["model"]](asked)
