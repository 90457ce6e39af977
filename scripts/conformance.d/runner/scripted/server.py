"""HTTP for the scripted model: real sockets, chunked streams, one thread a connection."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from runner.scripted import anthropic_wire, openai_wire
from runner.scripted.model import Json, Script, say

CHAT_MODELS = ("gpt-4o-mini", "gpt-3.5-turbo-instruct", "text-embedding-3-small")
ANTHROPIC_MODELS = ("claude-sonnet-4-5", "claude-haiku-4-5")


class ScriptedProvider:
    """Answers on a free port. Use it as a context manager; `asked` holds what came, as (path, body)."""

    def __init__(self) -> None:
        self.script: Script | None = None
        self.asked: list[tuple[str, Json]] = []
        provider = self

        class Handler(_Handler):
            owner = provider

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="scripted", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> ScriptedProvider:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, body: Json) -> Json | Iterable[str] | None:
        """A whole answer, the events of a stream, or nothing where the path is unknown."""
        streamed = bool(body.get("stream"))
        match path:
            case "chat/completions":
                asked = openai_wire.read_chat(body)
                said = say(asked, self.script)
                if streamed:
                    return openai_wire.chat_stream(body, asked, said)
                return openai_wire.whole_chat(body, asked, said)
            case "completions":
                asked = openai_wire.read_completion(body)
                said = say(asked)
                if streamed:
                    return openai_wire.completion_stream(body, asked, said)
                return openai_wire.whole_completion(body, asked, said)
            case "embeddings":
                return openai_wire.embeddings(body, plain=bool(self.script and self.script.plain_embeddings))
            case "messages":
                asked = anthropic_wire.read(body)
                said = say(asked, self.script)
                return anthropic_wire.stream(asked, said) if streamed else anthropic_wire.whole(asked, said)
            case "messages/count_tokens":
                return {"input_tokens": anthropic_wire.count(anthropic_wire.read({"max_tokens": 1} | body))}
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # clients leave when they have what they want
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    owner: ClassVar[ScriptedProvider]

    @property
    def _path(self) -> str:
        return self.path.partition("?")[0].removeprefix("/v1").strip("/")

    @property
    def _speaks_anthropic(self) -> bool:
        return "anthropic-version" in self.headers

    def do_GET(self) -> None:
        names = ANTHROPIC_MODELS if self._speaks_anthropic else CHAT_MODELS
        wire = anthropic_wire if self._speaks_anthropic else openai_wire
        if self._path == "models":
            listed = [wire.model(name) for name in names]
            ends = {"has_more": False, "first_id": names[0], "last_id": names[-1]} if self._speaks_anthropic else {}
            self._send(200, {"object": "list", "data": listed, **ends})
        elif (name := self._path.removeprefix("models/")) in names:
            self._send(200, wire.model(name))
        else:
            self._refuse(404, f"nothing at {self.path}")

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            body = json.loads(raw)
            self.owner.asked.append((self._path, body))
            answer = self.owner.answer(self._path, body)
        except (ValueError, KeyError, TypeError) as error:
            self._refuse(400, f"this request cannot be read: {error!r}")
            return
        if answer is None:
            self._refuse(404, f"nothing at {self.path}")
        elif isinstance(answer, dict):
            self._send(200, answer)
        else:
            self._stream(answer)

    def _refuse(self, status: int, message: str) -> None:
        self._send(status, (anthropic_wire if self._speaks_anthropic else openai_wire).error(status, message))

    def _send(self, status: int, document: Json) -> None:
        payload = json.dumps(document, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _stream(self, events: Iterable[str]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            for event in events:
                data = event.encode()
                self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True  # the client left

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the checks do."""
