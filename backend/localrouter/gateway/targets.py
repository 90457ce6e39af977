"""Where a provider's calls go and with which credentials: made once for each state of a provider and its key."""

from __future__ import annotations

from collections.abc import Callable

from localrouter.dialects.contract import Preset
from localrouter.dialects.presets import base_url_for
from localrouter.domain.config import Provider
from localrouter.domain.failures import Failure, FailureKind, Phase
from localrouter.services.upstream import Target


class Targets:
    def __init__(self, presets: dict[str, Preset], resolve: Callable[[str], str | None]) -> None:
        self._presets = presets
        self._resolve = resolve
        self._known: dict[str, tuple[Provider, str | None, Target | Failure]] = {}

    def of(self, provider: Provider) -> Target | Failure:
        """The provider's target, or why no call can be made: a failure like any other, without a call."""
        key = None if provider.secret is None else self._resolve(provider.secret)
        known = self._known.get(provider.name)
        if known is not None and known[0] is provider and known[1] == key:
            return known[2]
        target = self._make(provider, key)
        self._known[provider.name] = (provider, key, target)
        return target

    def _make(self, provider: Provider, key: str | None) -> Target | Failure:
        preset = self._presets[provider.preset]
        if provider.secret is not None and key is None:
            return _no_key(f"The key of {provider.name} ({provider.secret}) cannot be found. Set it again.")
        if key is None and preset.needs_key:
            return _no_key(f"{provider.name} has no key. Set one with set_provider_key.")
        headers = {name.lower(): self._resolved(value) for name, value in provider.headers.items()}
        if key is not None:
            headers[preset.auth_header] = f"{preset.auth_prefix}{key}"
        return Target(
            provider=provider.name,
            base_url=base_url_for(preset, provider.base_url),
            headers=headers,
            query=f"?api-version={provider.api_version}" if provider.api_version else "",
            proxy=None if provider.proxy is None else self._resolved(provider.proxy),
            ca_file=provider.ca_file,
            connect=provider.timeouts.connect,
        )

    def _resolved(self, value: str) -> str:
        if value.startswith(("env:", "store:")):
            return self._resolve(value) or ""
        return value


def _no_key(message: str) -> Failure:
    return Failure(FailureKind.AUTH, message, phase=Phase.CONNECT, final=True)
