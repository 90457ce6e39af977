"""The only place that takes error bodies apart: what a provider, or a gateway before it, says in known fields.

Bodies come nested, flat, as arrays, as plain text, as JSON inside a message, and as what other gateways write around
another's error. Only known fields are read, so that a prompt echoed elsewhere is never looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from localrouter.dialects.errors.retry_after import NOTHING, RetryHint, from_fields
from localrouter.dialects.json_bodies.lenient import Unreadable, loads

_DEEPEST = 6
_LONGEST_TEXT = 20_000
_LONGEST_CODE = 120
_MOST_WRAPPINGS = 20
_CODE_FIELDS = ("code", "type", "status", "error_type", "errorType", "errorCode", "error_code", "__type", "reason")
_NUMBER_FIELDS = ("code", "status", "statusCode", "status_code", "raw_status_code")
_MESSAGE_FIELDS = ("message", "Message", "msg", "error_message", "errorMessage", "error_description", "detail", "title")
_CARRYING_FIELDS = ("raw", "cause", "upstream_error", "provider_error", "original_error", "originalError")
_INNER_FIELDS = (
    *("error", "errors", "detail", "details", "innererror", "inner_error", "innerError", "metadata"),
    *_CARRYING_FIELDS,
    "message",
)
_NOT_CODES = frozenset({"", "none", "null", "error", "failure", "false", "true"})
_SUCCESSES = frozenset({"", "0", "200", "ok", "success", "no_error"})

_VENDORS = (
    "openai|azure-openai|anthropic|openrouter|vertex|google-vertex|gemini|google-gemini|groq|mistral|mistral-ai|cohere|"
    "together|together-ai|deepinfra|cerebras|xai|x-ai|deepseek|perplexity|perplexity-ai|bedrock|aws-bedrock|fireworks|"
    "fireworks-ai|sambanova|novita|ollama"
)
_CLASSES = (
    "(?:API[A-Za-z]{0,20}|BadRequest|RateLimit|Authentication|PermissionDenied|NotFound|InternalServer|ServiceUnavailable|"
    "ContextWindowExceeded|ContentPolicyViolation|UnprocessableEntity|BudgetExceeded|InvalidRequest|Validation)Error"
)
# What gateways and client libraries write before the error that they hand on. The first group is a code or a status.
_WRAPPINGS = tuple(
    re.compile(pattern)
    for pattern in (
        r"litellm\.(\w{1,60}): ",
        rf"([A-Z]\w{{1,60}}Exception|{_CLASSES})(?: {_CLASSES})?(?: - |: )",
        r"Error code: (\d{3}) - ",
        r"(?:got status: )?(\d{3}) [A-Z][A-Za-z_ ]{1,40}\. (?=\{)",
        r"(?:API Error: )?([45]\d\d) (?=[\"{\[A-Z])",
        r"An error occurred \((\w{1,60})\) when calling the \w{1,60} operation(?: \([^)]{1,40}\))?: ",
        rf"(?:{_VENDORS}) error: (?:Provider returned error \| metadata: (?=\{{))?()",
        # What clients print of a status and then the body: Request failed with status code 400, Upstream returned 400.
        r"[A-Z\[](?:[\w .()/'-]|\[|\]){0,60}?\b([45]\d\d)\b[\w .()/\]-]{0,30}?[:,-]? ?(?=[{\[]\s*[\"{'])",
        r"(?i:(?:the )?(?:upstream|provider|backend|model|inference)(?: api| server| request)? (?:error|failed)): ()",
        r"(?:Value|Runtime)Error: ()",
        r"(?:Error|ERROR|error): ()",
        r"\[([45]\d\d)\] ",
        r"Invalid response received from [\w-]{1,40}: ()",
        r"Error from provider ?(?:\([^)]{0,100}\))?: ()",
        r"<LM Studio error> ()",
        r"type \w{1,60}, code (\w{1,60}), message ",
        r"Upstream request failed: ()",
        r"The model returned the following errors: ()",
        r"b(?=['\"][\[{])['\"]()",
        r"(?:event: ?error\s+)?data: ?(?=\{)()",
    )
)
_PYTHON_REPR = re.compile(r"\{'error': (?:\{(?:'code': '?(\w{1,60})'?, )?'message': )?['\"]")
_TAG = re.compile(rb"(?i)<(?:[!?]|/?(?:html|head|body|title|center|div|p|h\d|pre|script|style|meta|error|xml)\b)")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)s")


@dataclass(frozen=True, slots=True)
class ErrorDetails:
    """What one level of an error body says. `codes` are normalised, the more telling ones first; `headers` are those of
    an answer behind it that a gateway hands on."""

    codes: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    message: str = ""
    code: str | None = None
    param: str | None = None
    quotas: tuple[str, ...] = ()
    wait: RetryHint = NOTHING
    headers: Mapping[str, str] = field(default_factory=dict)
    flagged: bool = False


def details_of(body: bytes) -> tuple[ErrorDetails, ...]:
    """The levels of an error body, the innermost first; none for an empty body or a web page."""
    stripped = body.strip()
    if not stripped or is_web_page(stripped):
        return ()
    try:
        value = loads(stripped)
    except Unreadable:
        value = stripped[:_LONGEST_TEXT].decode("utf-8", "replace")
    return details_in(value)


def details_in(value: object) -> tuple[ErrorDetails, ...]:
    """The levels of an error that is already parsed, the innermost first."""
    return tuple(_walk(value, 0))


def is_web_page(body: bytes) -> bool:
    return _TAG.match(body.lstrip()) is not None


def says_error(value: object) -> bool:
    """Whether what stands in the place of an error says that there is one: by a message, a code, a number or a telling
    type. Servers also write empty ones, and codes that mean success."""
    if isinstance(value, str):
        return normalised(value) not in _SUCCESSES
    if isinstance(value, list):
        return any(map(says_error, value))
    if isinstance(value, dict):
        texts = (value.get(name) for name in _MESSAGE_FIELDS)
        codes = (value.get(name) for name in (*_CODE_FIELDS, *_NUMBER_FIELDS))
        return (
            any(isinstance(text, str) and says_error(text.strip()) for text in texts)
            or any(isinstance(code, str | int) and normalised(code) not in _SUCCESSES for code in codes)
            or any(isinstance(inner := value.get(name), dict | list) and says_error(inner) for name in _INNER_FIELDS)
        )
    return value is True or (isinstance(value, int) and normalised(value) not in _SUCCESSES)


def normalised(code: object) -> str:
    """A code in lower case with underscores; empty where the value is no code."""
    if isinstance(code, bool) or not isinstance(code, str | int):
        return ""
    text = str(code).strip().rpartition("#")[2].lower()
    if text in _NOT_CODES or len(text) > _LONGEST_CODE:
        return ""
    return text.replace("-", "_").replace(" ", "_")


def _walk(value: object, level: int) -> Iterator[ErrorDetails]:
    if level > _DEEPEST:
        return
    if isinstance(value, str):
        yield from _walk_text(value, level)
    elif isinstance(value, list) and value:
        yield from _walk(value[0], level + 1)
    elif isinstance(value, dict):
        yield from _walk_object(value, level)


def is_unsuccessful(answer: Mapping[str, object]) -> bool:
    """How MiniMax says in an answer with status 200 that it is none."""
    response = answer.get("base_resp")
    return isinstance(response, dict) and response.get("status_code") not in (0, None)


def _walk_object(value: dict[str, object], level: int) -> Iterator[ErrorDetails]:
    response = value.get("base_resp")
    if isinstance(response, dict):
        yield from _walk({"code": response.get("status_code"), "message": response.get("status_msg")}, level + 1)
    for name in _INNER_FIELDS:
        inner = value.get(name)
        if name == "details" and isinstance(inner, list):
            continue  # Google's, read with the level that they belong to
        if isinstance(inner, dict | list) or (name in _CARRYING_FIELDS and isinstance(inner, str)):
            yield from _walk(inner, level + 1)
        elif name in ("message", "detail") and isinstance(inner, str):
            plain = ErrorDetails(message=inner.strip())  # told again below, with its codes
            yield from (details for details in _walk_text(inner, level + 1) if details != plain)
    error = value.get("error")
    if isinstance(error, str) and not _first_text(value, _MESSAGE_FIELDS):
        yield from _walk_text(error, level + 1)
    yield _details(value)


def _walk_text(text: str, level: int) -> Iterator[ErrorDetails]:
    """Plain words, or an error that another one carries as text."""
    text = text[:_LONGEST_TEXT].strip()
    codes: list[str] = []
    numbers: list[int] = []
    for _ in range(_MOST_WRAPPINGS):
        wrapped = next(filter(None, (pattern.match(text) for pattern in _WRAPPINGS)), None)
        if wrapped is None:
            break
        text = text[wrapped.end() :].lstrip()
        if wrapped[1].isdecimal():  # a superscript is a digit, too, and no number
            numbers.append(int(wrapped[1]))
        elif wrapped[1]:
            codes.append(normalised(wrapped[1]))
        text = text.removeprefix('"')
    if text[:1] in ("{", "["):
        carried = _carried(text)
        if carried is not None:
            yield from _walk(carried, level + 1)
            text = ""
    yield ErrorDetails(codes=tuple(codes), numbers=tuple(numbers), message=text)


def _carried(text: str) -> object:
    """The JSON value that a text starts with; what a Python program printed of one is read as far as it is needed."""
    printed = _PYTHON_REPR.match(text)
    if printed:
        return {"code": printed[1], "message": text[printed.end() :].rstrip("'\"}")}
    for spelling in (text, text.replace("\\n", " ")):
        try:
            return json.JSONDecoder().raw_decode(spelling)[0]
        except (ValueError, RecursionError):
            continue
    return None


def _details(value: dict[str, object]) -> ErrorDetails:
    error = value.get("error")
    message = _first_text(value, _MESSAGE_FIELDS)
    named = [value.get(name) for name in _CODE_FIELDS]
    if isinstance(error, str) and message:
        named.append(error)
    reasons, quotas, delay = _google_details(value.get("details"))
    codes = tuple(code for code in map(normalised, (*reasons, *named)) if code)
    return ErrorDetails(
        codes=codes,
        numbers=tuple(number for name in _NUMBER_FIELDS if (number := _status_number(value.get(name)))),
        message=message or (error if isinstance(error, str) else ""),
        code=_shown_code(reasons, value),
        param=_text(value.get("param")) or _place(value.get("loc")),
        quotas=quotas,
        wait=RetryHint(delay) if delay is not None else from_fields(value),
        headers=_headers(value.get("headers")),
        flagged=_is_flagged(value),
    )


def _place(location: object) -> str | None:
    """Where in the request a validator found a fault: `["body", "store"]`."""
    if not isinstance(location, list) or not all(isinstance(step, str | int) for step in location):
        return None
    return ".".join(map(str, location)).removeprefix("body.") or None


def _is_flagged(value: dict[str, object]) -> bool:
    """Whether a moderation's verdict stands in the body: OpenRouter's, Azure's, or Gemini's own."""
    feedback = value.get("promptFeedback")
    blocked = isinstance(feedback, dict) and bool(feedback.get("blockReason")) and not value.get("candidates")
    return blocked or "flagged_input" in value or "content_filter_result" in value


def _shown_code(reasons: tuple[str, ...], value: dict[str, object]) -> str | None:
    """The code to show: a word before a number."""
    candidates = [*reasons, *(value.get(name) for name in ("code", "status", "type"))]
    shown = [str(one) for one in candidates if normalised(one)]
    return next((code for code in shown if not code.isdigit()), shown[0] if shown else None)


def _google_details(details: object) -> tuple[tuple[str, ...], tuple[str, ...], float | None]:
    """Reasons, ids of violated quotas and the delay to wait, from `google.rpc` details."""
    reasons: list[str] = []
    quotas: list[str] = []
    delay: float | None = None
    for detail in details if isinstance(details, list) else ():
        if not isinstance(detail, dict):
            continue
        reasons += [reason for reason in (detail.get("reason"),) if isinstance(reason, str)]
        violations = detail.get("violations")
        quotas += [
            str(violation.get("quotaId") or violation.get("quotaMetric") or "")
            for violation in (violations if isinstance(violations, list) else ())
            if isinstance(violation, dict)
        ]
        retry = detail.get("retryDelay")
        if isinstance(retry, str) and (seconds := _DURATION.fullmatch(retry)):
            delay = float(seconds[1])
    return tuple(reasons), tuple(quotas), delay


def _status_number(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600:
        return value
    return None


def _headers(value: object) -> dict[str, str]:
    """The headers of the answer behind this one: OpenRouter's `metadata.headers`."""
    if not isinstance(value, dict):
        return {}
    told = ((str(name).lower(), told) for name, told in value.items())
    return {name: str(told) for name, told in told if isinstance(told, str | int | float)}


def _first_text(value: dict[str, object], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := _text(value.get(name)))), "")


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
