"""Writes the manual page `localrouter(1)` from the program's own help, so that both always say the same."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from localrouter import __version__
from localrouter.surfaces.cli.arguments import build_parser


def manual() -> str:
    return "\n".join(_lines(build_parser())) + "\n"


def _lines(parser: argparse.ArgumentParser) -> Iterator[str]:
    first, _, rest = (parser.description or "").strip().partition("\n")
    yield f'.TH LOCALROUTER 1 "" "LocalRouter {__version__}" "User Commands"'
    yield ".SH NAME"
    yield f"localrouter \\- {_text(first.rstrip('.')[:1].lower() + first.rstrip('.')[1:])}"
    yield ".SH SYNOPSIS"
    yield ".B localrouter\n[\\fIVERB\\fR] [\\fIOPTIONS\\fR]"
    yield ".SH DESCRIPTION"
    yield _text(rest.strip())
    yield from _options(parser)
    yield ".SH VERBS"
    for name, verb in _verbs(parser).items():
        yield f".SS {name}"
        yield from _paragraphs(verb.description or "")
        yield from _options(verb)
    yield ".SH EXIT STATUS"
    yield _text((parser.epilog or "").partition(": ")[2])
    yield ".SH FILES"
    yield ".TP\n.I ~/.localrouter"
    yield "Everything that LocalRouter keeps: configuration, keys, usage, logs."


def _verbs(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    [verbs] = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    return dict(verbs.choices)


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) or not action.help:
            continue
        words = ", ".join(action.option_strings) or _text(str(action.metavar or action.dest))
        value = action.metavar or action.dest.upper() if action.option_strings and action.nargs != 0 else ""
        yield f".TP\n.B {_text(words)} {_text(str(value))}".rstrip()
        yield _text(action.help.replace("%(prog)s", "localrouter"))


def _paragraphs(text: str) -> Iterator[str]:
    """Paragraphs are filled; the lines of an indented one are examples, and stay as they are."""
    for paragraph in text.strip().split("\n\n"):
        yield f".PP\n.nf\n{_text(paragraph)}\n.fi" if paragraph.startswith("  ") else f".PP\n{_text(paragraph)}"


def _text(words: str) -> str:
    escaped = words.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join(f"\\&{line}" if line[:1] in (".", "'") else line for line in escaped.splitlines())


if __name__ == "__main__":
    sys.stdout.write(manual())
