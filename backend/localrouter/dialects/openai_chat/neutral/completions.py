"""OpenAI's text completions in neutral terms, for models that only chat: a request as what the user says, and the
answer's text as the completion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate

import orjson

from localrouter.dialects.contract import StreamEvent
from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.json_bodies.values import text_at, whole_at
from localrouter.dialects.openai_chat.fields import CAP_FIELDS, COUNTS
from localrouter.dialects.openai_chat.neutral.replies import head_of, reason_of, usage_of
from localrouter.dialects.openai_chat.neutral.requests import sampling_in
from localrouter.domain.conversation.conversation import Conversation, Logprobs, Message, Role
from localrouter.domain.conversation.parts import RefusalPart, TextPart, TokenLogprob
from localrouter.domain.conversation.reply import Began, Delta, Finished, RefusalPiece, Reply, TextPiece, UsageTold
from localrouter.domain.conversation.request import ModelRequest, Usage

Json = dict[str, object]

_OBJECT = "text_completion"
_READ = frozenset(
    {
        "model", "prompt", "stream", "stream_options", "temperature", "top_p", "top_k", "stop", "seed", "user",
        "presence_penalty", "frequency_penalty", "logprobs", "suffix", "echo", *CAP_FIELDS, *COUNTS,
    }
)  # fmt: skip


def conversation_of(request: ModelRequest) -> Conversation:
    """The prompt as the user's message. Raises `Invalid` for what only a model that completes texts can do."""
    body = request.body
    for name in ("suffix", "echo"):
        if body.get(name):
            raise refused(name, f"{name} cannot be told a model that only chats. Leave it out, or name another model.")
    if request.answers != 1:
        said = "A model that only chats completes one prompt at a time, once."
        raise refused("n", f"{said} Leave n and best_of out and send one prompt, or name another model.")
    alternatives = whole_at(body, "logprobs")
    return Conversation(
        messages=(Message(Role.USER, (TextPart(_prompt(body.get("prompt"))),)),),
        sampling=sampling_in(body),
        max_output_tokens=request.max_output_tokens,
        logprobs=None if alternatives is None else Logprobs(alternatives),
        user=text_at(body, "user") or None,
        stream=request.stream,
        extras={name: value for name, value in body.items() if name not in _READ and value not in (None, {})},
    )


def _prompt(prompt: object) -> str:
    match prompt:
        case str():
            return prompt
        case [str() as only]:
            return only
    raise refused("prompt", "A model that only chats takes its prompt as text, not as tokens. Send it as a string.")


def answer_of(reply: Reply, request: ModelRequest) -> Json:
    """The answer as OpenAI writes it."""
    texts = [part for part in reply.parts if isinstance(part, TextPart)]
    refusals = [part.text for part in reply.parts if isinstance(part, RefusalPart)]
    logprobs = [token for part in texts for token in part.logprobs]
    choice = _choice(
        "".join([*(part.text for part in texts), *refusals]), logprobs, reason_of(reply.finish, calls=False)
    )
    usage: Json = {} if reply.usage is None else {"usage": usage_of(reply.usage)}
    return {**head_of(reply.id, reply.model, request), "object": _OBJECT, "choices": [choice], **usage}


def _choice(text: str, logprobs: Iterable[TokenLogprob], reason: str | None, before: int = 0) -> Json:
    tokens = list(logprobs)
    told = _logprobs(tokens, before) if tokens else None
    return {"index": 0, "text": text, "logprobs": told, "finish_reason": reason}


def _logprobs(tokens: list[TokenLogprob], before: int) -> Json:
    return {
        "tokens": [token.token for token in tokens],
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": [{other.token: other.logprob for other in token.alternatives} for token in tokens],
        "text_offset": list(accumulate((len(token.token) for token in tokens[:-1]), initial=before)),
    }


class CompletionWriter:
    """Writes one stream. The chunk that carries the usage is shown to a program that asked for it."""

    __slots__ = ("_ended", "_head", "_request", "_text_before", "_usage")

    def __init__(self, request: ModelRequest) -> None:
        self._request = request
        self._head = head_of("", "", request)
        self._ended = False
        self._text_before = 0  # characters
        self._usage: Usage | None = None

    def event(self, event: StreamEvent) -> bytes:
        written = b"".join(map(self._written, event.deltas))
        return written + self.end() if event.done else written

    def end(self) -> bytes:
        """The usage where it is wanted, and the terminator; once."""
        if self._ended:
            return b""
        self._ended = True
        usage = b""
        if self._request.wants_usage_chunk and self._usage is not None:
            usage = self._event({"choices": [], "usage": usage_of(self._usage)})
        return usage + b"data: [DONE]\n\n"

    def _written(self, delta: Delta) -> bytes:
        match delta:
            case Began():
                self._head = head_of(delta.id, delta.model, self._request)
            case UsageTold():
                self._usage = delta.usage
            case Finished():
                return self._event({"choices": [_choice("", (), reason_of(delta.finish, calls=False))]})
            case TextPiece():
                choice = _choice(delta.text, delta.logprobs, None, self._text_before)
                self._text_before += len(delta.text)
                return self._event({"choices": [choice]})
            case RefusalPiece():
                return self._event({"choices": [_choice(delta.text, (), None)]})
        return b""

    def _event(self, told: Mapping[str, object]) -> bytes:
        return b"data: " + orjson.dumps({**self._head, "object": _OBJECT, **told}) + b"\n\n"
