"""What the gateway does about an answer that its provider keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from localrouter.domain.conversation.request import Service
from localrouter.gateway.in_flight.incoming import IncomingRequest
from localrouter.gateway.in_flight.request import InFlightRequest
from localrouter.gateway.kept_answers.following import Followed, Following
from localrouter.gateway.kept_answers.made import KeptAnswers, MadeBy
from localrouter.gateway.speech import Speech
from localrouter.services.upstream.client import Target, Upstream


@dataclass(frozen=True, slots=True)
class Kept:
    """The answers of this process that providers keep, and those of them that go on."""

    answers: KeptAnswers
    followed: Followed
    upstream: Upstream

    def may_go_on(self, incoming: IncomingRequest) -> bool:
        """Whether the answer that a request goes on from is none of another client's, as far as that is known."""
        continues = incoming.asked.continues
        made = None if continues is None else self.answers.of(continues)
        return made is None or made.client_id == incoming.client.id

    def note(
        self, request: InFlightRequest, speech: Speech, target: Target, answer_id: str | None
    ) -> Callable[[], bool] | None:
        """Remember who keeps an answer. Returns what has it followed if it goes on while nobody waits for it; None for
        one that ends with its connection."""
        call, incoming = request.log.call, request.incoming
        if answer_id is None or call is None or not speech.keeps:
            return None
        if incoming.asked.is_kept:
            self.answers.note(answer_id, MadeBy(incoming.client.id, call.candidate.provider))
        if Service.BACKGROUND not in incoming.asked.services:
            return None
        following = Following(request, speech, target, self.upstream, answer_id, self.followed)
        return lambda: self.followed.begin(following)
