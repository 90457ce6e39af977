"""The known providers by name, and how a user's address for one is completed. The rows are in `known_providers`."""

from __future__ import annotations

from urllib.parse import urlsplit

from localrouter.dialects.contract import Preset
from localrouter.dialects.known_providers import hosts, local, vendors
from localrouter.domain.configuration.config import Provider
from localrouter.domain.configuration.validation.endpoint_urls import without_endpoint
from localrouter.domain.models import terms
from localrouter.domain.models.terms import Terms

_FIRST = ("openai", "anthropic", "gemini", "openrouter")  # in lists for people
_ROWS = (*vendors.ROWS, *hosts.ROWS, *local.ROWS)

PRESETS: dict[str, Preset] = {row.name: row for row in sorted(_ROWS, key=lambda row: row.name not in _FIRST)}
OWN_VARIABLES = tuple((row.key_variable, row.base_url) for row in _ROWS if row.key_variable)


def base_url_for(preset: Preset, given: str | None) -> str:
    """The address that paths are joined to: without the endpoint that a user may have given with it, without a trailing
    slash, and with the preset's path where none is given.

    Empty where the preset has no address of its own and none is given.
    """
    if not given:
        return preset.base_url
    trimmed = without_endpoint(given)
    if urlsplit(trimmed).path or trimmed != given.strip().rstrip("/"):
        return trimmed if trimmed.endswith(preset.sdk_adds) else trimmed + preset.sdk_adds
    return trimmed + (preset.path or urlsplit(preset.base_url).path)


def list_address(preset: Preset, base_url: str, usual: str) -> tuple[str, str]:
    """Where a provider's model list is: a base URL and the path below it, `usual` where its dialect has it."""
    path = preset.model_list or usual
    while path.startswith("../"):
        base_url, path = base_url.rpartition("/")[0], path.removeprefix("../")
    return base_url, path


def provider_address(provider: Provider) -> str:
    """Where a provider's calls go; empty where its preset is not known."""
    preset = PRESETS.get(provider.preset)
    return "" if preset is None else base_url_for(preset.at(provider.base_url), provider.base_url)


def terms_of(provider: Provider) -> Terms:
    """On which terms a configured provider answers."""
    preset = PRESETS.get(provider.preset)
    if preset is None:
        return Terms(provider.preset)
    return terms.terms_of(provider, provider_address(provider), local=preset.local, list_prices=preset.list_prices)


def is_open(provider: Provider) -> bool:
    """Whether only the owner can tell if the provider costs anything."""
    return terms.is_open(provider, provider_address(provider), local=PRESETS[provider.preset].local)
