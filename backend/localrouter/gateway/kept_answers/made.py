"""Which provider made an answer that it keeps, and for which client."""

from __future__ import annotations

from dataclasses import dataclass

MOST = 20_000  # answers; some 4 MB


@dataclass(frozen=True, slots=True)
class MadeBy:
    client_id: str
    provider: str


class KeptAnswers:
    """The latest answers by their ids. It lasts as long as the process: of older ones only their providers know."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._made: dict[str, MadeBy] = {}

    def note(self, answer_id: str, by: MadeBy) -> None:
        if answer_id not in self._made and len(self._made) >= self._most:
            del self._made[next(iter(self._made))]
        self._made[answer_id] = by

    def of(self, answer_id: str) -> MadeBy | None:
        return self._made.get(answer_id)

    def provider_of(self, answer_id: str) -> str | None:
        made = self._made.get(answer_id)
        return None if made is None else made.provider

    def forget(self, answer_id: str) -> None:
        self._made.pop(answer_id, None)
