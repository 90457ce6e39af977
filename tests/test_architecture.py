"""The rules of the layers, judged by reading every file; `test_architecture_rules` shows each rule failing."""

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

PACKAGE = Path(__file__).parent.parent / "backend" / "localrouter"
RINGS = {"__init__": 0, "domain": 0, "dialects": 1, "private_files": 2, "services": 3, "commands": 4, "gateway": 4}
RINGS |= {"unexpected_errors": 1, "shell_command": 2, "surfaces": 5}
RINGS |= dict.fromkeys(["app", "background", "client", "demo", "program", "__main__"], OUTERMOST := 6)
MOST_FILES, MOST_OF_A_PREFIX = 14, 4  # files of one folder
PURE_LAYERS = ("domain", "dialects")
PURE_IMPORTS = re.compile(
    r"(__future__|abc|base64|binascii|bisect|codecs|collections|contextlib|copy|dataclasses|errno|datetime|decimal|difflib|enum|html"
    r"|fractions|functools|hashlib|heapq|hmac|itertools|ipaddress|json|localrouter|math|operator|orjson|pydantic|re"
    r"|pydantic_core|statistics|string|struct|textwrap|types|typing|typing_extensions|unicodedata|urllib\.parse|uuid)\b.*"
)
IMPURE_CALLS = {"now", "utcnow", "today", "uuid1", "uuid4", "open", "print", "input"}
OWNERS = {"aiohappyeyeballs": "services/upstream/", "sqlite3": "services/metrics/"}
OWNERS |= {"jsonrpcserver": "surfaces/admin_api/", "webview": "surfaces/desktop/", "pystray": "surfaces/desktop/"}
DIALECT_FREE = ("domain", "services", "gateway", "commands", "surfaces", "app.py")
WIRE_FORMAT = re.compile(r"\.dialects\.(openai_chat|openai_responses|anthropic_messages|gemini)\b")
SPELLED_BY_ANTHROPIC = {
    *("stop_reason", "tool_use", "tool_result", "input_schema", "max_tokens_to_sample", "message_start"),
    *("message_delta", "message_stop", "content_block_start", "content_block_delta"),
}
SPELLED_BY_OPENAI = {
    *("choices", "delta", "finish_reason", "messages", "tool_calls", "stream_options", "include_usage", "max_tokens"),
    *("max_completion_tokens", "prompt_tokens", "completion_tokens", "owned_by", "invalid_request_error"),
    *("authentication_error", "permission_error", "not_found_error", "rate_limit_error"),
}
ALSO_IN_OTHER_FORMATS = {"error", "param", "data", "object"}  # JSON-RPC and OpenRPC have these too
OF_MODEL_REQUESTS = ("gateway/", "surfaces/model_api/", "surfaces/http/")
STATEFUL = {"defaultdict", "deque", "Counter", "count", "cycle", "iter", "Lock", "RLock", "Event", "Queue", "bytearray"}
MUTATING = {"add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "setdefault", "update"}
VAGUE = {"util", "utils", "helper", "helpers", "common", "base", "manager", "managers", "misc"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BINDINGS = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr)
MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp, ast.Call)


def called(node: ast.AST) -> str:
    return ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""


