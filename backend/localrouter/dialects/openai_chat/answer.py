"""Reads what an OpenAI-like answer says about itself: its tokens, and whether it is an error."""

from __future__ import annotations

from localrouter.dialects.errors.details import says_error
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage
from localrouter.domain.models.pricing import ORDINARY_SERVICE_TIERS

MAX_REPORTED_TOKENS = 100_000_000  # ten times the longest context window there is; what claims more is not believed
_READ, _WRITTEN = "cache_read_input_tokens", "cache_creation_input_tokens"
_WRITTEN_1H = "ephemeral_1h_input_tokens"
_CACHED = ("prompt_cache_hit_tokens", "cached_tokens", _READ)


def usage_in(answer: dict[str, object], endpoint: Endpoint = Endpoint.CHAT_COMPLETIONS) -> Usage | None:
    """The tokens that an answer or a chunk reports; None if it reports none, or only one side."""
    usage = answer.get("usage")
    if not isinstance(usage, dict):
        groq = answer.get("x_groq")
        usage = groq.get("usage") if isinstance(groq, dict) else None
    if not isinstance(usage, dict):
        return None
    return _embedded(usage) if endpoint is Endpoint.EMBEDDINGS else _usage(usage, _service_tier(answer))


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
    if error:
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
    tokens = _prompt(usage)
    if tokens is None:
        tokens = _count(usage, "total_tokens")
    return None if tokens is None else Usage(tokens)


def _usage(usage: dict[str, object], service_tier: str | None) -> Usage | None:
    prompt, completion = _prompt(usage), _count(usage, "completion_tokens", "output_tokens")
    total = _count(usage, "total_tokens")
    if completion is None and prompt is not None and total is not None:
        completion = max(0, total - prompt)
    if prompt is None or completion is None:
        return None
    reasoning = _detail(usage, "reasoning_tokens", "completion_tokens_details", "output_tokens_details") or 0
    cached = _detail(usage, "cached_tokens", "prompt_tokens_details", "input_tokens_details")
    if cached is None:
        cached = _count(usage, *_CACHED) or 0
    written = _detail(usage, "cache_write_tokens", "prompt_tokens_details") or _count(usage, _WRITTEN) or 0
    # A part larger than its whole was counted beside it, or not at all: take the larger of both readings.
    is_beside = cached + written > prompt
    if is_beside:
        prompt += cached + written
    # xAI and Gemini count reasoning in the total only.
    apart = max(0, (total or 0) - prompt - completion)
    output = completion + apart
    is_guess = (is_beside and total != prompt + completion) or reasoning > output
    return Usage(
        input_tokens=prompt,
        output_tokens=output + reasoning if reasoning > output else output,
        cached_tokens=cached,
        reasoning_tokens=max(reasoning, apart),
        estimated=is_guess,
        cache_write_tokens=written,
        audio_input_tokens=_detail(usage, "audio_tokens", "prompt_tokens_details", "input_tokens_details") or 0,
        audio_output_tokens=_detail(usage, "audio_tokens", "completion_tokens_details", "output_tokens_details") or 0,
        service_tier=service_tier,
        cache_write_1h_tokens=min(written, _detail(usage, _WRITTEN_1H, "cache_creation") or 0),
    )


def _service_tier(answer: dict[str, object]) -> str | None:
    tier = answer.get("service_tier")
    return tier if isinstance(tier, str) and tier not in ORDINARY_SERVICE_TIERS else None


def _prompt(usage: dict[str, object]) -> int | None:
    """All input. Anthropic's `input_tokens` leave out what it reads from its cache and writes to it."""
    prompt = _count(usage, "prompt_tokens")
    if prompt is not None:
        return prompt
    fresh = _count(usage, "input_tokens")
    return None if fresh is None else fresh + (_count(usage, _READ) or 0) + (_count(usage, _WRITTEN) or 0)


def _count(usage: dict[str, object], *names: str) -> int | None:
    for name in names:
        value = usage.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_REPORTED_TOKENS:
            return value
    return None


def _detail(usage: dict[str, object], name: str, *places: str) -> int | None:
    for place in places:
        details = usage.get(place)
        if isinstance(details, dict) and (count := _count(details, name)) is not None:
            return count
    return _count(usage, name) if name == "reasoning_tokens" else None
