"""Every dialect that is spoken. The only module that may import them all."""

from __future__ import annotations

from types import MappingProxyType

from localrouter.dialects.contract import ClientDialect, Dialects
from localrouter.dialects.openai_chat.client import OpenAIChatClient
from localrouter.dialects.openai_chat.provider import OpenAIChatProvider

DEFAULT_CLIENT: ClientDialect = OpenAIChatClient()  # of paths that belong to no dialect, such as /rpc
DIALECTS = Dialects(
    clients=MappingProxyType({client.name: client for client in (DEFAULT_CLIENT,)}),
    providers=MappingProxyType({provider.name: provider for provider in (OpenAIChatProvider(),)}),
)
