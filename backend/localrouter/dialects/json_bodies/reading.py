"""Reads the top of a program's JSON body, in any dialect: an object that is neither too deep nor too large, its model
and its switches. What is wrong is refused with a sentence for the user.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import orjson

from localrouter.dialects.json_bodies import as_written
from localrouter.dialects.json_bodies.number_lists import loads
from localrouter.dialects.json_bodies.refusals import too_many
from localrouter.dialects.json_bodies.weight import LIGHT, MAX_CONTAINERS, Weigher
from localrouter.domain.errors import Finding, Invalid

MAX_DEPTH = 128
MAX_EXACT = 2.0**53  # beyond it, a float stands for several whole numbers
MAX_MODEL_NAME = 512  # characters

Body = bytes | bytearray


def _weighed(raw: Body) -> Weigher:
    weigher = Weigher()
    if (excess := weigher.feed(bytes(raw))) is not None:
        raise too_many(excess)
    return weigher


def object_in(raw: Body, weigher: Weigher | None, known: Collection[str]) -> dict[str, object]:
    """The object in a body. Servers differ in how strictly they read names, so that a name which only looks like one of
    the `known` is refused: what is read here would not be what counts there."""
    if weigher is None and len(raw) > LIGHT:
        weigher = _weighed(raw)
    if weigher is not None and weigher.deepest > MAX_DEPTH:
        raise _too_deep()
    body = _value_of(raw, weigher)
    if not isinstance(body, dict):
        raise Invalid("The request body must be a JSON object.")
    if weigher is None and raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
        _refuse_depth(body)
    if (name := look_alike(body, known)) is not None:
        raise refused(name, f"The field {name} is not known. Did you mean {name.casefold()}?")
    return body


def _value_of(raw: Body, weigher: Weigher | None) -> object:
    """The fast parser's word where it reads the text and keeps its numbers, else the lenient one's."""
    runs = () if weigher is None else weigher.runs
    try:
        value = loads(raw, runs)
    except orjson.JSONDecodeError as problem:
        if problem.msg.startswith("depth limit"):
            raise _too_deep() from None
        return _leniently(raw, weigher, str(problem))
    is_long = as_written.may_be_rounded(raw) if weigher is None else weigher.has_long_number
    return _leniently(raw, weigher, "a number is too long") if is_long and as_written.has_large_float(value) else value


def _leniently(raw: Body, weigher: Weigher | None, problem: str) -> object:
    runs = () if weigher is None else weigher.runs
    try:
        return loads(raw, runs, as_written.loads)
    except RecursionError:
        raise _too_deep() from None
    except as_written.Refused as refusal:
        raise Invalid(f"The request body is not valid JSON: {refusal}.") from None
    except ValueError:
        raise Invalid(f"The request body is not valid JSON: {problem}.") from None


def _refuse_depth(body: dict[str, object]) -> None:
    level: list[object] = [body]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise _too_deep()


def refuse_many(path: str, items: list[object]) -> None:
    if len(items) > MAX_CONTAINERS:
        raise too_many_parts(path)


def too_many_parts(path: str) -> Invalid:
    return refused(path, f"{path} has more than {MAX_CONTAINERS:,} parts.")


def _too_deep() -> Invalid:
    return Invalid(f"The request body is nested deeper than {MAX_DEPTH} levels.")


def refused(path: str, message: str) -> Invalid:
    return Invalid(message, (Finding(path, message),))


def model_in(body: dict[str, object]) -> str:
    model = body.get("model")
    if model is None:
        raise refused("model", "model is missing. Name one, such as localrouter/auto.")
    if not isinstance(model, str):
        raise refused("model", "model must be a string.")
    if not model.strip():
        raise refused("model", "model is empty. Name one, such as localrouter/auto.")
    if as_written.REPLACEMENT in model:
        raise refused("model", "model has a character in it that could not be read.")
    if len(model) > MAX_MODEL_NAME:
        raise refused("model", f"model is longer than {MAX_MODEL_NAME} characters.")
    return model


def flag_in(body: dict[str, object], name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise refused(name, f"{name} must be true or false.")
    return bool(value)


def make_whole(body: dict[str, object], names: Iterable[str]) -> None:
    """Write whole numbers as such: some programs send 100.0 for 100, which some servers refuse."""
    if float in map(type, body.values()):
        for name in names:
            value = body.get(name)
            if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_EXACT:
                body[name] = int(value)


def look_alike(names: Iterable[str], known: Collection[str]) -> str | None:
    """The first unknown name that a server which ignores case would take for a known one."""
    return next((name for name in names if name not in known and name.casefold() in known), None)


def utf8_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
