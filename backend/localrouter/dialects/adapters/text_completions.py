"""Text completions by a chat model: the prompt is what the user says, the answer's text is the completion.

Applied where a provider has no endpoint for them, or a model is known to chat alone. What they look like is written in
`openai_chat/neutral/completions.py`.
"""

from __future__ import annotations

from localrouter.dialects.contract import Preset
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.models.info import ModelInfo


def completes_by_chat(preset: Preset, info: ModelInfo) -> bool:
    if Endpoint.COMPLETIONS not in preset.endpoints:
        return info.serves(Endpoint.CHAT_COMPLETIONS)
    return not info.serves(Endpoint.COMPLETIONS) and info.serves(Endpoint.CHAT_COMPLETIONS)
