"""The simulated provider: fixed answers, as fast as one core of Python can give them.

Prints `ready PORT` once it listens. A body with `"stream":true` is answered with a stream of chunks at a fixed rate.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
from typing import cast

import httptools
import uvloop

ANSWER = (
    b'{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"bench","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"Rivers carve their valleys slowly, grain by grain, for as long as '
    b'water runs."},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":23,"completion_tokens":17,'
    b'"total_tokens":40,"prompt_tokens_details":{"cached_tokens":0}},"system_fingerprint":"fp_bench"}'
)
PLAIN = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(ANSWER), ANSWER)
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
EVENT = (
    b'data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"bench",'
    b'"choices":[{"index":0,"delta":%b,"logprobs":null,"finish_reason":%b}]%b}\n\n'
)
USAGE_EVENT = (
    b'data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"bench",'
    b'"choices":[],"usage":{"prompt_tokens":23,"completion_tokens":17,"total_tokens":40}}\n\n'
)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


CONTENT_CHUNK = chunk(EVENT % (b'{"content":" river"}', b"null", b""))
LAST_CHUNKS = chunk(EVENT % (b"{}", b'"stop"', b"")) + chunk(USAGE_EVENT) + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"


class Upstream(asyncio.Protocol):
    """One connection: reads requests, answers each in turn."""

    def __init__(self, chunks: int, interval: float) -> None:
        self.loop = asyncio.get_running_loop()
        self.chunks = chunks
        self.interval = interval
        self.body = b""
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def connection_lost(self, _: Exception | None) -> None:
        if self.timer:
            self.timer.cancel()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        streamed = b'"stream":true' in self.body or b'"stream": true' in self.body
        self.body = b""
        if streamed:
            self.transport.write(STREAM_HEAD)
            self.send_chunk(0, self.loop.time())
        else:
            self.transport.write(PLAIN)

    def send_chunk(self, number: int, due: float) -> None:
        if number == self.chunks:
            self.transport.write(LAST_CHUNKS)
            return
        self.transport.write(CONTENT_CHUNK)
        due += self.interval
        self.timer = self.loop.call_at(due, self.send_chunk, number + 1, due)


async def serve(chunks: int, rate: float) -> None:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    server = await asyncio.get_running_loop().create_server(
        lambda: Upstream(chunks, 1 / rate), sock=listener, backlog=2048
    )
    print("ready", listener.getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, required=True, help="content chunks of a stream")
    parser.add_argument("--rate", type=float, required=True, help="chunks per second of a stream")
    arguments = parser.parse_args()
    uvloop.run(serve(arguments.chunks, arguments.rate))


if __name__ == "__main__":
    main()
