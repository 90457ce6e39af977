"""Every class that a page names is defined, and every class of a module is named: no sheet dresses what is gone."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent.parent / "ui" / "src"
SHEET = re.compile(r'import (?:(\w+) from )?"(\.{1,2}/[^"]*\.css)"')
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
OPENING = re.compile(r"className=(?:\"([^\"]*)\"|\{)")
COMPARED = re.compile(r"[!=]== *\"[^\"]*\"")
QUOTED = re.compile(r"\"([^\"]*)\"")
TEMPLATE = re.compile(r"`([^`]*)`")
FROM_LIBRARIES = {"lucide"}  # and what a chart's library calls its parts
LIBRARY = re.compile(r"u-.*|uplot")

Sources = Mapping[str, str]


def defined(sheet: str) -> set[str]:
    plain = re.sub(r"/\*.*?\*/|url\([^)]*\)|\"[^\"]*\"", "", sheet, flags=re.S)
    selectors = re.findall(r"([^{};]+)\{", plain)
    return {name for selector in selectors if not selector.strip().startswith("@") for name in CLASS.findall(selector)}


def expression(text: str, start: int) -> str:
    """What stands from here to the brace that closes it."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at]
    return text[start:]


def named(text: str) -> Iterator[str]:
    """The plain words in the `className`s of a source."""
    for found in OPENING.finditer(text):
        if found[1] is not None:
            yield from found[1].split()
            continue
        inside = COMPARED.sub("", expression(text, found.end()))
        plain = [
            *QUOTED.findall(inside),
            *(re.sub(r"\S*\$\{[^}]*\}\S*", " ", text) for text in TEMPLATE.findall(inside)),
        ]
        yield from (word for words in plain for word in words.split())


def plain_violations(sources: Sources) -> Iterator[str]:
    sheets = [text for path, text in sources.items() if path.endswith(".css") and not path.endswith(".module.css")]
    everywhere = set().union(*(defined(text) for text in sheets)) if sheets else set()
    for path, text in sources.items():
        if path.endswith(".tsx"):
            for name in sorted(set(named(text)) - everywhere):
                yield f"{path} names the class {name}, which no sheet for all pages defines"


def module_violations(sources: Sources) -> Iterator[str]:
    sheets = {path: defined(text) for path, text in sources.items() if path.endswith(".css")}
    unused = {path: names for path, names in sheets.items() if path.endswith(".module.css")}
    known = {path: set(names) for path, names in sheets.items()}
    for path, text in sources.items():
        for name, target in SHEET.findall(text):
            sheet = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if sheet not in known:
                yield f"{path} imports {target}, which is not there"
            if sheet not in unused or not name:
                continue
            used = set(re.findall(rf"\b{name}\.(\w+)", text))
            yield from (f"{path} names {each}, which {target} lacks" for each in sorted(used - known[sheet]))
            unused[sheet] -= used
            if f"{name}[" in text:  # chosen by a value, which may be any
                unused[sheet] = set()
    for sheet, names in unused.items():
        left = {name for name in names if name not in FROM_LIBRARIES and not LIBRARY.match(name)}
        yield from (f"{sheet} defines {name}, which nothing names" for name in sorted(left))


def violations(sources: Sources) -> list[str]:
    return [*plain_violations(sources), *module_violations(sources)]


def test_every_class_is_defined_and_every_class_of_a_module_is_named() -> None:
    files = [file for file in SOURCES.rglob("*") if file.suffix in (".tsx", ".ts", ".css")]
    found = violations({file.relative_to(SOURCES).as_posix(): file.read_text() for file in sorted(files)})
    assert files
    assert not found, "\n".join(found)


BASE = {"theme/base.css": ".mono { color: red; }\n@media (width < 9px) { .quiet { color: red; } }"}


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ({"a.tsx": '<p className="mono button">'}, "names the class button"),
        ({"a.tsx": '<p className={`mono ${is ? "gone" : ""}`}>'}, "names the class gone"),
        ({"a.tsx": 'import styles from "./a.module.css";\nstyles.gone', "a.module.css": ""}, "names gone"),
        ({"a.tsx": 'import styles from "./a.module.css";', "a.module.css": ".left > b { }"}, "defines left"),
        ({"a.tsx": 'import styles from "./b.module.css";'}, "which is not there"),
        ({"a.tsx": 'import "./b.css";'}, "which is not there"),
    ],
)
def test_a_class_that_only_one_side_knows_is_found(sources: Sources, said: str) -> None:
    assert any(said in found for found in violations({**BASE, **sources}))


def test_classes_that_both_sides_know_are_not_found() -> None:
    source = (
        'import styles from "./a.module.css";\nconst look = "wide";\n<p className={joined(styles.row, styles[look])}>'
    )
    further = '<p className={kind === "odd" ? "mono" : "quiet"}>'
    sheet = '.row:is(.wide):not([data-a="b.c"]) { background: url("a.svg"); margin: 1.5px; }'
    assert violations({**BASE, "a.tsx": source + further, "a.module.css": sheet}) == []
