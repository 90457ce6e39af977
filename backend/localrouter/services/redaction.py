"""Remembers every secret that this process has seen, so that none leaves it inside somebody else's text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from localrouter.domain.credentials.lookalikes import scrubbed
from localrouter.domain.credentials.redaction import Redactor
from localrouter.domain.plain_text import whole_text
from localrouter.domain.routing.failures import Failure

MAX_NAMES = 1_000
LONGEST_NAME = 256  # characters


class Redaction:
    """Secrets are remembered for as long as the process runs: a replaced key is still secret."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._redactor = Redactor(())
        self._names: dict[str, str] = {}  # recent names, each with its cleaned form

    def __repr__(self) -> str:
        return f"<Redaction of {len(self._seen)} secrets>"

    def note(self, secret: str | None) -> None:
        """Remember a secret, and the password inside it if it is an address with one."""
        if secret is None or secret in self._seen:
            return
        self._seen |= {secret, *_inside(secret)}
        self._redactor = Redactor(self._seen)
        self._names.clear()

    def noted(self, secret: str) -> str:
        """Remember a secret and return it."""
        self.note(secret)
        return secret

    def watching(self, resolve: Callable[[str], str | None]) -> Callable[[str], str | None]:
        """Wraps a look-up of secrets so that it remembers what it finds."""

        def resolved(reference: str) -> str | None:
            value = resolve(reference)
            self.note(value)
            return value

        return resolved

    def clean(self, text: str) -> str:
        return self._redactor.clean(whole_text(text))

    def clean_name(self, name: str) -> str:
        """Like `clean`, but cached, for the model name that every request carries."""
        known = self._names.get(name)
        if known is not None:
            return known
        cleaned = self.clean(name)
        if len(self._names) >= MAX_NAMES:
            self._names.clear()
        if len(name) <= LONGEST_NAME:
            self._names[name] = cleaned
        return cleaned

    def holds_secret(self, text: str) -> bool:
        return self._redactor.holds_secret(text)

    def of(self, failure: Failure) -> Failure:
        """The failure, with the provider's text free of secrets and of characters that records cannot hold.

        Known secrets go first, then whatever looks like one; last, the text is cut to length.
        """

        def cleaned(text: str) -> str:
            known = self.clean(text)
            return scrubbed(known) if failure.quoted else known

        return replace(
            failure,
            message=cleaned(failure.message),
            code=None if failure.code is None else cleaned(failure.code),
            param=None if failure.param is None else cleaned(failure.param),
        )


def _inside(secret: str) -> set[str]:
    """The parts of a value that are secret by themselves: a proxy address's password, the token after a scheme."""
    scheme, _, token = secret.partition(" ")
    inside = {token} if scheme.isalpha() and token else set()
    if "://" in secret:
        try:
            password = urlsplit(secret).password
        except ValueError:
            return inside
        if password:
            inside |= {password, unquote(password)}
    return inside
