"""The one memory of which secrets this process has seen, so that none of them leaves it in words of others."""

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
    """Secrets are remembered for as long as the process runs: a key that was replaced is still a secret."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._redactor = Redactor(())
        self._names: dict[str, str] = {}  # what each of the last names became

    def __repr__(self) -> str:
        return f"<Redaction of {len(self._seen)} secrets>"

    def note(self, secret: str | None) -> None:
        """Remember a secret, and the password inside where it is an address that holds one."""
        if secret is None or secret in self._seen:
            return
        self._seen |= {secret, *_inside(secret)}
        self._redactor = Redactor(self._seen)
        self._names.clear()

    def noted(self, secret: str) -> str:
        """The same secret, remembered."""
        self.note(secret)
        return secret

    def watching(self, resolve: Callable[[str], str | None]) -> Callable[[str], str | None]:
        """The same look-up of secrets; what it finds is remembered."""

        def resolved(reference: str) -> str | None:
            value = resolve(reference)
            self.note(value)
            return value

        return resolved

    def clean(self, text: str) -> str:
        return self._redactor.clean(whole_text(text))

    def clean_name(self, name: str) -> str:
        """As `clean`, for the name that every request brings: looked through once."""
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
        """The failure, with no secret in what the provider said, and nothing that no record could hold.

        Known secrets go first, then what looks like one, and last the words are cut to their length.
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
    """What is secret by itself within a value: the password of a proxy's address, the token behind a scheme's name."""
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
