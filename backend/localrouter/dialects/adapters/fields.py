"""Fields that a server knows by a name of its own, and fields of messages that it refuses the whole request for:
thoughts of earlier turns, names."""

from __future__ import annotations

from localrouter.dialects.adapters.adapting import Adapting
from localrouter.dialects.contract import Preset


def adapt(adapting: Adapting, preset: Preset) -> None:
    _rename(adapting, preset)
    refused = preset.refused_in_messages
    if not refused:
        return
    messages = adapting.messages()
    found = {name for message in messages for name in message.keys() & refused}
    if not found:
        return
    adapting.body["messages"] = [
        {name: value for name, value in message.items() if name not in refused} for message in messages
    ]
    for name in found:
        if any(message.get(name) for message in messages):
            adapting.lost.add("names of participants" if name == "name" else "reasoning of earlier turns")


def _rename(adapting: Adapting, preset: Preset) -> None:
    for usual, own in preset.renames.items():
        if usual in adapting.body:
            value = adapting.body.pop(usual)
            adapting.body.setdefault(own, value)
