"""HTTP for the scripted model: real sockets, chunked streams, one thread a connection."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any, ClassVar
from urllib.parse import unquote

from runner.scripted import anthropic_wire, gemini_wire, openai_wire, responses_wire
from runner.scripted.model import Json, Script, say

CHAT_MODELS = ("gpt-4o-mini", "gpt-5.1-codex", "gpt-3.5-turbo-instruct", "text-embedding-3-small")
ANTHROPIC_MODELS = ("claude-sonnet-4-5", "claude-haiku-4-5")
GEMINI_MODELS = ("gemini-3-flash-preview", "gemini-embedding-001")
NOBODYS = "nobody/nothing"  # the model that is not known
KEY = "sk-test"  # the only one that is
GEMINI = "/v1beta/"  # begins its paths
GEMINI_AS_OPENAI = f"{GEMINI}openai/"  # what Google offers to programs of OpenAI's


class ScriptedProvider:
    """Answers on a free port. Use it as a context manager; `asked` holds what came, as (path, body)."""

    def __init__(self) -> None:
        self.script: Script | None = None
        self.asked: list[tuple[str, Json]] = []
        self.memory = responses_wire.Memory()
        self.threads = anthropic_wire.Threads()
        self._lock = threading.Lock()
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
            case "responses":
                answer = self._response(body)
                return responses_wire.stream(answer) if streamed else answer
            case "embeddings":
                return openai_wire.embeddings(body, plain=bool(self.script and self.script.plain_embeddings))
            case "messages":
                answer = self._message(body)
                return anthropic_wire.stream(answer) if streamed else answer
            case "messages/count_tokens":
                return {"input_tokens": anthropic_wire.counted(anthropic_wire.read({"max_tokens": 1} | body))}
        return None

    def _response(self, body: Json) -> Json:
        with self._lock:
            asked = responses_wire.read(body, self.memory.items_of(body))
            answer = responses_wire.whole(body, asked, say(asked, self.script), next(self.memory.numbers))
            self.memory.keep(body, answer)
        return answer

    def _message(self, body: Json) -> Json:
        with self._lock:
            told = self.threads.whole(body)
            asked = anthropic_wire.read(told)
            answer = anthropic_wire.whole(asked, say(asked, self.script), next(self.threads.numbers))
            self.threads.hold(told, answer)
        return answer

    def answer_as_gemini(self, path: str, body: Json, *, as_events: bool) -> Json | Iterable[str] | None:
        """The same for a path such as `models/gemini-pro:generateContent`."""
        model, _, method = path.removeprefix("models/").rpartition(":")
        match method:
            case "generateContent" | "streamGenerateContent":
                asked = gemini_wire.read(body, model)
                said = say(asked, self.script)
                if method == "generateContent":
                    return gemini_wire.whole(body, asked, said)
                chunks = gemini_wire.stream(body, asked, said)
                return gemini_wire.as_events(chunks) if as_events else gemini_wire.as_array(chunks)
            case "countTokens":
                return gemini_wire.counted(body, model)
            case "embedContent" | "batchEmbedContents":
                return gemini_wire.embeddings(body)
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
        path = self.path.partition("?")[0]
        for start in (GEMINI_AS_OPENAI, GEMINI, "/v1/"):
            if path.startswith(start):
                return path.removeprefix(start).strip("/")
        return path.strip("/")

    @property
    def _speaks_anthropic(self) -> bool:
        return "anthropic-version" in self.headers

    @property
    def _speaks_gemini(self) -> bool:
        return "x-goog-api-key" in self.headers and not self.path.startswith(GEMINI_AS_OPENAI)

    @property
    def _wire(self) -> ModuleType:
        if self._speaks_gemini:
            return gemini_wire
        return anthropic_wire if self._speaks_anthropic else openai_wire

    def do_GET(self) -> None:
        names: tuple[str, ...] = CHAT_MODELS
        if self._speaks_gemini:
            names = GEMINI_MODELS
        elif self._speaks_anthropic:
            names = ANTHROPIC_MODELS
        if self._path == "models":
            self._send(200, self._listed(names))
        elif (name := self._path.removeprefix("models/")) in names:
            self._send(200, self._wire.model(name))
        elif (kept := self.owner.memory.answers.get(self._path.removeprefix("responses/"))) is not None:
            self._send(200, kept)
        else:
            self._refuse(404, f"nothing at {self.path}")

    def _listed(self, names: Sequence[str]) -> Json:
        listed = [self._wire.model(name) for name in names]
        if self._speaks_gemini:
            return {"models": listed}
        ends = {"has_more": False, "first_id": names[0], "last_id": names[-1]} if self._speaks_anthropic else {}
        return {"object": "list", "data": listed, **ends}

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        if not self._is_known:
            self._refuse(401, "The API key is not valid.")
            return
        try:
            body = json.loads(raw)
            self.owner.asked.append((self._path, body))
            answer = self._answer(body)
        except (gemini_wire.Refused, openai_wire.Refused) as error:
            self._refuse(400, str(error))
            return
        except anthropic_wire.Refused as error:
            self._send(404 if error.code else 400, anthropic_wire.error(400, str(error), error.code))
            return
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._refuse(400, f"this request cannot be read: {error!r}")
            return
        if answer is None:
            self._refuse(404, f"The model {NOBODYS} is not known, or nothing is at {self.path}.")
        elif isinstance(answer, dict):
            self._send(200, answer)
        else:
            self._stream(answer)

    @property
    def _is_known(self) -> bool:
        keys = [self.headers.get(name, "") for name in ("authorization", "x-api-key", "x-goog-api-key")]
        return any(key.removeprefix("Bearer ") == KEY for key in keys)

    def _answer(self, body: Json) -> Json | Iterable[str] | None:
        if NOBODYS in f"{self._path} {body.get('model')}":
            return None
        if self._speaks_gemini:
            as_events = "alt=sse" in self.path.partition("?")[2]
            return self.owner.answer_as_gemini(unquote(self._path), body, as_events=as_events)
        return self.owner.answer(self._path, body)

    def _refuse(self, status: int, message: str) -> None:
        self._send(status, self._wire.error(status, message))

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
