"""Every dialect that is spoken. The only module that may import them all."""

from __future__ import annotations

from types import MappingProxyType

from localrouter.dialects.anthropic_messages.client import AnthropicMessagesClient
from localrouter.dialects.anthropic_messages.provider import AnthropicMessagesProvider
from localrouter.dialects.contract import ClientDialect, ProviderDialect
from localrouter.dialects.gemini.provider import GeminiProvider
from localrouter.dialects.openai_chat.client import OpenAIChatClient
from localrouter.dialects.openai_chat.provider import OpenAIChatProvider
from localrouter.dialects.openai_responses.client import OpenAIResponsesClient
from localrouter.dialects.openai_responses.provider import OpenAIResponsesProvider
from localrouter.dialects.translation import Dialects
from localrouter.domain.conversation.request import Endpoint

_MESSAGES: ClientDialect = AnthropicMessagesClient()
DEFAULT_CLIENT: ClientDialect = OpenAIChatClient()  # of paths that belong to no dialect, such as /rpc
_RESPONSES: ClientDialect = OpenAIResponsesClient()
_PROVIDERS: tuple[ProviderDialect, ...] = (
    OpenAIChatProvider(),
    OpenAIResponsesProvider(),
    AnthropicMessagesProvider(),
    GeminiProvider(),
)
DIALECTS = Dialects(
    clients=MappingProxyType({client.name: client for client in (DEFAULT_CLIENT, _RESPONSES, _MESSAGES)}),
    providers=MappingProxyType({provider.name: provider for provider in _PROVIDERS}),
)


def client_for(endpoint: Endpoint) -> ClientDialect:
    """The first dialect in which an endpoint can be asked for."""
    return next(client for client in DIALECTS.clients.values() if endpoint in client.paths.values())
