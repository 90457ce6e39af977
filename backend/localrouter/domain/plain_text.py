"""Text of others made safe to stand in one line of a log or a terminal."""

from __future__ import annotations


def whole_text(text: str) -> str:
    """The text with U+FFFD for each half of a character. Headers, and JSON inside messages, may bring one (a lone
    surrogate); no answer and no record could hold it."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def one_line(text: str) -> str:
    """The text with every character that a terminal or a log would act on (line breaks, escapes, marks that turn the
    direction of writing, lone surrogates) written as an escape such as `\\x1b`. What stands outside ASCII is written as
    JSON writes it, so that JSON stays JSON."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def printable_lines(text: str) -> str:
    """As `one_line`, but line breaks and tabs stay: for text of ours that quotes others."""
    return "".join(char if char.isprintable() or char in "\n\t" else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return f"\\x{code:02x}"
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD7C0 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
