"""Adapts a body of OpenAI's chat to the server that it goes to."""

from __future__ import annotations

from collections.abc import Callable

from localrouter.dialects.adapters import (
    contents,
    fields,
    json_mode,
    logprobs,
    prompt_caching,
    reasoning_effort,
    roles,
    structured_output,
    tool_choice,
)
from localrouter.dialects.adapters.adapting import Adapting
from localrouter.dialects.contract import Preset

# What puts words into the prompt comes before what arranges messages.
_ADAPTERS: tuple[Callable[[Adapting, Preset], None], ...] = (
    structured_output.adapt,
    json_mode.adapt,
    tool_choice.adapt,
    roles.adapt,
    fields.adapt,
    prompt_caching.adapt,
    contents.adapt,
    logprobs.adapt,
    reasoning_effort.adapt,
)


def adapt(adapting: Adapting, preset: Preset) -> None:
    for adapter in _ADAPTERS:
        adapter(adapting, preset)
