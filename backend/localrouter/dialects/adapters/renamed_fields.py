"""Fields that a server knows by a name of its own."""

from __future__ import annotations

from localrouter.dialects.adapters.adapting import Adapting
from localrouter.dialects.contract import Preset


def adapt(adapting: Adapting, preset: Preset) -> None:
    for usual, own in preset.renames.items():
        if usual in adapting.body:
            value = adapting.body.pop(usual)
            adapting.body.setdefault(own, value)
