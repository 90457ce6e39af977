"""Every dialect that is spoken, by name. The only module that may import them all."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from localrouter.dialects.contract import ClientDialect, ProviderDialect
from localrouter.dialects.openai_chat.client import OpenAIChatClient
from localrouter.dialects.openai_chat.provider import OpenAIChatProvider

DEFAULT_CLIENT: ClientDialect = OpenAIChatClient()  # for paths that belong to no dialect, such as /rpc
PROVIDERS: Mapping[str, ProviderDialect] = MappingProxyType({"openai": OpenAIChatProvider()})
