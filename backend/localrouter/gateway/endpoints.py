"""Where a provider's calls go and with which credentials. Each target is made once per state of a provider and its
key."""

from __future__ import annotations

import secrets as random_values
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from localrouter.dialects.contract import Preset
from localrouter.dialects.presets import base_url_for
from localrouter.domain.configuration.config import Provider
from localrouter.domain.configuration.validation.providers import is_address
from localrouter.domain.credentials.bindings import origin_of, uses, with_origin
from localrouter.domain.credentials.key_shapes import fault_of, tidied
from localrouter.domain.routing.failures import Cools, Failure, FailureKind, FailurePhase
from localrouter.domain.routing.via import HEADER as VIA
from localrouter.domain.routing.via import ID_BYTES
from localrouter.services.secrets.gate import Gate
from localrouter.services.upstream.client import Target

_State = tuple[int, Mapping[str, str | None]]  # what a target was made from, apart from its provider


class Targets:
    """`gate` decides where credentials may go: no call is made that it has not approved. `router_id` is sent with every
    call, so that a call that comes back to this router is recognised."""

    def __init__(self, presets: dict[str, Preset], resolve: Callable[[str], str | None], gate: Gate) -> None:
        self._presets = presets
        self._resolve = resolve
        self._gate = gate
        self.router_id = random_values.token_hex(ID_BYTES)
        self._known: dict[str, tuple[Provider, _State, Target | Failure]] = {}

    async def reach(self, provider: Provider, *, again: bool = True) -> Target | Failure:
        """Like `of`, after asking the keychain for values that are not known yet; with `again`, also for those that it
        failed to return before."""
        known = self._known.get(provider.name)
        if known is not None and known[0] is provider and isinstance(known[2], Target) and self._is_still(known[1]):
            return known[2]
        await self._gate.prepare(provider, again=again)
        return self.of(provider)

    def of(self, provider: Provider) -> Target | Failure:
        """The provider's target, or a failure that says why no call can be made."""
        secrets = {reference: self._resolve(reference) for _, reference in uses(provider)}
        state = (self._gate.generation, secrets)
        known = self._known.get(provider.name)
        if known is not None and known[0] is provider and known[1] == state:
            return known[2]
        target = self._make(provider, secrets)
        self._known[provider.name] = (provider, state, target)
        return target

    def _is_still(self, state: _State) -> bool:
        """Whether a target made from this state would still be the same. Stored secrets change only with their
        generation."""
        generation, secrets = state
        return generation == self._gate.generation and all(
            value == self._resolve(reference) for reference, value in secrets.items() if reference.startswith("env:")
        )

    def _make(self, provider: Provider, secrets: Mapping[str, str | None]) -> Target | Failure:
        """Nothing is sent with a part missing: without its proxy or a header, a call would go where it must not."""
        preset = self._presets[provider.preset].at(provider.base_url)
        address = base_url_for(preset, provider.base_url)
        withheld = self._gate.withheld(provider, address)
        if withheld is not None:
            return _no_call(withheld.message)
        if provider.secret is None and preset.needs_key:
            return _no_call(f"{provider.name} has no key. Set one on its page or with set_provider_key.")
        known = {reference: tidied(value) for reference, value in secrets.items() if value is not None}
        if (fault := _first_fault(provider, known)) is not None:
            return _no_call(fault)
        given = {name.lower(): known.get(value, value) for name, value in provider.headers.items()}
        headers = {**preset.headers, **given}
        headers[VIA] = self.router_id
        if provider.secret is not None:
            headers[preset.auth_header] = f"{preset.auth_prefix}{known[provider.secret]}"
        return Target(
            provider=provider.name,
            base_url=_as_judged(address),
            headers=headers,
            query=f"?api-version={quote(provider.api_version, safe='%')}" if provider.api_version else "",
            proxy=None if provider.proxy is None else known.get(provider.proxy, provider.proxy),
            ca_file=provider.ca_file,
            connect=provider.timeouts.connect,
        )


def _as_judged(address: str) -> str:
    """The address in the form that the gate compared, so that no other URL parser can read it differently."""
    origin = origin_of(address)
    return address if origin is None else with_origin(address, origin)


def _first_fault(provider: Provider, secrets: Mapping[str, str]) -> str | None:
    """What is wrong with a value that no command checked: from the environment, a file or a keychain."""
    for what, reference, may_hold_blanks in _uses(provider):
        value = secrets.get(reference)
        fault = None if value is None else fault_of(value, may_hold_blanks=may_hold_blanks)
        if fault is not None:
            return f"The {what} of {provider.name} ({reference}) {fault}. {_remedy(reference)}"
    proxy = secrets.get(provider.proxy or "")
    if proxy is not None and not is_address(proxy):
        said = f"The proxy of {provider.name} ({provider.proxy}) is not an http or https address"
        return f"{said}, such as http://user:password@proxy.example:3128. {_remedy(provider.proxy or '')}"
    return None


def _uses(provider: Provider) -> Iterator[tuple[str, str, bool]]:
    """What each reference is for, and whether its value may contain spaces."""
    if provider.secret is not None:
        yield "key", provider.secret, False
    if provider.proxy is not None:
        yield "proxy", provider.proxy, False
    for name, value in provider.headers.items():
        yield f'header "{name}"', value, True


def _remedy(reference: str) -> str:
    if reference.startswith("env:"):
        variable = reference.removeprefix("env:")
        return f"Correct the variable {variable} in the environment that LocalRouter starts in, then restart it."
    return "Set it again."


def _no_call(message: str) -> Failure:
    return Failure(FailureKind.AUTH, message, phase=FailurePhase.CONNECT, cools=Cools.NOTHING, final=True)
