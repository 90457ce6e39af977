"""Parameters that name a client, strategy or provider by its id or name.

The types below mark such parameters; `resolved` replaces names with ids before a command sees them. A name that matches
nothing is kept: the command refuses it, or looks for records of something deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, Field

from localrouter.domain.configuration.config import Config
from localrouter.domain.configuration.names import fold
from localrouter.domain.metrics.samples import Tier

Noun = Literal["client", "strategy", "provider", "scope"]
_P = TypeVar("_P", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Refers:
    """Marks a parameter that names something in the configuration."""

    noun: Noun


_CLIENT = (Refers("client"), Field(description="The client's id or name."))
_STRATEGY = (Refers("strategy"), Field(description="The strategy's id or name."))

ClientRef = Annotated[str, *_CLIENT]
OptionalClientRef = Annotated[str | None, *_CLIENT]
StrategyRef = Annotated[str, *_STRATEGY]
OptionalStrategyRef = Annotated[str | None, *_STRATEGY]
ProviderRef = Annotated[str, Refers("provider")]
OptionalProviderRef = Annotated[str | None, Refers("provider")]


def resolved(config: Config, params: _P) -> _P:
    """The parameters with names replaced by ids. An id takes precedence over an equal name."""
    changes = {
        name: _resolved(config, mark.noun, value)
        for name, field in type(params).model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Refers) and isinstance(value := getattr(params, name), str)
    }
    return params.model_copy(update=changes) if changes else params


def _resolved(config: Config, noun: Noun, value: str) -> str:
    if noun == "scope":
        return _resolved_scope(config, value)
    known = list(_known(config, noun))
    if any(each == value for each, _ in known):
        return value
    return next((each for each, name in known if fold(name) == fold(value)), value)


def _resolved_scope(config: Config, scope: str) -> str:
    tier, colon, holder = scope.partition(":")
    nouns: dict[str, Noun] = {Tier.KEY: "client", Tier.STRATEGY: "strategy", Tier.PROVIDER: "provider"}
    return f"{tier}:{_resolved(config, nouns[tier], holder)}" if colon and tier in nouns else scope


def _known(config: Config, noun: Noun) -> Iterator[tuple[str, str]]:
    """Ids and names. A provider's name is its id."""
    match noun:
        case "client":
            yield from ((client.id, client.name) for client in config.clients)
        case "strategy":
            yield from ((strategy.id, strategy.name) for strategy in config.strategies)
        case _:
            yield from ((provider.name, provider.name) for provider in config.providers)
