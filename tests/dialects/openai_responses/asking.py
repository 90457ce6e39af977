"""Requests as programs send them, and how they go to a provider of OpenAI's chat."""

from __future__ import annotations

import orjson

from localrouter.dialects.contract import CalledModel, PlainAnswer, StreamEvent
from localrouter.dialects.openai_chat.provider import OpenAIChatProvider
from localrouter.dialects.openai_responses.client import OpenAIResponsesClient
from localrouter.dialects.presets import PRESETS
from localrouter.domain.conversation.conversation import Conversation
from localrouter.domain.conversation.reply import Delta
from localrouter.domain.conversation.request import Endpoint, ModelRequest

CLIENT, PROVIDER = OpenAIResponsesClient(), OpenAIChatProvider()
OPENAI = CalledModel("b", PRESETS["openai"], reasons=True)
LOCAL = CalledModel("b", PRESETS["llamacpp"])
Json = dict[str, object]


def asked(**fields: object) -> ModelRequest:
    return CLIENT.example(Endpoint.CHAT_COMPLETIONS, "one/a", fields)


def conversation(**fields: object) -> Conversation:
    return CLIENT.conversation(asked(**fields))


def sent(called: CalledModel = OPENAI, **fields: object) -> Json:
    """The body that reaches a provider."""
    body = orjson.loads(PROVIDER.encode_conversation(conversation(**fields), called).body)
    assert isinstance(body, dict)
    return body


def answered(answer: Json, request: ModelRequest) -> Json:
    """What the program gets of a whole answer of the provider's."""
    plain = PROVIDER.plain_answer(orjson.dumps(answer), request, PRESETS["openai-compatible"])
    assert isinstance(plain, PlainAnswer), plain
    told = orjson.loads(CLIENT.write_answer(plain, request))
    assert isinstance(told, dict)
    return told


def events_in(data: bytes) -> list[Json]:
    """The events of a stream as they were written, each under its own name."""
    found = []
    for block in data.decode().split("\n\n")[:-1]:
        name, told = block.split("\n")
        event = orjson.loads(told.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        found.append(event)
    return found


def streamed(data: bytes, request: ModelRequest, cut: int = 0) -> bytes:
    """What the program gets of a stream of the provider's that came in two pieces."""
    decoder = PROVIDER.stream_decoder(request, PRESETS["openai-compatible"])
    writer = CLIENT.stream_writer(request)
    came = [*decoder.feed(data[:cut]), *decoder.feed(data[cut:]), *decoder.end()]
    return b"".join(writer.event(event) for event in came) + writer.end()


def told(*deltas: Delta, **fields: object) -> list[Json]:
    """The events that pieces of an answer make, up to its end."""
    writer = CLIENT.stream_writer(asked(**fields))
    return events_in(writer.event(StreamEvent(b"", deltas=deltas)) + writer.end())
