"""Reads what an OpenAI-like answer says about itself: its tokens, and whether it is an error."""

from __future__ import annotations

from localrouter.dialects.errors.details import is_unsuccessful, says_error
from localrouter.dialects.openai_shapes.usage import count_of, prompt_of, service_tier_of, usage_of
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage


def usage_in(answer: dict[str, object], endpoint: Endpoint = Endpoint.CHAT_COMPLETIONS) -> Usage | None:
    """The tokens that an answer or a chunk reports; None if it reports none, or only one side."""
    usage = answer.get("usage")
    if not isinstance(usage, dict):
        groq = answer.get("x_groq")
        usage = groq.get("usage") if isinstance(groq, dict) else None
    if not isinstance(usage, dict):
        return None
    return _embedded(usage) if endpoint is Endpoint.EMBEDDINGS else usage_of(usage, service_tier_of(answer))


def object_of(value: object) -> dict[str, object] | None:
    """A parsed answer or chunk; Google wraps an error, and only that, in an array."""
    if isinstance(value, list) and value and isinstance(value[0], dict) and has_error(value[0]):
        value = value[0]
    return value if isinstance(value, dict) else None


def has_error(answer: dict[str, object]) -> bool:
    """Whether a parsed answer or chunk is an error: OpenAI's shape, a flat one, or one inside its choice.

    Some servers write an `error` beside every answer. It counts there only if it says something."""
    if answer.get("object") == "error" or answer.get("type") == "error":
        return True
    error = answer.get("error")
    choices = answer.get("choices")
    if isinstance(choices, list):
        return says_error(error) or any(
            isinstance(choice, dict) and says_error(choice.get("error")) for choice in choices
        )
    if isinstance(answer.get("data"), list):
        return says_error(error)
    if error or is_unsuccessful(answer):
        return True
    return ("message" in answer and ("code" in answer or "type" in answer)) or "detail" in answer or is_blocked(answer)


def error_in(answer: dict[str, object]) -> object:
    """The part of an answer that says what went wrong."""
    if says_error(answer.get("error")):
        return answer
    choices = answer.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and says_error(choice.get("error")):
            return choice
    return answer


def says_something(answer: dict[str, object], request: ModelRequest) -> bool:
    """Whether an answer has any content: a vector, or a choice that has ended or says anything. Nothing has no vector,
    so that an empty list is the answer to an empty input."""
    if request.endpoint is Endpoint.EMBEDDINGS:
        has_vector = any(isinstance(each, dict) and each.get("embedding") for each in _listed(answer, "data"))
        return has_vector or (isinstance(answer.get("data"), list) and _is_empty(request.body.get("input")))
    return any(isinstance(choice, dict) and _is_answer(choice) for choice in _listed(answer, "choices"))


def _is_empty(given: object) -> bool:
    return not given or (isinstance(given, list) and not any(given))


def _is_answer(choice: dict[str, object]) -> bool:
    if choice.get("finish_reason") or choice.get("text"):
        return True
    said = choice.get("message") or choice.get("delta")
    return isinstance(said, dict) and any(value for name, value in said.items() if name != "role")


def _listed(answer: dict[str, object], name: str) -> list[object]:
    listed = answer.get(name)
    return listed if isinstance(listed, list) else []


def is_blocked(answer: dict[str, object]) -> bool:
    """How Gemini says that it refused a prompt: a reason, and no candidates."""
    feedback = answer.get("promptFeedback")
    return isinstance(feedback, dict) and bool(feedback.get("blockReason")) and not answer.get("candidates")


def _embedded(usage: dict[str, object]) -> Usage | None:
    """What was embedded. Voyage tells the total only, which is all input."""
    tokens = prompt_of(usage)
    if tokens is None:
        tokens = count_of(usage, "total_tokens")
    return None if tokens is None else Usage(tokens)
