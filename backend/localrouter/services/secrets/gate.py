"""The gate that every credential of every call passes: it decides whether it may go where its provider points now.

A call with a missing credential is not sent either: without its proxy or a header it would go where it must not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from localrouter.domain.configuration.config import Provider
from localrouter.domain.credentials.bindings import (
    ENVIRONMENT,
    KEY_VARIABLES,
    PROXY_FIELD,
    PROXY_VARIABLES,
    STORE,
    Destination,
    may_stay_here,
    moved,
    origin_of,
    origins_for,
    setting_again,
    uses,
    ways_of,
    what_is,
)
from localrouter.domain.errors import Unavailable
from localrouter.services.secrets.store import Presence, SecretStore

_NOT_SENT = "Nothing was sent."


class Reason(StrEnum):
    MISSING = "missing"
    OUT_OF_REACH = "out_of_reach"  # it exists but cannot be read now
    ELSEWHERE = "elsewhere"  # it is bound to another destination


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why a provider is not called: the credential that is withheld, and what to do about it."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class _Use:
    """A provider's field that refers to a credential."""

    provider: Provider
    field: str
    reference: str

    @property
    def subject(self) -> str:
        return f"The {what_is(self.field)} of {self.provider.name} ({self.reference})"


class Gate:
    """`presets` pairs each preset's own variable with the preset's address."""

    def __init__(self, secrets: SecretStore, presets: Iterable[tuple[str, str]]) -> None:
        self._secrets = secrets
        self._presets = _origins(presets)

    @property
    def generation(self) -> int:
        """Grows with every change to the gate's inputs, except the environment and the provider itself."""
        return self._secrets.generation

    async def prepare(self, provider: Provider, *, again: bool = True) -> None:
        """Ask the keychain for those of a provider's credentials that are not known yet. If it could not be asked
        before, it is asked only with `again`, since that may show its prompt once more."""
        await self._secrets.fetch([reference for _, reference in uses(provider)], again=again)

    def destination(self, provider: Provider, address: str) -> Destination | None:
        """Where a provider's calls go; None if no credential can be bound to that."""
        origin = origin_of(address)
        if origin is None:
            return None
        if provider.proxy is None:
            return Destination(origin, None, provider.ca_file)
        known = _proxy_names(self._secrets, provider.proxy)
        return Destination(origin, known[0], provider.ca_file) if known else None

    def withheld(self, provider: Provider, address: str) -> Withheld | None:
        """Why the provider cannot be called at this address; None if every credential may go there."""
        needed = [_Use(provider, field, reference) for field, reference in uses(provider)]
        for use in needed:
            if (lacking := self._lacking(use)) is not None:
                return lacking
        if not needed:
            return None
        here = self.destination(provider, address)
        if here is None:
            return Withheld(Reason.ELSEWHERE, f"{_nowhere(provider, address)}, so no key is sent. Correct it.")
        return next((found for use in needed if (found := self._elsewhere(use, here)) is not None), None)

    def _lacking(self, use: _Use) -> Withheld | None:
        match self._secrets.presence(use.reference):
            case Presence.PRESENT:
                return None
            case Presence.OUT_OF_REACH:
                said = f"{use.subject} is {self._secrets.why_out_of_reach()}"
                return Withheld(Reason.OUT_OF_REACH, said)
            case _ if use.reference.startswith(ENVIRONMENT):
                variable = use.reference.removeprefix(ENVIRONMENT)
                said = f"{use.subject} cannot be found: the variable {variable} is not set where LocalRouter runs."
                return Withheld(Reason.MISSING, f"{said} Set it there, or set a key with set_provider_key.")
            case _:
                again = setting_again(use.field)
                return Withheld(Reason.MISSING, f"{use.subject} cannot be found. Set it again, {again}.")

    def _elsewhere(self, use: _Use, here: Destination) -> Withheld | None:
        name = use.reference.partition(":")[2]
        is_stored = use.reference.startswith(STORE)
        proxies = _proxy_names(self._secrets, use.provider.proxy)
        if not is_stored and self._may_go(use, name, here, proxies):
            return None
        try:
            bound = self._bound_by_us(name) if is_stored else self._secrets.records.variable(name)
        except Unavailable as error:
            return Withheld(Reason.OUT_OF_REACH, error.message)
        if any(_fits(each, here, proxies) for each in bound):
            return None
        if not is_stored:
            return Withheld(Reason.ELSEWHERE, self._refusal_of_variable(use, name, bound, here))
        again = setting_again(use.field)
        remedy = f"If that is right, set it again, {again}; else correct the provider."
        return Withheld(Reason.ELSEWHERE, f"{use.subject} {moved(bound, here)}. {_NOT_SENT} {remedy}")

    def _bound_by_us(self, name: str) -> tuple[Destination, ...]:
        record = self._secrets.records.of(name)
        return () if record is None else record.bound

    def _may_go(self, use: _Use, variable: str, here: Destination, proxies: tuple[str, ...]) -> bool:
        """Whether the environment that sets a variable also sets this call's destination and the way there."""
        environment = self._secrets.environment
        if use.field == PROXY_FIELD and variable in PROXY_VARIABLES:
            return True  # its value is the proxy's own address, which the environment set for every call
        if may_stay_here(variable, environment, replace(here, ca_file=None)):
            return True
        known_proxies, ca_files = ways_of(environment)
        is_own_way = use.field == PROXY_FIELD or here.proxy is None or not known_proxies.isdisjoint(proxies)
        is_trusted = here.ca_file is None or here.ca_file in ca_files
        return is_own_way and is_trusted and here.origin in origins_for(variable, environment, self._presets)

    def _refusal_of_variable(self, use: _Use, variable: str, bound: tuple[Destination, ...], here: Destination) -> str:
        own = f"set a key of its own ({setting_again(use.field)})"
        origins = origins_for(variable, self._secrets.environment, self._presets)
        bound = (*(Destination(origin) for origin in origins), *bound)
        if bound or variable.startswith(KEY_VARIABLES) or variable in self._presets:
            said = moved(bound, here) if bound else f"may only go where {variable}_FOR says, which is not {here.origin}"
            there = f"{variable}_FOR={here.origin}"
            return f"{use.subject} {said}. {_NOT_SENT} Correct the provider, {own}, or start LocalRouter with {there}"
        said = "is not a variable that LocalRouter was given to send"
        there = f"put it into {KEY_VARIABLES}NAME with {KEY_VARIABLES}NAME_FOR={here.origin}"
        return f"{use.subject} {said}. {_NOT_SENT} For {use.provider.name} {own}, or {there}"


