"""The error that a program gets, in terms of the product. Its client dialect writes it down."""

from __future__ import annotations

from dataclasses import dataclass, field

from localrouter.domain.configuration.names import shortened
from localrouter.domain.metrics.samples import ToldError
from localrouter.domain.plain_text import one_line

LONG_WAIT = 60  # seconds; what needs longer, a client should not retry by itself
MAX_KEPT = 500  # characters of a message in a record


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """`localrouter` is the explanation (request id, attempts, skips, limits); `retry_after` is in whole seconds.
    `answer_id` is the id under which its provider had begun to answer."""

    status: int
    code: str | None
    message: str
    param: str | None = None
    localrouter: dict[str, object] = field(default_factory=dict)
    retry_after: int | None = None
    is_final: bool = False  # the same request will never be answered otherwise
    answer_id: str | None = None

    @property
    def should_retry(self) -> bool:
        return not self.is_final and (self.retry_after is None or self.retry_after <= LONG_WAIT)

    @property
    def kept(self) -> ToldError:
        """What a record keeps of it: the words that the client was told, in one line."""
        return ToldError(self.code, shortened(one_line(self.message), MAX_KEPT))
