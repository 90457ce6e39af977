"""In which dialect a model is told a request, and the call that this makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from localrouter.dialects.adapters.answers.wrapping import Unwrapper, unwrapper_of
from localrouter.dialects.adapters.text_completions import completes_by_chat
from localrouter.dialects.contract import CalledModel, EncodedCall, Preset, ProviderDialect
from localrouter.dialects.translation import Dialects
from localrouter.domain.configuration.config import Provider
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Service
from localrouter.domain.models.info import ModelInfo
from localrouter.domain.routing.decide import Candidate
from localrouter.domain.routing.failures import Failure


@dataclass(frozen=True, slots=True)
class Speech:
    """How one model is told one request. `passes`: in the request's own dialect, so that bytes pass. `read_as` and
    `unwrapper` are those of its call."""

    preset: Preset
    dialect: ProviderDialect
    passes: bool
    read_as: ModelRequest | None = None
    unwrapper: Unwrapper | None = None

    def reading(self, call: EncodedCall) -> Speech:
        """How the answer to this call is read."""
        if call.read_as is None and not call.wraps_json and not call.value_as and not call.by_tool:
            return self
        passes = self.passes and call.read_as is None
        return replace(self, passes=passes, read_as=call.read_as, unwrapper=unwrapper_of(call))

    @property
    def keeps(self) -> bool:
        """Whether the provider may keep the answer, and the program knows it by the provider's own id."""
        return self.passes and Service.MEMORY in self.preset.services


@dataclass(frozen=True, slots=True)
class Speeches:
    """Knows how every model is spoken to."""

    presets: Mapping[str, Preset]
    info: Callable[[Provider, str], ModelInfo]
    dialects: Dialects

    def to(self, candidate: Candidate, provider: Provider, request: ModelRequest, left_out: frozenset[str]) -> Speech:
        """`left_out` is what the model refused before: fields, and a dialect that its server does not have."""
        preset = self.presets[provider.preset].at(provider.base_url)
        if left_out or provider.request_fields.drop or provider.request_fields.output_cap:
            preset = preset.taking(provider.request_fields, left_out)
        name = preset.dialect_for(request, only_responses=candidate.only_responses)
        passes = name == request.dialect
        if request.may_need_adapters or preset.lacks_by_model:
            info = self.info(provider, candidate.model)
            preset = preset.of_model(candidate.model, info)
            passes = passes and not (request.endpoint is Endpoint.COMPLETIONS and completes_by_chat(preset, info))
        return Speech(preset, self.dialects.providers[name], passes)

    def encode(
        self, speech: Speech, request: ModelRequest, candidate: Candidate, provider: Provider, cap: int | None
    ) -> EncodedCall | Failure:
        """The call to make, or why this model cannot be called. `cap` limits the tokens of one answer, so that strict
        limits hold."""
        if speech.passes:
            encoded = speech.dialect.encode(request, candidate.model, speech.preset, cap)
            folder = speech.preset.folders.get(request.dialect) if speech.preset.folders else None
            return encoded if folder is None else replace(encoded, path=f"{folder}/{encoded.path}")
        info = self.info(provider, candidate.model)
        called = CalledModel(candidate.model, speech.preset, cap, info.max_output_tokens, info.reasons)
        return self.dialects.translated(request, called, speech.dialect.name)
