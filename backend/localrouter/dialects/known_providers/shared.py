"""What several rows have in common."""

from __future__ import annotations

from localrouter.dialects.contract import RESPONSES
from localrouter.dialects.features import Feature
from localrouter.domain.conversation.request import Endpoint, Service

CHAT = frozenset({Endpoint.CHAT_COMPLETIONS})
TEXT = frozenset({Endpoint.CHAT_COMPLETIONS, Endpoint.COMPLETIONS})
CHAT_AND_EMBEDDINGS = frozenset({Endpoint.CHAT_COMPLETIONS, Endpoint.EMBEDDINGS})

TOP_K = frozenset({"top_k"})
CACHES_ITSELF = frozenset({"automatic_caching"})
OPENAI = CACHES_ITSELF | {
    "developer", "custom_tools", "verbosity", "prompt_cache_key", "prompt_cache_retention", "safety_identifier",
}  # fmt: skip

ONE_CAP = frozenset({"max_completion_tokens"})  # passed over: the answer would have no cap
PENALTIES = frozenset({"frequency_penalty", "presence_penalty"})
THOUGHTS = frozenset({"reasoning_content", "reasoning_details"})  # of earlier turns, in messages
WANTS_THOUGHTS = frozenset({"reasoning_content"})  # of earlier turns, with the calls that they led to
THINKERS_WANT = frozenset({"thinkers"})  # the same of those models that insist on it
NO_TOOL_CHOICE = frozenset({Feature.FORCED_TOOLS, Feature.NAMED_TOOL, Feature.NO_TOOLS})

ALSO_RESPONSES = frozenset({RESPONSES})
ALL_SERVICES = frozenset(Service)
OWN_TOOLS = frozenset({Service.TOOLS})
MEMORY_AND_TOOLS = frozenset({Service.MEMORY, Service.TOOLS})
