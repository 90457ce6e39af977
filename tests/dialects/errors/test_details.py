"""Error bodies are taken apart whatever their shape, the innermost level first."""

from __future__ import annotations

import orjson
import pytest

from localrouter.dialects.errors.details import ErrorDetails, details_of, normalised

INNER = {"error": {"message": "in", "type": "insufficient_quota", "param": None, "code": None}}


def innermost(body: object) -> ErrorDetails:
    return details_of(body if isinstance(body, bytes) else orjson.dumps(body))[0]


@pytest.mark.parametrize(
    "body",
    [
        INNER,
        [INNER],
        INNER["error"],
        {"error": INNER},
        {"errors": [INNER["error"]]},
        {"detail": INNER},
        {"error": {"message": "Provider returned error", "code": 402, "metadata": {"raw": INNER}}},
        {
            "error": {
                "message": "Provider returned error",
                "code": 402,
                "metadata": {"raw": orjson.dumps(INNER).decode()},
            }
        },
        {"error": {"message": orjson.dumps(INNER).decode() + ". Received Model Group=x", "type": "None"}},
        {"error": {"message": "litellm.APIError: APIError: OpenAIException - " + orjson.dumps(INNER).decode()}},
        {"message": "Error code: 429 - " + orjson.dumps(INNER).decode()},
        b"event: error\ndata: " + orjson.dumps(INNER),
        b"data: " + orjson.dumps(INNER) + b"\n\n",
        b"openrouter error: Provider returned error | metadata: " + orjson.dumps({"raw": INNER}),
    ],
)
def test_the_innermost_error_comes_first(body: object) -> None:
    details = innermost(body)
    assert details.message == "in"
    assert details.codes == ("insufficient_quota",)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": "words"}, "words"),
        ({"code": "some code", "error": "words"}, "words"),
        ({"error": "some_code", "message": "words"}, "words"),
        ({"detail": "words"}, "words"),
        ({"detail": {"error": "words"}}, "words"),
        ({"detail": [{"loc": ["body"], "msg": "words", "type": "missing", "input": "other"}]}, "words"),
        ({"Message": "words"}, "words"),
        ({"errorMessage": "words", "errorType": "ValidationException"}, "words"),
        (b"words", "words"),
        (b'"words"', "words"),
        (b'429 "words"', 'words"'),
        ({"error": {"message": "Error code: 400 - {'error': {'code': 'x', 'message': 'words'}}"}}, "words"),
    ],
)
def test_the_message_is_found(body: object, message: str) -> None:
    assert innermost(body).message == message


def test_wrapped_text_tells_its_class_and_status() -> None:
    details = innermost(b"litellm.NotFoundError: Error code: 404 - gone")
    assert (details.codes, details.numbers, details.message) == (("notfounderror",), (404,), "gone")


def test_azures_inner_error_is_read() -> None:
    body = {"error": {"code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}
    assert innermost(body).codes == ("responsibleaipolicyviolation",)


def test_googles_details_are_read() -> None:
    details = [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"},
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": "PerDay"}, "odd"]},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "12s"},
        "odd",
    ]
    found = innermost({"error": {"code": 400, "message": "m", "status": "INVALID_ARGUMENT", "details": details}})
    assert found.codes[0] == "api_key_invalid"
    assert (found.quotas, found.wait.seconds, found.numbers) == (("PerDay",), 12.0, (400,))


@pytest.mark.parametrize("body", [b"", b"  ", b"<!DOCTYPE html><html>", b"\n<html>"])
def test_web_pages_and_nothing_say_nothing(body: bytes) -> None:
    assert details_of(body) == ()


@pytest.mark.parametrize(
    ("code", "spelled"),
    [
        ("Rate-Limit Exceeded", "rate_limit_exceeded"),
        ("com.amazon.coral.validate#ValidationException", "validationexception"),
        (1300, "1300"),
        (None, ""),
        ("None", ""),
        (True, ""),
        ({}, ""),
        ("x" * 200, ""),
    ],
)
def test_codes_are_spelled_alike(code: object, spelled: str) -> None:
    assert normalised(code) == spelled


@pytest.mark.parametrize(
    "message",
    ["litellm.²: x", "An error occurred (²) when calling the Converse operation: x", "type ³, code ²³, message x"],
)
def test_digits_that_are_no_number_are_no_status(message: str) -> None:
    for body in (message.encode(), orjson.dumps({"error": {"message": message}})):
        found = details_of(body)
        assert found[0].message == "x"
        assert all(details.numbers == () for details in found)
