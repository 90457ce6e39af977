"""Finds the base URL for users who enter a whole endpoint, as documentation shows it."""

from __future__ import annotations

import re

from localrouter.domain.configuration.config import Provider

_ENDPOINTS = (
    r"chat/completions|completions|embeddings|responses|messages(?:/count_tokens)?|models"
    r"|models/[^/]+:(?:generateContent|streamGenerateContent|countTokens|embedContent)"
    r"|audio/(?:speech|transcriptions|translations)|images/generations|moderations|rerank|batches"
)
_ENDPOINT = re.compile(rf"/+(?:{_ENDPOINTS})/*\Z", re.IGNORECASE)
_HAS_PATH = re.compile(r"https?://[^/?#]+/+[^/?#]", re.IGNORECASE)
_API_VERSION = re.compile(r"(.*)\?api-version=([A-Za-z0-9.-]+)\Z", re.DOTALL)


def without_endpoint(base_url: str) -> str:
    """The intended base URL: without an endpoint, and without a meaningless ending."""
    bare = base_url.strip().rstrip("?#").rstrip("/")
    return bare if "?" in bare or "#" in bare else _ENDPOINT.sub("", bare).rstrip("/")


def names_endpoint(base_url: str | None) -> bool:
    return base_url is not None and without_endpoint(_parts(base_url)[0]) != base_url.strip().rstrip("/")


def as_meant(provider: Provider) -> Provider:
    """The provider with the intended base URL. An API version in the query, as Azure shows it, moves to its own field.

    An endpoint without a path before it stays in the document, because a base URL without a path would get its
    preset's: `without_endpoint` removes it at each use.
    """
    if not names_endpoint(provider.base_url) or provider.base_url is None:
        return provider
    address, version = _parts(provider.base_url)
    trimmed = without_endpoint(address)
    changes: dict[str, object] = {"base_url": trimmed if _HAS_PATH.match(trimmed) else address}
    if version is not None and provider.api_version is None:
        changes["api_version"] = version
    return provider.model_copy(update=changes)


def _parts(base_url: str) -> tuple[str, str | None]:
    """A base URL, and the API version in its query. Any other query stays: it may hold a key, and validation refuses it
    without repeating it."""
    found = _API_VERSION.fullmatch(base_url.strip())
    return (found[1], found[2]) if found else (base_url.strip(), None)
