"""Log probabilities: a server that has none is not asked for them, and the program is told."""

from __future__ import annotations

from localrouter.dialects.adapters.adapting import Adapting
from localrouter.dialects.contract import Preset
from localrouter.dialects.features import Feature


def adapt(adapting: Adapting, preset: Preset) -> None:
    if Feature.LOGPROBS not in preset.lacks:
        return
    asked = adapting.body.pop("logprobs", None)
    adapting.body.pop("top_logprobs", None)
    if asked is not None and asked is not False:
        adapting.lost.add("logprobs")
