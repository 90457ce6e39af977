"""What programs ask of answers that a provider keeps: to read, delete or stop them. It costs no tokens: no
limit counts it.

A client reaches only what was made for it, as far as that is still known. Of other ids each provider is asked that the
client may use and that keeps answers: it knows whether the id is one of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from localrouter.dialects.contract import RESPONSES, Preset
from localrouter.dialects.translation import Dialects
from localrouter.domain.configuration.config import Client, Provider
from localrouter.domain.configuration.names import fold
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.request import Service
from localrouter.domain.routing.decide import status_of
from localrouter.domain.routing.failures import RULES, Failure
from localrouter.gateway.endpoints import Targets
from localrouter.gateway.in_flight.context import GatewayContext
from localrouter.gateway.kept_answers.kept import Kept
from localrouter.gateway.relay import read_failure
from localrouter.services.upstream.answer import UpstreamResponse
from localrouter.services.upstream.client import Target

OF_THE_ID = (400, 404, 405, 409, 501)  # statuses that say something of the id, or that a provider keeps nothing


@dataclass(frozen=True, slots=True)
class Asked:
    """`path` is what is below `/v1/responses/`, `query` is written as in an address."""

    method: str
    answer_id: str
    path: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks the providers that keep answers."""

    presets: Mapping[str, Preset]
    dialects: Dialects
    targets: Targets
    kept: Kept
    context: GatewayContext

    async def ask(self, snapshot: Snapshot, client: Client, asked: Asked) -> UpstreamResponse | ErrorReply:
        """The provider's own answer, which the caller reads to its end or aborts; or why there is none."""
        made = self.kept.answers.of(asked.answer_id)
        if made is not None and made.client_id != client.id:
            return _unknown(asked.answer_id)
        last: ErrorReply | None = None
        for provider in self._keepers(snapshot, client, None if made is None else made.provider):
            found = await self._of(provider, asked)
            if isinstance(found, UpstreamResponse):
                if asked.method == "DELETE":
                    self.kept.answers.forget(asked.answer_id)
                self.kept.followed.look_at(asked.answer_id)
                return found
            last = found
        if made is None and (last is None or last.status in OF_THE_ID):
            return _unknown(asked.answer_id)
        return last or _unknown(asked.answer_id)

    def _keepers(self, snapshot: Snapshot, client: Client, name: str | None) -> Iterator[Provider]:
        strategy = snapshot.strategy_of(client)
        for provider in snapshot.config.providers:
            preset = self._preset(provider)
            keeps = RESPONSES in preset.also_speaks and Service.MEMORY in preset.services
            if not keeps or not provider.enabled or (name is not None and fold(provider.name) != fold(name)):
                continue
            if snapshot.is_any_allowed(strategy, provider.name):
                yield provider

    def _preset(self, provider: Provider) -> Preset:
        return self.presets[provider.preset].at(provider.base_url)

    async def _of(self, provider: Provider, asked: Asked) -> UpstreamResponse | ErrorReply:
        target = await self.targets.reach(provider)
        if isinstance(target, Failure):
            return self._reply(provider, target)
        response = await self.kept.upstream.ask(
            asked.method,
            _with_query(target, asked.query),
            f"responses/{asked.path}",
            first=provider.timeouts.first_byte,
            total=provider.timeouts.total,
        )
        if isinstance(response, Failure):
            return self._reply(provider, response)
        if 200 <= response.status < 300:
            response.allow_until(response.total_deadline)
            return response
        return self._reply(
            provider, await read_failure(response, self.dialects.providers[RESPONSES], self._preset(provider))
        )

    def _reply(self, provider: Provider, failure: Failure) -> ErrorReply:
        told = self.context.redacted(failure)
        status = told.status if told.status in OF_THE_ID else status_of(told)
        code = told.code or RULES[told.kind].code
        return ErrorReply(status or 502, code, f"{provider.name}: {told.message}", told.param)


def _with_query(target: Target, query: str) -> Target:
    if not query:
        return target
    return replace(target, query=f"{target.query}&{query}" if target.query else f"?{query}")


def _unknown(answer_id: str) -> ErrorReply:
    said = (
        f"No provider that this client may use keeps an answer {answer_id[:100]}. Providers that speak responses keep "
        "theirs, unless store is false."
    )
    return ErrorReply(404, "response_not_found", said)
