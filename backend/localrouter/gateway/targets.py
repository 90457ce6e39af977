"""Where a provider's calls go and with which credentials: made once for each state of a provider and its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from localrouter.dialects.contract import Preset
from localrouter.dialects.presets import base_url_for
from localrouter.domain.config import Provider
from localrouter.domain.failures import Cools, Failure, FailureKind, Phase
from localrouter.services.upstream import Target

REFERENCES = ("env:", "store:")


class Targets:
    def __init__(self, presets: dict[str, Preset], resolve: Callable[[str], str | None]) -> None:
        self._presets = presets
        self._resolve = resolve
        self._known: dict[str, tuple[Provider, Mapping[str, str | None], Target | Failure]] = {}

    def of(self, provider: Provider) -> Target | Failure:
        """The provider's target, or why no call can be made: a failure like any other, without a call."""
        secrets = {reference: self._resolve(reference) for reference in _references(provider)}
        known = self._known.get(provider.name)
        if known is not None and known[0] is provider and known[1] == secrets:
            return known[2]
        target = self._make(provider, secrets)
        self._known[provider.name] = (provider, secrets, target)
        return target

    def _make(self, provider: Provider, secrets: Mapping[str, str | None]) -> Target | Failure:
        """Nothing is sent with a part missing: without its proxy or a header, a call would go where it must not."""
        preset = self._presets[provider.preset]
        absent = next((reference for reference, value in secrets.items() if value is None), None)
        if absent is not None:
            what = "key" if absent == provider.secret else "secret"
            return _no_call(f"The {what} of {provider.name} ({absent}) cannot be found. Set it again.")
        if provider.secret is None and preset.needs_key:
            return _no_call(f"{provider.name} has no key. Set one on its page or with set_provider_key.")
        known = {reference: value for reference, value in secrets.items() if value is not None}
        headers = {name.lower(): known.get(value, value) for name, value in provider.headers.items()}
        if provider.secret is not None:
            headers[preset.auth_header] = f"{preset.auth_prefix}{known[provider.secret]}"
        return Target(
            provider=provider.name,
            base_url=base_url_for(preset, provider.base_url),
            headers=headers,
            query=f"?api-version={provider.api_version}" if provider.api_version else "",
            proxy=None if provider.proxy is None else known.get(provider.proxy, provider.proxy),
            ca_file=provider.ca_file,
            connect=provider.timeouts.connect,
        )


def _references(provider: Provider) -> list[str]:
    values = (provider.secret, provider.proxy, *provider.headers.values())
    return [value for value in values if value is not None and value.startswith(REFERENCES)]


def _no_call(message: str) -> Failure:
    return Failure(FailureKind.AUTH, message, phase=Phase.CONNECT, cools=Cools.PROVIDER, final=True)
