"""From what programs speak to what providers speak, by way of the neutral conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from localrouter.dialects.adapters.answers.wrapping import AS_JSON, AS_WORD
from localrouter.dialects.adapters.structured_output import ONE_VALUE, in_object
from localrouter.dialects.contract import CalledModel, ClientDialect, EncodedCall, ProviderDialect
from localrouter.domain.conversation.request import Endpoint, ModelRequest
from localrouter.domain.errors import Invalid
from localrouter.domain.limits.demand import MaxUsage, Unbounded
from localrouter.domain.routing.failures import Cools, Failure, FailureKind


@dataclass(frozen=True, slots=True)
class Dialects:
    """What is spoken on either side, by name. `vectors` leads from a pair of both to how a request for vectors is told,
    which is no conversation."""

    clients: Mapping[str, ClientDialect]
    providers: Mapping[str, ProviderDialect]
    vectors: Mapping[tuple[str, str], Callable[[ModelRequest], ModelRequest]] = field(default_factory=dict)

    def max_usage(self, request: ModelRequest) -> MaxUsage | Unbounded:
        return self.clients[request.dialect].max_usage(request)

    def translated(self, request: ModelRequest, called: CalledModel, dialect: str) -> EncodedCall | Failure:
        """The call of a model that is told the request in another dialect, or why it cannot be made."""
        vectors = self.vectors.get((request.dialect, dialect)) if request.endpoint is Endpoint.EMBEDDINGS else None
        try:
            if vectors is not None:
                return _embedding(vectors(request), called, self.providers[dialect])
            return self._told(request, called, self.providers[dialect])
        except Invalid as refusal:
            param = refusal.findings[0].path if refusal.findings else None
            return Failure(
                FailureKind.UNSUPPORTED,
                refusal.message,
                status=400,
                param=param,
                cools=Cools.NOTHING,
                final=True,
                undispatched=True,
            )

    def _told(self, request: ModelRequest, called: CalledModel, provider: ProviderDialect) -> EncodedCall:
        conversation = self.clients[request.dialect].conversation(request)
        inside = in_object(conversation.output) if provider.wants_objects else None
        told = conversation if inside is None else replace(conversation, output=inside)
        encoded = provider.encode_conversation(told, called)
        warnings, adapted = (*conversation.warnings, *encoded.warnings), (*conversation.adapted, *encoded.adapted)
        if inside is not None:
            adapted = (*adapted, ONE_VALUE)
            encoded = replace(encoded, value_as=AS_WORD if conversation.output.is_word else AS_JSON)
        encoded = replace(encoded, warnings=warnings, adapted=adapted)
        if request.endpoint is not Endpoint.COMPLETIONS:
            return encoded
        adapted = (*encoded.adapted, "text completions")
        return replace(encoded, adapted=adapted, read_as=request.in_neutral_terms)


def _embedding(told: ModelRequest, called: CalledModel, provider: ProviderDialect) -> EncodedCall:
    call = provider.encode(told, called.name, called.preset)
    return replace(call, warnings=(*told.warnings, *call.warnings), read_as=told)
