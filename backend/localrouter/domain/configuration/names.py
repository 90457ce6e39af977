"""Decides when two names are the same, and which name is free."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

MAX_SUGGESTIONS = 3
OWN_EQUALITY = frozenset({"ollama"})  # presets whose providers take different names for the same model
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def fold(name: str) -> str:
    """The form in which names are compared: A to Z in lower case, everything else unchanged."""
    return name.lower() if name.isascii() else name.translate(_ASCII_LOWER)


def model_as_read(preset: str, model: str) -> str:
    """The form in which names of the same model are equal for its provider. Ollama ignores case, and reads `x` as
    `registry.ollama.ai/library/x:latest`; for others every letter counts."""
    if preset not in OWN_EQUALITY:
        return model
    return fold(model).removeprefix("registry.ollama.ai/").removeprefix("library/").removesuffix(":latest")


def equal_name(preset: str, model: str, names: Iterable[str]) -> str | None:
    """The first of the names that a provider treats as equal to a model's, where its equality is its own."""
    if preset not in OWN_EQUALITY:
        return None
    read = model_as_read(preset, model)
    return next((name for name in names if model_as_read(preset, name) == read), None)


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, or `wanted (2)`, `wanted (3)`, … if it is taken."""
    folded = {fold(name) for name in taken}
    if fold(wanted) not in folded:
        return wanted
    number = 2
    while fold(f"{wanted} ({number})") in folded:
        number += 1
    return f"{wanted} ({number})"


def possessive(name: str) -> str:
    """`aider's`, but `two dollars'`: a name that ends in s takes the apostrophe alone."""
    return f"{name}'" if name[-1:] in ("s", "S") else f"{name}'s"


def is_numbered(name: str, base: str) -> bool:
    """Whether `free_name(base, …)` could have returned `name`."""
    return re.fullmatch(re.escape(base) + r"( \([1-9]\d*\))?", name) is not None


def did_you_mean(wanted: str, names: Iterable[str]) -> str:
    """A question, with a leading space, that offers similar names; empty if there are none."""
    spelt = {fold(name): name for name in names}
    close = difflib.get_close_matches(fold(wanted), spelt, n=MAX_SUGGESTIONS)
    part = [name for name in spelt if len(wanted) > 1 and fold(wanted) in name and name not in close]
    near = [f'"{spelt[name]}"' for name in [*close, *part][:MAX_SUGGESTIONS]]
    return f" Did you mean {' or '.join(near)}?" if near else ""


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: 1 model, 2 models."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def shortened(text: str, longest: int) -> str:
    """The text in at most `longest` characters; an ellipsis marks a cut."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
