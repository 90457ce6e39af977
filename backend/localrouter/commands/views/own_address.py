"""The router's own addresses: where other computers reach it, and the refusal of providers that point back to it."""

from __future__ import annotations

import ipaddress
import json
import shlex
from collections.abc import Iterable
from urllib.parse import urlsplit

from localrouter.commands.registration.registry import View
from localrouter.commands.registration.services import Services
from localrouter.commands.views.providers import address_of
from localrouter.domain.configuration.config import Config, Provider
from localrouter.domain.configuration.document import refused
from localrouter.domain.configuration.names import fold
from localrouter.domain.configuration.server_address import plain_address, url_at
from localrouter.domain.configuration.validation.providers import leads_to_router
from localrouter.domain.errors import Finding
from localrouter.services.instance.local_addresses import is_own, network_hosts, resolved

_PORTS = {"http": 80, "https": 443}
_ALWAYS_SERVED = ("127.0.0.1", "localhost", "::1")


class NetworkAddress(View):
    """An address that other computers can use. If `is_served` is false, requests to it are refused (421) until its host
    is added to `server.allowed_hosts`; `remedy` is the shell command that adds it."""

    url: str
    is_served: bool
    remedy: str | None


def network_views(services: Services) -> tuple[NetworkAddress, ...]:
    """Where other computers reach this router; empty while it listens on this computer only."""
    serving = services.serving
    hosts = () if serving is None or serving.host is None else network_hosts(serving.host)
    if serving is None or not hosts:
        return ()
    named = tuple(fold(host).strip("[]") for host in services.config.server.allowed_hosts)
    return tuple(
        NetworkAddress(
            url=url_at(host, serving.port),
            is_served=host in named,
            remedy=None if host in named else _remedy(services, host),
        )
        for host in dict.fromkeys((*named, *hosts))
        if host not in _ALWAYS_SERVED
    )


async def refuse_own_address(services: Services, providers: Iterable[tuple[int, Provider]]) -> None:
    """Refuses providers, each given with its index in the document, that point to where this process listens."""
    errors = [
        Finding(f"providers[{index}].base_url", leads_to_router(provider.name))
        for index, provider in providers
        if provider.preset in services.presets and await _is_here(services, address_of(services, provider))
    ]
    if errors:
        raise refused(errors)


def changed_addresses(before: Config, after: Config) -> list[tuple[int, Provider]]:
    """The providers whose address changed. One that already pointed here must not block other changes."""
    known = {provider.name: provider.base_url for provider in before.providers}
    return [
        (index, provider)
        for index, provider in enumerate(after.providers)
        if provider.name not in known or known[provider.name] != provider.base_url
    ]


async def _is_here(services: Services, address: str) -> bool:
    serving = services.serving
    if serving is None or serving.host is None:
        return False
    try:
        url = urlsplit(address)
        port = url.port or _PORTS[url.scheme]
    except (ValueError, KeyError):
        return False
    if port != serving.port or not url.hostname:
        return False
    listens = ipaddress.ip_address(plain_address(serving.host))
    for found in await resolved(url.hostname.rstrip(".")):
        there = ipaddress.ip_address(found)
        is_local = there.is_loopback or there.is_unspecified
        if there == listens or (listens.is_unspecified and is_own(found)) or (listens.is_loopback and is_local):
            return True
    return False


def _remedy(services: Services, host: str) -> str:
    wanted = json.dumps({"allowed_hosts": [*services.config.server.allowed_hosts, host]})
    return services.home.shell_command(f"call update_server_config {shlex.quote(f'server={wanted}')}")
