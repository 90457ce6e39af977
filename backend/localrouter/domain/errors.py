"""Why a user's wish was refused.

The only exceptions of the product. Outcomes of talking to providers are values
(`failures.Failure`), never exceptions.

    Refusal            refused, for a reason that the user can read
    ├── Invalid        the input itself is wrong; carries findings with their paths
    │   ├── WrittenByNewer   nothing is wrong with it, but only a newer release can read it
    │   └── TooLarge         nothing is wrong with it, but it is larger than anything that is taken
    ├── NotFound       the named thing does not exist
    ├── Conflict       the configuration moved on since the caller looked
    └── Unavailable    cannot be done at this moment or in this process
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How serious a finding is. An error prevents the document from being used."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about a document: where it stands and the sentence a user needs.

    `path` is written as in the document: `strategies[2].rate_limits[0].value`.
    """

    path: str
    message: str
    severity: Severity = Severity.ERROR


class Refusal(Exception):
    """A wish that is refused. `message` is shown to the user as it stands."""

    def __init__(self, message: str, data: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data or {}


class Invalid(Refusal):
    """Input that cannot be accepted; every finding names its place."""

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message, {"findings": [{"path": f.path, "message": f.message} for f in findings]})
        self.findings = findings


class WrittenByNewer(Invalid):
    """What a newer release wrote. It is whole, and must be left as it is."""


class TooLarge(Invalid):
    """What is larger than anything that is taken, whatever it says."""


class NotFound(Refusal):
    """The named thing does not exist."""


class Conflict(Refusal):
    """The configuration is at another revision than the caller expected."""


class Unavailable(Refusal):
    """Cannot be done now, or not without a running instance."""
