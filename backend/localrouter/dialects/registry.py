"""Every dialect that is spoken. The only module that may import them all."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from localrouter.dialects.anthropic_messages.client import AnthropicMessagesClient
from localrouter.dialects.anthropic_messages.provider import AnthropicMessagesProvider
from localrouter.dialects.contract import ClientDialect, ProviderDialect
from localrouter.dialects.gemini.client import GeminiClient
from localrouter.dialects.gemini.neutral.requests import as_openai_embeddings
from localrouter.dialects.gemini.provider import GeminiProvider
from localrouter.dialects.openai_chat.client import OpenAIChatClient
from localrouter.dialects.openai_chat.provider import OpenAIChatProvider
from localrouter.dialects.openai_responses.client import OpenAIResponsesClient
from localrouter.dialects.openai_responses.provider import OpenAIResponsesProvider
from localrouter.dialects.translation import Dialects
from localrouter.domain.conversation.request import Endpoint

_MESSAGES: ClientDialect = AnthropicMessagesClient()
_RESPONSES: ClientDialect = OpenAIResponsesClient()
DEFAULT_CLIENT: ClientDialect = OpenAIChatClient(_RESPONSES)  # of paths that belong to no dialect, such as /rpc
_GEMINI: ClientDialect = GeminiClient()
_PROVIDERS: tuple[ProviderDialect, ...] = (
    OpenAIChatProvider(),
    OpenAIResponsesProvider(),
    AnthropicMessagesProvider(),
    GeminiProvider(),
)
_TELLING = frozenset({"input", "instructions", "previous_response_id", "conversation", "background"})  # of responses
DIALECTS = Dialects(
    clients=MappingProxyType({client.name: client for client in (DEFAULT_CLIENT, _RESPONSES, _MESSAGES, _GEMINI)}),
    providers=MappingProxyType({provider.name: provider for provider in _PROVIDERS}),
    vectors=MappingProxyType({(_GEMINI.name, DEFAULT_CLIENT.name): as_openai_embeddings}),
)


def client_for(endpoint: Endpoint, fields: Mapping[str, object]) -> ClientDialect:
    """The dialect in which an endpoint is asked for: the first in which it can be, unless these fields tell another."""
    if endpoint is Endpoint.CHAT_COMPLETIONS and "messages" not in fields and fields.keys() & _TELLING:
        return _RESPONSES
    return next(client for client in DIALECTS.clients.values() if endpoint in client.paths.values())