def _nowhere(provider: Provider, address: str) -> str:
    if origin_of(address) is None:
        return f"The address of {provider.name} ({address}) can be understood in more than one way"
    return f"The proxy of {provider.name} ({provider.proxy}) is not an address such as http://proxy.example:3128"


def _fits(bound: Destination, here: Destination, proxies: tuple[str, ...]) -> bool:
    is_same_way = here.proxy is None if bound.proxy is None else bound.proxy in proxies
    return bound.origin == here.origin and bound.ca_file == here.ca_file and is_same_way


def _proxy_names(secrets: SecretStore, proxy: str | None) -> tuple[str, ...]:
    """The names by which a binding may identify a proxy; new bindings use the first.

    A reference identifies the proxy if only the environment can change it, or if nothing has changed it since
    bindings began.
    """
    if proxy is None:
        return ()
    value = secrets.resolve(proxy) if proxy.startswith((ENVIRONMENT, STORE)) else proxy
    origin = None if value is None else origin_of(value.strip(), may_hold_user=True)
    if proxy.startswith(ENVIRONMENT):
        return (proxy,) if origin is None else (proxy, origin)
    names = () if origin is None else (origin,)
    if proxy.startswith(STORE) and (record := secrets.records.of(proxy.removeprefix(STORE))) is not None:
        return names if record.sequence else (*names, proxy)
    return names


def _origins(presets: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for variable, address in presets:
        origin = origin_of(address)
        found[variable] = found.get(variable, frozenset()) | (frozenset() if origin is None else {origin})
    return found
