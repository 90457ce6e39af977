"""Rules for providers: their names, their addresses, and that the document holds no secret."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from localrouter.domain.configuration.config import ROUTER_NAME, Config, Provider, Server
from localrouter.domain.configuration.names import fold
from localrouter.domain.configuration.validation.findings import name_findings, repeated
from localrouter.domain.errors import Finding
from localrouter.domain.routing.via import HEADER as VIA

_REFERENCE = re.compile(r"store:\S(?:.{0,198}\S)?|env:[A-Za-z_][A-Za-z0-9_]*")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_AUTH_LIKE = re.compile(
    r"(?:.*[-_])?(?:authorization|authentication|auth|cookie|(?:api)?key|(?:access)?token|secret|password|credentials?)"
)
_ROUTER_SETS = frozenset(
    ("connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", VIA)
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_REFERENCE_FORMS = '"store:NAME" or "env:VARIABLE"'


def is_reference(value: str) -> bool:
    """Whether a value names where a secret is kept (`store:NAME`, `env:VARIABLE`)."""
    return _REFERENCE.fullmatch(value) is not None


def is_address(value: str) -> bool:
    """Whether a value is an http or https address."""
    return _split(value) is not None


def is_auth_like(header: str) -> bool:
    """Whether a header of this name usually carries a secret."""
    return _AUTH_LIKE.fullmatch(fold(header)) is not None


def provider_findings(config: Config, presets: frozenset[str]) -> Iterator[Finding]:
    yield from repeated("providers", "name", "provider", [provider.name for provider in config.providers])
    for index, provider in enumerate(config.providers):
        path = f"providers[{index}]"
        yield from _name(path, provider.name)
        if provider.preset not in presets:
            yield Finding(f"{path}.preset", f'There is no preset "{provider.preset}". Known are {_listed(presets)}.')
        yield from _base_url(path, provider, config.server)
        yield from _proxy(path, provider)
        yield from _secret(path, provider)
        yield from _headers(path, provider)
        yield from _request_fields(f"{path}.request_fields", provider)
        for place, model in enumerate(provider.models):
            yield from name_findings(f"{path}.models[{place}]", model)


def _name(path: str, name: str) -> Iterator[Finding]:
    yield from name_findings(f"{path}.name", name)
    if "/" in name:
        yield Finding(f"{path}.name", f'The provider name "{name}" contains "/", which separates provider and model.')
    if fold(name) == ROUTER_NAME:
        yield Finding(f"{path}.name", f'"{ROUTER_NAME}" is the router\'s own name. Give the provider another one.')


def _base_url(path: str, provider: Provider, server: Server) -> Iterator[Finding]:
    if provider.base_url is None:
        return
    place = f"{path}.base_url"
    url = _split(provider.base_url)
    if url is None:
        yield Finding(place, "The base URL must be an http or https address, such as https://api.example.com/v1.")
        return
    if url.username is not None or url.password is not None:
        yield Finding(
            place, f"The base URL must not contain a user name or password. Keep the key as {_REFERENCE_FORMS}."
        )
    if url.query or url.fragment:
        yield Finding(place, 'The base URL must end with its path, without "?" or "#".')
    if _is_router(url, server):
        yield Finding(place, leads_to_router(provider.name))


def leads_to_router(name: str) -> str:
    return f'The base URL of "{name}" is this router itself. Requests would run in circles.'


def _proxy(path: str, provider: Provider) -> Iterator[Finding]:
    if provider.proxy is None or is_reference(provider.proxy):
        return
    url = _split(provider.proxy)
    if url is None:
        yield Finding(f"{path}.proxy", "The proxy must be an http or https address, such as http://proxy.example:3128.")
    elif url.username is not None or url.password is not None:
        yield Finding(
            f"{path}.proxy",
            f"The proxy must not contain a user name or password. Keep the whole address as {_REFERENCE_FORMS}.",
        )


def _secret(path: str, provider: Provider) -> Iterator[Finding]:
    if provider.secret is not None and not is_reference(provider.secret):
        yield Finding(f"{path}.secret", f"The secret must be {_REFERENCE_FORMS}, never the key itself.")


def _headers(path: str, provider: Provider) -> Iterator[Finding]:
    seen: set[str] = set()
    for name, value in provider.headers.items():
        place = f"{path}.headers"
        folded = fold(name)
        if not _HEADER_NAME.fullmatch(name):
            yield Finding(place, "A header's name may contain only letters, digits and hyphens.")
            continue
        place = f"{place}.{name}"
        if folded in seen:
            yield Finding(place, f'The header "{name}" is given twice. Keep one of them.')
        if folded in _ROUTER_SETS:
            yield Finding(place, f'The header "{name}" is set by the router. Remove it.')
        if not _HEADER_VALUE.fullmatch(value):
            yield Finding(place, f'The value of the header "{name}" contains characters that a header cannot carry.')
        if is_auth_like(name) and not is_reference(value):
            yield Finding(place, f'The header "{name}" carries a secret. Its value must be {_REFERENCE_FORMS}.')
        seen.add(folded)


def _request_fields(path: str, provider: Provider) -> Iterator[Finding]:
    fields = provider.request_fields
    if fields.output_cap in fields.drop:
        said = f'"{fields.output_cap}" is the cap on answers, and must not be dropped. Take it off the list.'
        yield Finding(f"{path}.drop", said)


def _split(address: str) -> SplitResult | None:
    """The parts of an http(s) address; None for any other text."""
    try:
        url = urlsplit(address)
        valid = url.scheme in _DEFAULT_PORTS and url.hostname and url.port != 0
    except ValueError:
        return None
    return url if valid and address.isprintable() and " " not in address else None


def _is_router(url: SplitResult, server: Server) -> bool:
    host = (url.hostname or "").rstrip(".")
    port = url.port or _DEFAULT_PORTS[url.scheme]
    own = {fold(name).strip("[]") for name in (server.host, *server.allowed_hosts)}
    return port == server.port and (host in own or _is_this_computer(host))


def _is_this_computer(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_unspecified


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
