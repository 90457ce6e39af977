"""Contents: a text that is written as a list of parts becomes a plain one, where a server takes no other."""

from __future__ import annotations

from localrouter.dialects.adapters.adapting import Adapting
from localrouter.dialects.contract import Preset
from localrouter.dialects.features import Feature


def adapt(adapting: Adapting, preset: Preset) -> None:
    if Feature.TEXT_PARTS not in preset.lacks:
        return
    messages = adapting.messages()
    told = [
        message if (text := _text_of(message.get("content"))) is None else {**message, "content": text}
        for message in messages
    ]
    if told != messages:
        adapting.body["messages"] = told
        adapting.adapted.add("contents")


def _text_of(content: object) -> str | None:
    """The text of a list of nothing but texts."""
    if not isinstance(content, list) or not content:
        return None
    texts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
    return "\n\n".join(map(str, texts)) if len(texts) == len(content) else None
