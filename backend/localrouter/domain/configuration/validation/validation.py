"""Decides whether a configuration may be used.

The types are checked when a document is read; this module checks how its parts fit together. The rules for strategies
and providers have files of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from localrouter.domain.configuration.config import (
    DEFAULT_STRATEGY_ID,
    VERSION,
    Client,
    Config,
    PricingOverride,
    Server,
    Strategy,
)
from localrouter.domain.configuration.document import read, refused, reread
from localrouter.domain.configuration.edits.client_keys import has_key
from localrouter.domain.configuration.names import fold
from localrouter.domain.configuration.origins import is_origin
from localrouter.domain.configuration.validation.findings import name_findings, repeated
from localrouter.domain.configuration.validation.providers import provider_findings
from localrouter.domain.configuration.validation.references import reference_findings
from localrouter.domain.configuration.validation.strategies import strategy_findings
from localrouter.domain.errors import Finding, Severity

_HOST = re.compile(r"[^/\s*@:]+|\[?[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\]?")


def parse(document: object | bytes, *, presets: frozenset[str]) -> Config:
    """The configuration that a document describes. Raises `Invalid` with every finding if it may not be used."""
    return approved(read(document), presets=presets)


def approved(config: Config, *, presets: frozenset[str]) -> Config:
    """The same configuration, fully checked. Raises `Invalid` with every finding if it may not be used."""
    checked = reread(config)
    errors = [finding for finding in findings(checked, presets=presets) if finding.severity is Severity.ERROR]
    if errors:
        raise refused(errors)
    return checked


def findings(config: Config, *, presets: frozenset[str]) -> tuple[Finding, ...]:
    """All findings about a configuration. Only errors forbid its use."""
    return tuple(
        chain(
            _version_findings(config),
            _server_findings(config.server),
            provider_findings(config, presets),
            _client_findings(config.clients, config.strategies),
            _default_strategy_findings(config.strategies),
            strategy_findings(config),
            reference_findings(config),
            _override_findings(config.pricing_overrides),
        )
    )


def _version_findings(config: Config) -> Iterator[Finding]:
    if config.version != VERSION:
        yield Finding("version", f"The version must be {VERSION}.")


def _server_findings(server: Server) -> Iterator[Finding]:
    for index, host in enumerate(server.allowed_hosts):
        if not _HOST.fullmatch(host):
            yield Finding(
                f"server.allowed_hosts[{index}]", "This must be the name or address of a host, without scheme or port."
            )
    for index, origin in enumerate(server.cors_origins):
        if not is_origin(origin):
            yield Finding(
                f"server.cors_origins[{index}]",
                "This must be one exact origin such as https://app.example.com, without a path, or a pattern such as "
                "http://localhost:* (any port) or vscode-webview://* (any page of that program).",
            )


def _client_findings(clients: tuple[Client, ...], strategies: Iterable[Strategy]) -> Iterator[Finding]:
    known = {strategy.id for strategy in strategies}
    yield from repeated("clients", "id", "client", [client.id for client in clients])
    yield from repeated("clients", "name", "client", [client.name for client in clients])
    for index in _later_ones([client.key_digest for client in clients]):
        yield Finding(f"clients[{index}].key_digest", "Another client has the same key. Every client needs its own.")
    for index, client in enumerate(clients):
        yield from _one_client(f"clients[{index}]", client, known)


def _one_client(path: str, client: Client, strategy_ids: set[str]) -> Iterator[Finding]:
    yield from name_findings(f"{path}.id", client.id)
    yield from name_findings(f"{path}.name", client.name)
    if client.strategy_id not in strategy_ids:
        yield Finding(f"{path}.strategy_id", f'The client "{client.name}" names a strategy that does not exist.')
    if client.lost_strategy_id is not None:
        yield Finding(
            f"{path}.lost_strategy_id",
            f'The strategy of "{client.name}" does not exist. Assign another to it, or enable it to let it use the '
            "default strategy.",
            Severity.WARNING,
        )
    if not has_key(client):
        yield Finding(
            f"{path}.key_digest",
            f'"{client.name}" has no key, so nobody can use it. Give it a new one (rotate_client_key).',
            Severity.WARNING,
        )
    if client.created_at.tzinfo is None:
        yield Finding(f"{path}.created_at", "The time needs a time zone, as in 2026-01-31T12:00:00Z.")
    if client.routing_config is not None:
        yield Finding(
            f"{path}.routing_config",
            f'routing_config is not used. The strategy of "{client.name}" decides; the field can be removed.',
            Severity.NOTE,
        )


def _default_strategy_findings(strategies: Iterable[Strategy]) -> Iterator[Finding]:
    if all(strategy.id != DEFAULT_STRATEGY_ID for strategy in strategies):
        yield Finding("strategies", f'The default strategy (id "{DEFAULT_STRATEGY_ID}") is missing.')


def _override_findings(overrides: tuple[PricingOverride, ...]) -> Iterator[Finding]:
    for index in _later_ones([(fold(override.provider), override.model) for override in overrides]):
        model = f"{overrides[index].provider}/{overrides[index].model}"
        yield Finding(f"pricing_overrides[{index}]", f'The price of "{model}" is given twice. Keep one of them.')


def _later_ones(values: Iterable[object]) -> Iterator[int]:
    """The indexes of values that occurred before."""
    seen: set[object] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield index
        seen.add(value)
