"""What only looks like a key in a provider's words. Known secrets are taken out first: a pattern that cuts one into
pieces would leave some that nobody recognises."""

from __future__ import annotations

import re

LONGEST_MESSAGE = 500  # characters
LONGEST_READ = 4_000

_KEYS = (
    re.compile(r"(?i)\b(bearer) +[^\s'\",;]{4,}"),
    re.compile(r"\b([Bb]asic) +(?=[a-z]*[A-Z0-9+/])[A-Za-z0-9+/]{8,}=*"),
    re.compile(r"(?i)((?:api[-_ ]?key|access[-_ ]?token|secret)(?: provided)?['\"]?\s*[:=]\s*['\"]?)[^\s'\",;]+"),
    re.compile(r"()\b(?:sk-|gsk_|xai-|pplx-|nvapi-|AIza|ya29\.|eyJ|ghp_|github_pat_)[\w.*-]{6,}"),
    re.compile(r"()\b(?:rk|pk|csk|hf|r8|tgp|fw|key|ak|AKIA)[-_]?(?P<digits>[\w.*-]{8,})"),
    re.compile(r"()(?<![\w-])(?=[A-Za-z0-9]*\d)(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{32,}(?![\w-])"),
)
_DIGIT = re.compile(r"[\d*]")


def scrubbed(message: str) -> str:
    """A provider's words without anything that looks like a key, and not too long."""
    text = message[:LONGEST_READ]
    for pattern in _KEYS:
        text = pattern.sub(_without_key, text)
    return text[:LONGEST_MESSAGE]


def _without_key(found: re.Match[str]) -> str:
    """What stands instead of a key. A word that begins like one is none without `digits`: that is asked here and not by
    the pattern, which would ask it again at every such beginning within one long word."""
    digits = found.groupdict().get("digits")
    if digits is not None and _DIGIT.search(digits) is None:
        return found[0]
    return f"{found[1]} [key]" if found[1].isalpha() else f"{found[1]}[key]"
