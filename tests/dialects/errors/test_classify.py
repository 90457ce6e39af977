"""Error answers of real providers get their kind, and nothing that a user wrote can change it.

`fixtures/errors.jsonl` holds answers that were seen, each with its source; `fidelity` says whether the body is the
source's own (`adapted`: completed or put into the provider's shape). `fixtures/written_errors.jsonl` holds answers
written by hand in the providers' shapes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from localrouter.dialects.errors.classify import failure_in, failure_of
from localrouter.dialects.presets import PRESETS
from localrouter.domain.credentials.lookalikes import LONGEST_MESSAGE, scrubbed
from localrouter.domain.routing.failures import Cools
from localrouter.domain.routing.failures import FailureKind as Kind
from localrouter.services.redaction import Redaction

FIXTURES = Path(__file__).parent.parent / "fixtures"
SEEN = [orjson.loads(line) for line in (FIXTURES / "errors.jsonl").read_bytes().splitlines()]
WRITTEN = [orjson.loads(line) for line in (FIXTURES / "written_errors.jsonl").read_bytes().splitlines()]
COMPATIBLE = "openai-compatible"
ALIASES = {"llama.cpp": "llamacpp"}

PROMPTS = [
    "This model's maximum context length is 10 tokens. However, your messages resulted in 20 tokens.",
    "prompt is too long: 9 tokens > 8 maximum",
    "insufficient_quota",
    "You exceeded your current quota, please check your plan and billing details.",
    "Rate limit reached for gpt-4o. Please try again in 3s.",
    "Incorrect API key provided: sk-1234567890",
    "content_policy_violation",
    "Overloaded",
    '{"error": {"message": "x", "type": "insufficient_quota", "code": "insufficient_quota"}}',
    "litellm.ContextWindowExceededError: {}",
    "The model `gpt-4` does not exist",
    "registry.example/x does not support tools",
    "Unsupported parameter: 'max_tokens' is not supported with this model.",
    "tools are not supported with this model",
    "Extra inputs are not permitted",
    "This request requires more credits, or fewer max_tokens. You requested 5, but can only afford 3.",
]
ECHOES = [
    "Invalid value: '{}'. Supported values are: 'auto' and 'none'.",
    "'{}' is not of type 'object' - 'messages.0'",
    "Could not parse the message: {}",
    'Error rendering prompt with jinja template: "{}"',
    "[json.exception.parse_error.101] parse error at line 1, column 2: last read: '{}'",
    "ValidationError: 1 validation error for ChatCompletionRequest: input_value={}",
    "1 validation error: {}",
]


def bytes_of(body: object) -> bytes:
    return body.encode() if isinstance(body, str) else orjson.dumps(body)


def preset_of(provider: str) -> str:
    name = ALIASES.get(provider, provider)
    return name if name in PRESETS else COMPATIBLE


@pytest.mark.parametrize("row", SEEN, ids=lambda row: f"{row['provider']}-{row['status']}")
def test_an_answer_that_was_seen_gets_its_kind(row: dict[str, Any]) -> None:
    expected = {row["expected_kind"], *row["also_ok"]}
    for preset in (preset_of(row["provider"]), COMPATIBLE):
        failure = failure_of(row["status"], row["headers"], bytes_of(row["body"]), preset)
        assert failure.kind in expected
        assert failure.message
        if "retry_after" in row:
            assert failure.retry_after == row["retry_after"]


@pytest.mark.parametrize("row", WRITTEN, ids=lambda row: f"{row['preset']}-{row['status']}")
def test_a_written_answer_gets_its_kind(row: dict[str, Any]) -> None:
    failure = failure_of(row["status"], {}, bytes_of(row["body"]), row["preset"])
    assert failure.kind == row["expected_kind"]


def test_the_seen_answers_cover_every_kind_a_provider_can_cause() -> None:
    assert {row["expected_kind"] for row in SEEN + WRITTEN} == set(Kind) - {Kind.CANCELLED}
    assert len(SEEN) >= 58 + 60 + 70


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("echo", ECHOES)
def test_a_prompt_inside_a_message_does_not_change_the_kind(echo: str, prompt: str) -> None:
    message = echo.replace("{}", prompt)
    for error in ({"message": message, "type": "invalid_request_error", "param": None, "code": None},):
        for preset in PRESETS:
            assert failure_of(400, {}, orjson.dumps({"error": error}), preset).kind is Kind.INVALID_REQUEST
            assert failure_of(500, {}, orjson.dumps({"error": error}), preset).kind is Kind.SERVER_ERROR


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_prompt_as_the_name_of_a_field_is_a_field_that_is_not_taken(prompt: str) -> None:
    body = orjson.dumps({"error": {"message": f"Unrecognized request argument supplied: {prompt}", "code": None}})
    for preset in PRESETS:
        assert failure_of(400, {}, body, preset).kind is Kind.UNSUPPORTED
        assert failure_of(500, {}, body, preset).kind is Kind.SERVER_ERROR


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_prompt_in_an_unknown_field_does_not_change_the_kind(prompt: str) -> None:
    body = {
        "detail": [
            {"type": "string_type", "loc": ["body", "messages"], "msg": "Input should be valid", "input": prompt}
        ],
        "failed_generation": prompt,
        "input": {"error": {"code": "insufficient_quota", "message": prompt}},
    }
    assert failure_of(422, {}, orjson.dumps(body), COMPATIBLE).kind is Kind.INVALID_REQUEST


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, Kind.NOT_FOUND),
        (400, Kind.INVALID_REQUEST),
        (401, Kind.AUTH),
        (402, Kind.QUOTA_EXHAUSTED),
        (403, Kind.AUTH),
        (404, Kind.NOT_FOUND),
        (408, Kind.UNREACHABLE),
        (413, Kind.INVALID_REQUEST),
        (418, Kind.INVALID_REQUEST),
        (422, Kind.INVALID_REQUEST),
        (429, Kind.RATE_LIMITED),
        (500, Kind.SERVER_ERROR),
        (501, Kind.NOT_FOUND),
        (502, Kind.SERVER_ERROR),
        (503, Kind.OVERLOADED),
        (504, Kind.UNREACHABLE),
        (520, Kind.SERVER_ERROR),
        (529, Kind.OVERLOADED),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>x</html>", b"{}", b"null", b"[]", b"\xff\xfe", b'{"error":{}}'])
def test_a_body_that_says_nothing_leaves_it_to_the_status(status: int, kind: Kind, body: bytes) -> None:
    for preset in PRESETS:
        failure = failure_of(status, {}, body, preset)
        assert (failure.kind, failure.status) == (kind, status)
        assert failure.message


def test_a_code_of_another_kind_wins_over_the_status() -> None:
    body = orjson.dumps({"error": {"message": "Slow.", "type": "requests", "code": "rate_limit_exceeded"}})
    assert failure_of(503, {}, body, "openai").kind is Kind.RATE_LIMITED


def test_a_failure_carries_what_the_provider_said() -> None:
    error = {"message": " Too long. ", "type": "invalid_request_error", "param": "messages"}
    body = orjson.dumps({"error": {**error, "code": "context_length_exceeded"}})
    failure = failure_of(400, {}, body, "openai")
    assert (failure.message, failure.code, failure.param, failure.status) == (
        "Too long.",
        "context_length_exceeded",
        "messages",
        400,
    )


def test_a_number_is_a_code_only_where_there_is_no_word() -> None:
    assert failure_of(400, {}, b'{"error":{"message":"m","code":400,"status":"INVALID_ARGUMENT"}}', "gemini").code == (
        "INVALID_ARGUMENT"
    )
    assert failure_of(402, {}, b'{"error":{"message":"m","code":402}}', "openrouter").code == "402"
    assert failure_of(400, {}, b'{"error":{"message":"m","code":null,"type":"None"}}', "openai").code is None


def test_the_wait_comes_from_the_first_place_that_tells_it() -> None:
    delayed = {
        "error": {
            "code": 429,
            "message": "Quota exceeded.",
            "status": "RESOURCE_EXHAUSTED",
            "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}],
        }
    }
    assert failure_of(429, {}, orjson.dumps(delayed), "gemini").retry_after == 34.5
    assert failure_of(429, {"Retry-After": "2"}, orjson.dumps(delayed), "gemini").retry_after == 2
    words = b'{"error":{"message":"Rate limit reached. Please try again in 4.77s.","code":"rate_limit_exceeded"}}'
    assert failure_of(429, {"x-ratelimit-reset-requests": "6m0s"}, words, "groq").retry_after == 4.77
    assert failure_of(429, {"x-ratelimit-reset-requests": "6m0s"}, b"", "openai").retry_after == 360
    assert failure_of(400, {"x-ratelimit-reset-requests": "6m0s"}, words[:10], "openai").retry_after is None


def test_googles_same_words_are_told_apart_by_the_quota() -> None:
    def kind(quota: str) -> Kind:
        detail = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}]}
        error = {"code": 429, "message": "You exceeded your current quota.", "status": "RESOURCE_EXHAUSTED"}
        return failure_of(429, {}, orjson.dumps({"error": {**error, "details": [detail]}}), "gemini").kind

    assert kind("GenerateRequestsPerDayPerProjectPerModel-FreeTier") is Kind.QUOTA_EXHAUSTED
    assert kind("GenerateRequestsPerMinutePerProjectPerModel-FreeTier") is Kind.RATE_LIMITED


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (413, "Request too large. Limit 30000, Requested 34026", Kind.RATE_LIMITED),
        (429, "rate limit, 14023 tokens used", Kind.RATE_LIMITED),
        (500, "upstream request id 8f402ab", Kind.SERVER_ERROR),
    ],
)
def test_digits_inside_a_message_are_no_status(status: int, message: str, kind: Kind) -> None:
    for preset in PRESETS:
        assert failure_of(status, {}, orjson.dumps({"error": {"message": message}}), preset).kind is kind


def test_what_repeating_cannot_help_is_final() -> None:
    body = b'{"error":{"message":"Request too large for gpt-4o on tokens per min (TPM): Limit 3, Requested 4."}}'
    assert failure_of(429, {}, body, "openai").final
    assert failure_of(429, {"X-Should-Retry": "false"}, b"", "openai").final
    assert not failure_of(429, {}, b"", "openai").final


@pytest.mark.parametrize(
    ("value", "kind", "status"),
    [
        ({"error": {"message": "m", "code": 429}}, Kind.RATE_LIMITED, 429),
        ({"error": {"message": "m", "type": "server_error"}}, Kind.SERVER_ERROR, None),
        ({"error": {"message": "m", "type": "invalid_request_error"}}, Kind.INVALID_REQUEST, 400),
        ({"error": {"message": "m", "code": 400}}, Kind.INVALID_REQUEST, 400),
        ({"error": "Overloaded"}, Kind.OVERLOADED, None),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, Kind.OVERLOADED, None),
        ({"error": {}}, Kind.SERVER_ERROR, None),
    ],
)
def test_an_error_inside_an_answer_is_judged_without_a_status(value: object, kind: Kind, status: int | None) -> None:
    failure = failure_in(value, "openai")
    assert (failure.kind, failure.status) == (kind, status)
    assert failure.message


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Incorrect API key provided: sk-proj-abc***********wxyz.", "Incorrect API key provided: [key]"),
        ("Incorrect API key provided: na***ys. You", "Incorrect API key provided: [key] You"),
        ("key sk-ant-api03-abcdefgh is bad", "key [key] is bad"),
        ("gsk_abcdefgh12345678 is bad", "[key] is bad"),
        ("AIzaSyA1234567890abcdefghijklmnop is bad", "[key] is bad"),
        ("Authorization: Bearer abc.def is bad", "Authorization: Bearer [key] is bad"),
        ("Key Hash = 88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539", "Key Hash = [key]"),
        (
            "organization org-446a70bb2cc542e3960c0b7f05e4e0e1 is",
            "organization org-446a70bb2cc542e3960c0b7f05e4e0e1 is",
        ),
        ("team 16f2151a-40f4-4a80-8ad0-cae00c27e8dd is", "team 16f2151a-40f4-4a80-8ad0-cae00c27e8dd is"),
        ("API key not valid. Please pass a valid API key.", "API key not valid. Please pass a valid API key."),
        ("invalid x-api-key", "invalid x-api-key"),
    ],
)
def test_keys_are_taken_out_of_messages(message: str, shown: str) -> None:
    assert scrubbed(message) == shown
    body = orjson.dumps({"error": {"message": message, "code": "invalid_api_key"}})
    assert Redaction().of(failure_of(401, {}, body, "openai")).message == shown


def test_long_messages_are_cut() -> None:
    body = orjson.dumps({"error": {"message": "word " * 100_000}})
    assert len(Redaction().of(failure_of(400, {}, body, "openai")).message) <= LONGEST_MESSAGE


def test_a_key_at_the_cut_is_taken_out_before() -> None:
    message = "x " * (LONGEST_MESSAGE // 2 - 3) + "sk-proj-abcdefghijklmnop"
    assert "sk-" not in scrubbed(message)


@pytest.mark.parametrize("depth", [10, 300, 1_000])
def test_nested_nonsense_is_survived(depth: int) -> None:
    body = b'{"error":' * depth + b'"x"' + b"}" * depth
    assert failure_of(400, {}, body, COMPATIBLE).kind is Kind.INVALID_REQUEST
    carried = orjson.dumps({"error": {"message": "[" * 15_000}})
    assert failure_of(400, {}, carried, COMPATIBLE).kind is Kind.INVALID_REQUEST


@pytest.mark.parametrize(
    ("status", "error", "cools"),
    [
        (401, {"message": "Who are you?"}, Cools.PROVIDER),
        (403, {"message": "Not for you."}, None),
        (403, {"message": "Invalid API key", "code": "invalid_api_key"}, None),
        (400, {"message": "Incorrect API key provided."}, Cools.PROVIDER),
        (200, {"message": "No.", "type": "permission_error"}, None),
        (402, {"message": "Insufficient credits."}, None),
        (429, {"message": "You exceeded your current quota.", "code": "insufficient_quota"}, Cools.PROVIDER),
        (402, {"message": "Prompt tokens limit exceeded: 230799 > 91442. To increase, visit"}, Cools.NOTHING),
        (
            402,
            {"message": "This request requires more credits, or fewer max_tokens. You requested 9, can only afford 5"},
            Cools.NOTHING,
        ),
        (
            402,
            {"message": "This request requires more credits, or fewer max_tokens. You requested 9, can only afford 0."},
            None,
        ),
        (429, {"message": "Slow down.", "code": "rate_limit_exceeded"}, None),
    ],
)
def test_how_far_the_words_of_a_provider_reach(status: int, error: dict[str, object], cools: Cools | None) -> None:
    body = orjson.dumps({"error": error})
    failure = failure_of(status, {}, body, COMPATIBLE) if status != 200 else failure_in({"error": error}, COMPATIBLE)
    assert failure.cools is cools


NOON = 1_795_000_000
MIDNIGHT = NOON + 43_200


@pytest.mark.parametrize(
    ("headers", "error", "seconds", "at"),
    [
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(MIDNIGHT)}, {}, None, MIDNIGHT),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(MIDNIGHT * 1000)}, {}, None, MIDNIGHT),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "43200"}, {}, 43_200, None),
        ({"x-ratelimit-remaining-requests-day": "0", "x-ratelimit-reset-requests-day": "43200.5"}, {}, 43_200.5, None),
        ({"RateLimit": "limit=50, remaining=0, reset=43200"}, {}, 43_200, None),
        ({"Retry-After": str(MIDNIGHT)}, {}, None, MIDNIGHT),
        ({"retry-after-ms": "43200000"}, {}, 43_200, None),
        ({}, {"metadata": {"headers": {"X-RateLimit-Remaining": 0, "X-RateLimit-Reset": MIDNIGHT}}}, None, MIDNIGHT),
        ({}, {"resets_at": MIDNIGHT}, None, MIDNIGHT),
        ({}, {"retry_after": 43_200}, 43_200, None),
        ({"Retry-After": "1"}, {}, None, None),
    ],
)
def test_the_reset_of_a_quota_is_read_wherever_it_stands(
    headers: dict[str, str], error: dict[str, object], seconds: float | None, at: float | None
) -> None:
    error = {"message": "Rate limit exceeded: free-models-per-day.", "code": 429} | error
    failure = failure_of(429, headers, orjson.dumps({"error": error}), "openrouter")
    assert (failure.kind, failure.retry_after, failure.resets_at) == (Kind.QUOTA_EXHAUSTED, seconds, at)


def test_a_day_that_a_message_names_is_the_reset() -> None:
    said = "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."
    failure = failure_of(400, {}, orjson.dumps({"error": {"message": said}}), "anthropic")
    assert (failure.kind, failure.resets_at) == (Kind.QUOTA_EXHAUSTED, 1_796_083_200)


@pytest.mark.parametrize(
    "message",
    [
        "Invalid value: 'xhigh'. Supported values are: 'low', 'medium', and 'high'.",
        "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) is supported.",
        "max_tokens is too large: 100000. This model supports at most 16384 completion tokens, you gave 100000.",
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        "tools.0.function.name: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.",
    ],
)
def test_a_wrong_value_is_the_clients_own_mistake(message: str) -> None:
    body = orjson.dumps({"error": {"message": message, "type": "invalid_request_error", "code": None}})
    for preset in PRESETS:
        assert failure_of(400, {}, body, preset).kind is Kind.INVALID_REQUEST


@pytest.mark.parametrize(
    "carry",
    [
        lambda inner: {"error": {"message": "Provider returned error", "code": 502, "metadata": {"raw": inner}}},
        lambda inner: {"error": {"message": inner, "type": "None", "param": "None", "code": "500"}},
        lambda inner: {"error": {"message": f"litellm.APIError: APIError: OpenAIException - {inner}", "code": "500"}},
        lambda inner: {"error": {"message": f"Upstream returned 400 (Bad Request): {inner}"}},
        lambda inner: {"error": {"message": f"Request failed with status code 400: {inner}", "type": "upstream_error"}},
        lambda inner: {"error": f"Error: {inner}"},
        lambda inner: {"detail": inner},
        lambda inner: f"upstream error: {inner}",
    ],
)
@pytest.mark.parametrize("status", [400, 500, 502, 503])
def test_an_overflow_is_recognised_inside_anothers_error(carry: Callable[[str], object], status: int) -> None:
    inner = orjson.dumps(
        {"object": "error", "message": "This model's maximum context length is 8192 tokens. However, …", "code": 400}
    ).decode()
    for preset in ("openrouter", COMPATIBLE):
        assert failure_of(status, {}, bytes_of(carry(inner)), preset).kind is Kind.CONTEXT_LENGTH_EXCEEDED


@pytest.mark.parametrize("status", [400, 413, 500, 502])
@pytest.mark.parametrize(
    "sentence",
    [
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.",
        "Context size has been exceeded.",
        "Cannot truncate prompt with n_keep (15028) >= n_ctx (7424)",
        "the input length exceeds the context length",
        "input (5000 tokens) is too large to process. increase the physical batch size (current batch size: 512)",
        "Requested tokens (2285) exceed context window of 2048",
    ],
)
def test_an_overflow_is_recognised_as_a_plain_sentence(status: int, sentence: str) -> None:
    for body in (sentence, {"error": sentence}, {"message": sentence}, {"detail": sentence}):
        for preset in ("ollama", "llamacpp", "lmstudio", COMPATIBLE):
            assert failure_of(status, {}, bytes_of(body), preset).kind is Kind.CONTEXT_LENGTH_EXCEEDED


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("key-key-key-" * 3, "key-key-key-" * 3),
        ("see hf-hub-docs-page and key1-key-key-key-key", "see hf-hub-docs-page and [key]"),
        ("x.key-abcdefg*", "x.[key]"),
        ("pk_abcdefgh1", "[key]"),
        ("r8.abc-key-abcdefgh9", "[key]"),
    ],
)
def test_a_word_that_begins_like_a_key_is_one_where_it_has_a_digit(message: str, shown: str) -> None:
    assert scrubbed(message) == shown


MOMENT = 1_790_000_000


@pytest.mark.parametrize(
    ("headers", "error", "seconds", "at"),
    [
        ({"X-Retry-After": "7"}, {}, 7, None),
        ({"x-ms-retry-after-ms": "700"}, {}, 0.7, None),
        ({"x-ratelimit-reset": str(MOMENT * 1_000)}, {}, None, MOMENT),
        ({"x-ratelimit-reset-after": "12"}, {}, 12, None),
        ({}, {"retry_after_ms": 3_000}, 3, None),
        ({}, {"retryAfterMs": "3000"}, 3, None),
        ({}, {"retry_after": "3"}, 3, None),
        ({}, {"retry-after": "1m3s"}, 63, None),
        ({}, {"retryDelay": "34s"}, 34, None),
        ({}, {"resets_at": "2026-09-21T13:33:20Z"}, None, 1_789_997_600),
        ({}, {"resetTime": MOMENT}, None, MOMENT),
        ({}, {"reset_ms": MOMENT * 1_000}, None, MOMENT),
        ({}, {"reset_seconds": 40}, 40, None),
        ({}, {"metadata": {"headers": {"Retry-After": "9"}}}, 9, None),
        ({}, {"metadata": {"headers": {"retry-after-ms": "900"}}}, 0.9, None),
        ({}, {"metadata": {"headers": {"X-RateLimit-Reset": str(MOMENT * 1_000)}}}, None, MOMENT),
        ({}, {"metadata": {"retry_after_seconds": 9}}, 9, None),
        ({}, {"message": "Please wait 2 minutes and 30 seconds"}, 150, None),
        ({}, {"message": "The rate limit resets in 45 sec"}, 45, None),
        ({}, {"message": f"Your limit resets at {MOMENT}"}, None, MOMENT),
        ({}, {"retry_count": 3, "reset": True, "wait": None}, None, None),
    ],
)
def test_a_reset_is_found_wherever_it_stands(
    headers: dict[str, str], error: dict[str, object], seconds: float | None, at: float | None
) -> None:
    body = orjson.dumps({"error": {"message": "Slow down", **error}})
    failure = failure_of(429, headers, body, "openai-compatible")
    assert (failure.kind, failure.retry_after, failure.resets_at) == (Kind.RATE_LIMITED, seconds, at)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Rate limit reached for requests per day. Please try again in 6h0m0s", Kind.QUOTA_EXHAUSTED),
        ("limit of 1000 requests per day reached", Kind.QUOTA_EXHAUSTED),
        ("Too many requests: 24h limit", Kind.QUOTA_EXHAUSTED),
        ("Rate limit exceeded: 200 requests/day", Kind.QUOTA_EXHAUSTED),
        ("Rate limit exceeded: 20 requests per minute. Your plan has 1000 requests per day.", Kind.RATE_LIMITED),
        ("Rate limit exceeded: 20 requests/min, 1000 a day", Kind.RATE_LIMITED),
        ('Rate limit exceeded for "what I do per day"', Kind.RATE_LIMITED),
        ("Too many requests", Kind.RATE_LIMITED),
    ],
)
def test_a_limit_that_counts_a_day_is_a_quota(message: str, kind: Kind) -> None:
    assert failure_of(429, {}, orjson.dumps({"error": {"message": message}}), "openai-compatible").kind is kind
