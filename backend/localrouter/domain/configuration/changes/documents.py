"""What changed from one state of the whole document to the next, in words. Pure, and without any secret: of keys,
headers and proxies it says only that they changed."""

from __future__ import annotations

from collections.abc import Sequence

from localrouter.domain.configuration.changes.change import Change, field_changes, fields_of
from localrouter.domain.configuration.changes.strategies import strategy_changes
from localrouter.domain.configuration.config import (
    Client,
    Config,
    PricingOverride,
    Provider,
    RequestFields,
)

NOTHING = "Nothing that shows"

_SECTIONS = {
    "server": "Server",
    "notices": "Notices",
    "desktop": "Desktop window",
    "logging": "Log",
    "metrics": "Metrics",
}
_LABELS = {
    "allowed_hosts": "additional host names",
    "cors_origins": "websites that may call it",
    "memory_mb": "memory (MB)",
    "max_body_mb": "largest request (MB)",
    "at": "shares of a limit",
    "on_close": "on closing",
    "access_log": "a line per request",
    "retention_days": "days kept",
    "max_mb": "size kept (MB)",
    "base_url": "address",
    "models": "declared models",
    "api_version": "API version",
    "free": "costs nothing",
}
_UNTOLD = {"secret": "key", "headers": "headers", "proxy": "proxy", "ca_file": "certificate authority"}


def changes(before: Config, after: Config) -> tuple[Change, ...]:
    """Everything that differs. What came, went or got another name stands first."""
    found = [
        *_clients(before, after),
        *_strategies(before, after),
        *_providers(before, after),
        *_prices(before.pricing_overrides, after.pricing_overrides),
        *_settings(before, after),
    ]
    return tuple(sorted(found, key=lambda change: bool(change.text)))


def summary(found: Sequence[Change]) -> str:
    """The changes in one line."""
    if not found:
        return NOTHING
    told = [change.words for change in found]
    if len(told) <= 2:
        return "; ".join(told)
    return f"{told[0]}; {len(told) - 1} more changes"


def _clients(before: Config, after: Config) -> list[Change]:
    old, new = ({client.id: client for client in config.clients} for config in (before, after))
    strategies = {strategy.id: strategy.name for strategy in (*before.strategies, *after.strategies)}
    found = [_client_and_own(after, one, "added") for each, one in new.items() if each not in old]
    found += [_client_and_own(before, one, "deleted") for each, one in old.items() if each not in new]
    for each, client in new.items():
        if each in old and old[each] != client:
            found += _client(old[each], client, strategies)
    return found


def _client_and_own(config: Config, client: Client, became: str) -> Change:
    """A client that came or went, with the strategies that did so with it."""
    own = [strategy.name for strategy in config.strategies if strategy.parent == client.id]
    return Change("clients", f"{' and '.join((f'Client {client.name}', *own))} {became}", "")


def _client(before: Client, after: Client, strategies: dict[str, str]) -> list[Change]:
    subject = f"Client {after.name}"
    found = []
    if before.name != after.name:
        found.append(Change("clients", subject, f'renamed from "{before.name}"', before.name, after.name))
    if before.enabled != after.enabled:
        found.append(Change("clients", subject, "enabled" if after.enabled else "disabled"))
    if before.key_digest != after.key_digest:
        found.append(Change("clients", subject, "new key"))
    used = [strategies.get(client.strategy_id or "", "none") for client in (before, after)]
    return found + field_changes("clients", subject, [("strategy", used[0], used[1])])


def _strategies(before: Config, after: Config) -> list[Change]:
    old, new = ({strategy.id: strategy for strategy in config.strategies} for config in (before, after))
    clients = {client.id: client.name for client in (*before.clients, *after.clients)}
    came = {client.id for client in after.clients} - {client.id for client in before.clients}
    went = {client.id for client in before.clients} - {client.id for client in after.clients}
    added = [one for each, one in new.items() if each not in old and one.parent not in came]
    deleted = [one for each, one in old.items() if each not in new and one.parent not in went]
    found = [Change("strategies", f"Strategy {one.name} added", "") for one in added]
    found += [Change("strategies", f"Strategy {one.name} deleted", "") for one in deleted]
    for each, strategy in new.items():
        if each in old and old[each] != strategy:
            found += strategy_changes(old[each], strategy, clients)
    return found


def _providers(before: Config, after: Config) -> list[Change]:
    old, new = ({provider.name: provider for provider in config.providers} for config in (before, after))
    gone = [provider for name, provider in old.items() if name not in new]
    come = [provider for name, provider in new.items() if name not in old]
    found = []
    if len(gone) == len(come) == 1 and gone[0].preset == come[0].preset and gone[0].base_url == come[0].base_url:
        subject = f"Provider {gone[0].name} renamed to {come[0].name}"
        found.append(Change("providers", subject, "", gone[0].name, come[0].name))
        gone, come = [], []
    found += [Change("providers", f"Provider {one.name} added", "") for one in come]
    found += [Change("providers", f"Provider {one.name} deleted", "") for one in gone]
    for name, provider in new.items():
        if name in old and old[name] != provider:
            found += _provider(old[name], provider)
    return found


def _provider(before: Provider, after: Provider) -> list[Change]:
    subject = f"Provider {after.name}"
    found = []
    if before.enabled != after.enabled:
        found.append(Change("providers", subject, "enabled" if after.enabled else "disabled"))
    for field, label in _UNTOLD.items():
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            found.append(
                Change("providers", subject, f"{label} {'changed' if old and new else 'set' if new else 'removed'}")
            )
    told = {"name", "enabled", "timeouts", "request_fields", *_UNTOLD}
    pairs = [
        (_LABELS.get(field, field), getattr(before, field), getattr(after, field))
        for field in Provider.model_fields
        if field not in told
    ]
    for field, old, new in fields_of(before.timeouts, after.timeouts, {}):
        pairs.append((f"{field.replace('_', ' ')} timeout (s)", old, new))
    return found + field_changes("providers", subject, [*pairs, *_fields(before.request_fields, after.request_fields)])


def _fields(before: RequestFields, after: RequestFields) -> list[tuple[str, object, object]]:
    return fields_of(before, after, {"drop": "fields left out", "output_cap": "name of the output cap"})


def _prices(before: tuple[PricingOverride, ...], after: tuple[PricingOverride, ...]) -> list[Change]:
    old, new = ({f"{one.provider}/{one.model}": _price(one) for one in prices} for prices in (before, after))
    found = []
    for model in dict.fromkeys((*old, *new)):
        subject, was, now = f"Price of {model}", old.get(model), new.get(model)
        if was is None or now is None:
            text = f"set to {now}" if now else f"removed (was {was})"
            found.append(Change("pricing_overrides", subject, text, was, now))
        else:
            found += field_changes("pricing_overrides", subject, [("", was, now)])
    return [Change(one.section, one.subject, one.text.strip(), one.before, one.after) for one in found]


def _price(price: PricingOverride) -> str:
    return f"${price.input_per_million:g} / ${price.output_per_million:g} per million tokens"


def _settings(before: Config, after: Config) -> list[Change]:
    found: list[Change] = []
    for section, subject in _SECTIONS.items():
        found += field_changes(section, subject, fields_of(getattr(before, section), getattr(after, section), _LABELS))
    return found
