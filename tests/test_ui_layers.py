"""The layers of the pages' sources: imports point down, folders form no circle, and none holds too much.

A part knows no page and nothing above it; a page knows no other page: what two of them need is a folder of its own
below them. `shell` is above the pages, since its table of routes names them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent.parent / "ui" / "src"
LAYERS = (
    ("api", "theme"),
    ("state",),
    ("parts",),
    ("charts", "editor", "models", "trace"),
    ("setup",),
    ("pages",),
    ("shell",),
    ("main.tsx",),
)
LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names}
MAX_FILES = 14
IMPORT = re.compile(r"""\b(?:from|import)\s*\(?\s*["'](\.{1,2}/[^"']*)["']""")

Sources = Mapping[str, str]


def imports(path: str, text: str) -> Iterator[str]:
    for target in IMPORT.findall(text):
        yield posixpath.normpath(posixpath.join(posixpath.dirname(path), target))


def unit(path: str) -> str:
    """What must not know its neighbours: a folder of the top level, a single page."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "pages" else parts[0]


def level(path: str) -> int | None:
    return LEVELS.get(path.partition("/")[0])


def upward(sources: Sources) -> Iterator[str]:
    for path, text in sources.items():
        here = level(path)
        if here is None:
            yield f"{path} belongs to no layer"
            continue
        for target in imports(path, text):
            there = level(target)
            if there is None or (there >= here and unit(target) != unit(path)):
                yield f"{path} imports {target}, which is not below it"


def circular(sources: Sources) -> Iterator[str]:
    """Folders that import one another, at whatever depth."""
    graph: dict[str, set[str]] = {}
    for path, text in sources.items():
        folder = posixpath.dirname(path)
        targets = {posixpath.dirname(target) for target in imports(path, text)}
        graph.setdefault(folder, set()).update(targets - {folder})
    for folder, targets in graph.items():
        reached, waiting = set[str](), [folder]
        while waiting:
            for other in graph.get(waiting.pop(), set()) - reached:
                reached.add(other)
                waiting.append(other)
        if folder in reached:
            yield f"{folder} imports itself through {', '.join(sorted(targets))}"


def crowded(sources: Sources) -> Iterator[str]:
    folders = [posixpath.dirname(path) for path in sources if ".test." not in path]
    for folder in sorted(set(folders)):
        if folders.count(folder) > MAX_FILES:
            yield f"{folder} holds {folders.count(folder)} files, which is more than {MAX_FILES}"


def violations(sources: Sources) -> list[str]:
    return [*upward(sources), *circular(sources), *crowded(sources)]


def test_the_sources_of_the_pages_keep_to_their_layers() -> None:
    files = [file for file in SOURCES.rglob("*") if file.is_file()]
    texts = {file.relative_to(SOURCES).as_posix(): file.read_text(errors="replace") for file in sorted(files)}
    found = violations(texts)
    assert files
    assert not found, "\n".join(found)


def importing(target: str) -> str:
    return f'import {{ a }} from "{target}";\n'


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ({"parts/forms/Field.tsx": importing("../../pages/home/HomePage")}, "imports pages/home/HomePage"),
        ({"parts/forms/Field.tsx": importing("../../trace/request")}, "imports trace/request"),
        ({"state/time.ts": importing("../parts/words/format")}, "imports parts/words/format"),
        ({"api/events.ts": 'export type { A } from "../state/time";'}, "imports state/time"),
        ({"charts/Chart.tsx": "const late = () => import('../trace/lanes');"}, "imports trace/lanes"),
        ({"trace/trace.css.ts": 'import "../editor/editor.css";'}, "imports editor/editor.css"),
        ({"pages/home/Today.tsx": importing("../monitor/feed")}, "imports pages/monitor/feed"),
        ({"pages/home/Today.tsx": importing("../../shell/routes")}, "imports shell/routes"),
        ({"pages/home/Today.tsx": 'import {\n  a,\n  b,\n} from "../monitor/feed";'}, "imports pages/monitor/feed"),
        ({"trace/lanes.ts": importing("../setup/offers")}, "imports setup/offers"),
        ({"utils/odd.ts": ""}, "belongs to no layer"),
        ({"pages/home/Today.tsx": importing("../../utils/odd")}, "imports utils/odd"),
        (
            {"parts/forms/A.tsx": importing("../words/b"), "parts/words/b.ts": importing("../forms/A")},
            "parts/forms imports itself through parts/words",
        ),
        ({f"trace/part{number}.ts": "" for number in range(MAX_FILES + 1)}, "trace holds 15 files"),
    ],
)
def test_what_breaks_the_layers_is_found(sources: Sources, said: str) -> None:
    assert any(said in found for found in violations(sources))


@pytest.mark.parametrize(
    "sources",
    [
        {
            "pages/home/Today.tsx": importing("../../parts/words/format") + importing("./words"),
            "pages/home/words.ts": "",
        },
        {"shell/routes.tsx": 'const page = () => import("../pages/home/HomePage");'},
        {"parts/forms/A.tsx": importing("../words/b"), "parts/words/b.ts": importing("../../api/errors")},
        {"main.tsx": importing("./shell/Shell"), "editor/models/lists.ts": importing("../draft/draft")},
        {f"trace/part{number}{test}.ts": "" for number in range(MAX_FILES) for test in ("", ".test")},
    ],
)
def test_what_keeps_to_the_layers_is_not_found(sources: Sources) -> None:
    assert violations(sources) == []