def line_of(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def imports(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = ("localrouter", *path.parts)[: -node.level] if node.level else ()
            yield from (".".join((*package, *filter(None, [node.module]), alias.name)) for alias in node.names)
        elif isinstance(node, ast.Call) and called(node) in ("import_module", "__import__"):
            yield getattr(node.args[0], "value", "localrouter.__main__")  # a name made at run time may be any


def points_inward(path: PurePosixPath, target: str) -> bool:
    here, (there, *rest) = path.parts[0].removesuffix(".py"), target.removeprefix("localrouter").lstrip(".").split(".")
    if here == there == "services" and rest and len(path.parts) > 1:
        return rest[0] == path.parts[1].removesuffix(".py")
    return there not in RINGS or here == there or RINGS[there] < RINGS[here] or RINGS[here] == OUTERMOST


def judge_layers(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    for target in imports(path, tree):
        if target.startswith("localrouter") and not points_inward(path, target):
            yield f"imports {target}, which does not point inward"
        if path.parts[0] in PURE_LAYERS and not PURE_IMPORTS.fullmatch(target):
            yield f"imports {target}, which is not pure"
        spoken = WIRE_FORMAT.search(target)
        if spoken and path.parts[0] in DIALECT_FREE:
            yield f"imports {target}, which only dialects/registry.py may name"
        if spoken and path.parts[0] == "dialects" and path.parts[1] not in (spoken[1], "registry.py"):
            yield f"imports {target}, which is another dialect's"
        if not str(path).startswith(owner := OWNERS.get(target.split(".")[0], "")):
            yield f"imports {target}, which {owner} owns"
    for node in ast.walk(tree) if path.parts[0] in PURE_LAYERS else ():
        if isinstance(node, ast.AsyncFunctionDef) or called(node) in IMPURE_CALLS:
            yield f"line {line_of(node)} is not pure"


def judge_spelling(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    """Only a dialect spells what stands in a wire format: elsewhere, it may be another one's client on the line."""
    if path.parts[0] in ("dialects", "demo"):
        return
    serves = str(path).startswith(OF_MODEL_REQUESTS)
    spelled = SPELLED_BY_OPENAI | SPELLED_BY_ANTHROPIC | (ALSO_IN_OTHER_FORMATS if serves else set())
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Constant) and id(node) not in prose else None
        said = value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else ""
        if said in spelled or (serves and ("[DONE]" in said or said.startswith("data: "))):
            yield f"line {line_of(node)} spells {said!r}, which is a dialect's to spell"


def is_constant(name: str, value: ast.expr) -> bool:
    if name.isupper() or name.startswith("__"):
        return called(value) not in STATEFUL and ast.unparse(value) not in ("[]", "{}", "dict()", "list()", "set()")
    return name.lstrip("_")[:1].isupper() and (not isinstance(value, MUTABLE) or called(value) == "NewType")


def judge_state(tree: ast.Module) -> Iterator[str]:
    top = (ast.walk(statement) for statement in tree.body if not isinstance(statement, (*FUNCTIONS, ast.ClassDef)))
    for node in (node for nodes in top for node in nodes if isinstance(node, BINDINGS)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [name for target in targets for name in ast.walk(target)]
        if node.value and not all(is_constant(name.id, node.value) for name in names if isinstance(name, ast.Name)):
            yield f"line {node.lineno} keeps state in the module"
    for each in ast.walk(tree):
        written = isinstance(getattr(each, "ctx", None), (ast.Store, ast.Del))
        changed = getattr(each, "func", None) if called(each) in MUTATING else each if written else None
        owner = getattr(changed, "value", None)
        if isinstance(each, ast.Global) or getattr(owner, "id", "").isupper():
            yield f"line {line_of(each)} changes what the module keeps"


def violations(path: PurePosixPath, source: str) -> Iterator[str]:
    tree = ast.parse(source)
    yield from judge_layers(path, tree) if path.parts[0].removesuffix(".py") in RINGS else ["belongs to no layer"]
    yield from judge_state(tree)
    yield from judge_spelling(path, tree)
    yield from (f"is named {part}" for part in path.parts if VAGUE & set(part.removesuffix(".py").split("_")))
    if "wait_for(" in source:
        yield "loses cancellations in Python 3.11, where they come together with what is waited for: asyncio.timeout"
    if source.count("\n") > 400:
        yield "is longer than 400 lines"
    for node in (node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)):
        if (node.end_lineno or node.lineno) - node.lineno >= 50:
            yield f"line {node.lineno}: {node.name} is longer than 50 lines"
        if len([arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg) and arg.arg not in ("self", "cls")]) > 6:
            yield f"line {node.lineno}: {node.name} takes more than 6 parameters"


def folder_violations(folder: PurePosixPath, names: Collection[str], introduction: str) -> Iterator[str]:
    """What is wrong with a folder that holds files of these names and is introduced so."""
    if len(names) > MOST_FILES:
        yield f"{folder} holds {len(names)} files, more than {MOST_FILES}"
    if not re.search(r"\S\n\n.{60}", introduction, re.S):
        yield f"{folder} says nowhere what it owns, which file to read first, and what must never happen"
    firsts = Counter(name.split("_")[0] for name in names if "_" in name.strip("_"))
    for first in (first for first, count in firsts.items() if count > MOST_OF_A_PREFIX):
        yield f"{folder} has a folder's worth of files that begin with {first}_"


def test_no_folder_is_too_full_and_each_is_introduced() -> None:
    folders = sorted({file.parent for file in PACKAGE.rglob("*.py") if file.parent != PACKAGE})
    found = [
        said
        for folder in folders
        for said in folder_violations(
            PurePosixPath(folder.relative_to(PACKAGE)),
            [file.name for file in folder.glob("*.py")],
            ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or "",
        )
    ]
    assert len(folders) > 20
    assert found == []


def test_every_file_keeps_the_rules() -> None:
    files = {PurePosixPath(file.relative_to(PACKAGE)): file.read_text() for file in PACKAGE.rglob("*.py")}
    found = [f"{path} {said}" for path, source in sorted(files.items()) for said in violations(path, source)]
    assert files and not found, "\n".join(found)  # noqa: PT018
