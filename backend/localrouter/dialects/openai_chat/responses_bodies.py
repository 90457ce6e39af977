"""A request for a response that came to the path of chat completions, as a request for one of those.

Cursor sends what it would send to OpenAI's responses (`input`, flat tools) to whatever address it was given, and reads
the answer as a chat completion.
"""

from __future__ import annotations

from localrouter.dialects.contract import CalledModel, ClientDialect, Preset
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.reading import Body
from localrouter.dialects.json_bodies.values import object_at
from localrouter.dialects.json_bodies.weight import Weigher
from localrouter.dialects.known_providers.shared import OPENAI
from localrouter.dialects.openai_chat.neutral.calls import body_of
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.errors import Invalid

# What a server does not take of it, it refuses by name, and gets the call without it.
_ANY_SERVER = Preset("", "", "", output_cap_field="max_tokens", takes=OPENAI - {"custom_tools", "developer"})


def may_be_for_a_response(endpoint: Endpoint, raw: Body, refusal: Invalid) -> bool:
    """Whether a request without messages may have an input instead."""
    paths = [finding.path for finding in refusal.findings]
    return endpoint is Endpoint.CHAT_COMPLETIONS and paths == ["messages"] and b'"input"' in raw


def as_chat(raw: Body, weigher: Weigher | None, responses: ClientDialect) -> tuple[bytes, tuple[str, ...]]:
    """The same as messages, and what these cannot say. Raises `Invalid` for what chat completions have not."""
    request = responses.parse(Endpoint.CHAT_COMPLETIONS, raw, weigher)
    conversation = responses.conversation(request)
    written = body_of(conversation, CalledModel(request.model, _ANY_SERVER, reasons=True))
    told = {"model": request.model, **written.body}
    if conversation.reasoning.effort is not None:
        told["reasoning_effort"] = conversation.reasoning.effort.value
    options = object_at(request.body, "stream_options") or {}
    if request.stream and options.get("include_usage") is True:
        told["stream_options"] = {"include_usage": True}
    return dumps(told), (*conversation.warnings, *written.warnings())
