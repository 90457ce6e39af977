"""What `scripts/conformance` shows: its table is what the results say, and a small part of it runs here, too."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from runner import report, results, suites
from runner.checks import Check, read, run, tidy
from runner.installing import EMULATORS, Installed
from runner.results import Miss, Run, SuiteResult
from runner.routes import COMPLETION_MODEL, DIRECTLY, MODELS, PRESETS, embedding_model, environment
from runner.scripted import anthropic_wire, gemini_wire, openai_wire, responses_wire
from runner.scripted.model import Asked, Script, Tool, example, say
from runner.suites import Suite
from runner.upstreams import Addresses, scripted

from localrouter.domain.configuration.config import Provider
from tests.rig import router

SUITES = suites.load_all()
LINES = [
    {"check": "a", "passed": True},
    {"check": "b", "passed": "no"},
    [1],
    {"check": "c", "passed": False, "why": "x"},
]
NODE_FOLDERS = [*(suite.folder for suite in SUITES if suite.runtime != "python"), *EMULATORS.iterdir()]


def test_the_page_shows_what_the_results_say() -> None:
    page = report.PAGE.read_text()
    assert report.with_results(page, results.read()) == page


def test_every_row_is_of_a_suite_as_it_stands() -> None:
    known = {suite.name: suite for suite in SUITES}
    for result in results.read():
        suite = known[result.name]
        assert (result.title, result.versions, result.order) == (suite.title, suite.versions, suite.order), result.name


@pytest.mark.parametrize("suite", [each for each in SUITES if each.runtime == "python"], ids=lambda each: each.name)
def test_a_suite_in_python_is_locked_at_its_versions_with_hashes_alone(suite: Suite) -> None:
    lock = (suite.folder / "requirements.txt").read_text()
    for name, version in (suite.packages | suite.needs).items():
        assert re.search(rf"^{re.escape(name)}(\[[^]]*\])?=={re.escape(version)} \\$", lock, re.MULTILINE), name
    entries = [line for line in lock.splitlines() if not re.match(r"\s*#", line)]
    assert all(re.match(r"    --hash=sha256:[0-9a-f]{64}|[a-z0-9._-]+==", line) for line in entries)


@pytest.mark.parametrize("folder", NODE_FOLDERS, ids=lambda folder: folder.name)
def test_what_comes_from_npm_is_locked_with_hashes_and_without_addresses(folder: Path) -> None:
    asked = json.loads((folder / "package.json").read_text())["dependencies"]
    lock = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert all(re.fullmatch(r"\d[\w.-]*", version) for version in asked.values())
    for name, entry in lock.items():
        assert "resolved" not in entry
        unhashed = (
            not name or entry.get("link") or entry.get("optional")
        )  # npm knows no hash of other systems' packages
        assert entry.get("integrity", "sha512-" if unhashed else "").startswith("sha512-"), name
    declared = next((suite.packages | suite.needs for suite in SUITES if suite.folder == folder), asked)
    assert asked.items() >= declared.items()
    for name, version in asked.items():
        assert lock[f"node_modules/{name}"]["version"] == version


def result(*runs: Run, name: str = "one", order: int = 1) -> SuiteResult:
    return SuiteResult(name, name.title(), "`one` 1.0", order, "2026-01-01", runs)


def missing(upstream: str, way: str, *names: str) -> Run:
    return Run(upstream, way, 2 - len(names), 2, tuple(Miss(name, "because") for name in names))


def test_what_fails_only_through_localrouter_is_a_fault() -> None:
    both = result(missing("llmock", DIRECTLY, "a"), missing("llmock", "openai", "a", "b"))
    assert [miss.check for _, miss in both.faults] == ["b"]
    assert result(missing("llmock", DIRECTLY), missing("aimock", "openai", "a")).faults == []


def test_a_run_replaces_its_own_rows_alone() -> None:
    kept = [result(missing("llmock", DIRECTLY, "a"), missing("aimock", DIRECTLY, "a")), result(name="two", order=0)]
    now = results.merged(kept, result(missing("aimock", DIRECTLY)))
    assert now.name == "one"
    assert [(run.upstream, run.passed) for run in now.runs] == [("llmock", 1), ("aimock", 2)]


def test_results_read_as_they_were_written(tmp_path: Path) -> None:
    some = [result(missing("llmock", "anthropic", "a", "b"), order=2), result(name="two", order=1)]
    for each in some:
        (tmp_path / each.name).mkdir()
        results.write(each, tmp_path)
    assert results.read(tmp_path) == some[::-1]


def test_the_table_names_each_miss_with_where_and_why() -> None:
    page = report.render([result(missing("llmock", DIRECTLY, "a"), missing("llmock", "anthropic", "a", "b"))])
    assert "| One | `one` 1.0 | llmock | 1 of 2 | – | 0 of 2 | – | – | 2026-01-01 |" in page
    assert "- `a` (llmock: directly, an Anthropic provider): because" in page
    assert "- `b` (llmock: an Anthropic provider): because" in page


def test_only_lines_that_are_checks_count() -> None:
    said = "Hello\n" + "\n".join(json.dumps(line) for line in LINES)
    assert read(said) == [Check("a", True), Check("c", False, "x")]


def test_a_reason_is_the_same_on_every_machine() -> None:
    assert tidy("at 127.0.0.1:4123\n in /tmp/x/y", "/tmp/x") == "at 127.0.0.1 in …/y"
    assert len(tidy("word " * 100)) <= 240
    assert tidy("POST /v1/chat/completions") == "POST /v1/chat/completions"


def test_a_program_that_ends_badly_or_says_nothing_has_failed(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text('import sys; print(\'{"check": "a", "passed": true}\', flush=True); sys.exit(\'it broke\')')
    installed = Installed(program, sys.executable, tmp_path, tmp_path)
    assert run(installed, {}, timeout=30) == [Check("a", True), Check("the program ends well", False, "it broke")]


@pytest.mark.parametrize("kind", ["anthropic", "gemini", "responses"])
def test_openais_sdk_passes_through_localrouter_and_a_provider_of_another_dialect(
    tmp_path: Path, kind: str, full: bool
) -> None:
    if kind == "responses" and not full:
        pytest.skip("takes seconds: --full")
    program = suites.FOLDER / "openai" / "checks_openai.py"
    names = (MODELS[kind], embedding_model(kind), COMPLETION_MODEL)
    with scripted() as upstream:
        provider = Provider(name="p", preset=PRESETS[kind], base_url=upstream.base_url(kind), models=names)
        with router(tmp_path, [provider]) as lr:
            lr.rpc("set_provider_key", name="p", key="sk-test")
            given = environment(Addresses.below(lr.url), lr.key, f"p/{MODELS[kind]}", kind)
            checks = run(Installed(program, sys.executable, tmp_path, tmp_path), given, timeout=120)
    assert len(checks) > 20
    failed = {check.name.partition(":")[0] for check in checks if not check.passed}
    assert failed == ({"embeddings"} if kind == "anthropic" else set()), checks


CITY = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "n": {"type": "integer"}},
    "required": ["n", "name"],
}


def test_the_scripted_model_fills_a_schema_with_what_the_prompt_says() -> None:
    assert example(CITY, "Add 'Rome' with 3 people") == {"name": "Rome", "n": 3}
    schema = {
        "$defs": {"c": CITY},
        "properties": {"all": {"type": "array", "items": {"$ref": "#/$defs/c"}, "minItems": 2}},
    }
    assert [each["n"] for each in example(schema, "1 and 2")["all"]] == [1, 2]
    assert example({"anyOf": [{"enum": ["x", "y"]}, {"type": "null"}]}) == "x"


def test_the_scripted_model_calls_a_tool_once_and_then_tells_its_result() -> None:
    tools = (Tool("other", {}), Tool("get_weather", CITY))
    asked = Asked("m", "The weather in 'Rome', 1 day?", tools)
    assert [(call.name, call.arguments) for call in say(asked).calls] == [("get_weather", {"name": "Rome", "n": 1})]
    assert say(Asked("m", "?", tools, rounds=1, results=("sunny",))).text == "The result: sunny"
    assert not say(Asked("m", "?", tools, choice="none")).calls


def test_the_scripted_model_follows_a_script_with_the_tools_that_are_on_offer() -> None:
    script = Script(({"calls": [{"name": "Write", "arguments": {"a": 1}}]}, {"text": "Done."}))
    tools = (Tool("Read", {}), Tool("Write", {}))
    assert [call.name for call in say(Asked("m", "?", tools), script).calls] == ["Write"]
    assert not say(Asked("m", "?"), script).calls
    assert say(Asked("m", "?", tools, rounds=1, results=("ok",)), script).text == "Done."


def test_the_scripted_model_keeps_to_a_cap_and_to_stops() -> None:
    assert say(Asked("m", "?", cap=1)).finish == "length"
    assert say(Asked("m", "?", stop=("scripted",))).text == "Hello! I am a "


CALL = {"functionCall": {"name": "get_weather", "args": {}}}
RESULT = {"functionResponse": {"name": "get_weather", "response": {"result": "sunny"}}}


def gemini_turns(*turns: dict[str, Any]) -> dict[str, Any]:
    asked = {"role": "user", "parts": [{"text": "The weather?"}]}
    rest = [{"role": role, "parts": [part]} for role, part in zip(["model", "user"], turns, strict=False)]
    return {"contents": [asked, *rest]}


def test_the_scripted_gemini_wants_the_proof_of_a_call_back_and_its_result() -> None:
    signed = CALL | {"thoughtSignature": gemini_wire.SIGNATURE}
    asked = gemini_wire.read(gemini_turns(signed, RESULT), "gemini-3-flash")
    assert (asked.rounds, asked.results) == (1, ("sunny",))
    assert gemini_wire.read(gemini_turns(CALL, RESULT), "gemini-2.5-flash").results == ("sunny",)
    with pytest.raises(gemini_wire.Refused, match="thought_signature"):
        gemini_wire.read(gemini_turns(CALL, RESULT), "gemini-3-flash")
    with pytest.raises(gemini_wire.Refused, match="number of function"):
        gemini_wire.read(gemini_turns(signed, {"text": "?"}), "gemini-3-flash")
    with pytest.raises(gemini_wire.Refused, match="Unknown name"):
        gemini_wire.read(gemini_turns() | {"messages": []}, "gemini-3-flash")


def test_the_scripted_responses_keep_what_was_said() -> None:
    memory = responses_wire.Memory()
    first = {"model": "m", "input": "The weather?", "tools": [{"type": "function", "name": "get_weather"}]}
    asked = responses_wire.read(first, memory.items_of(first))
    answer = responses_wire.whole(first, asked, say(asked), 0)
    memory.keep(first, answer)
    [call] = answer["output"]
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
    then = {"model": "m", "input": [result], "previous_response_id": answer["id"]}
    assert responses_wire.read(then, memory.items_of(then)).results == ("sunny",)
    with pytest.raises(openai_wire.Refused, match="No tool call found"):
        responses_wire.read(then, [result])
    with pytest.raises(openai_wire.Refused, match="not found"):
        memory.items_of(then | {"previous_response_id": "resp_other"})


def test_the_scripted_messages_hold_a_thread_and_refuse_a_result_without_its_call() -> None:
    threads = anthropic_wire.Threads()
    asked: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "The weather?"}]}
    first = asked | {"thread": {"type": "create"}, "tools": [{"name": "get_weather"}]}
    read_first = anthropic_wire.read(first)
    answer = anthropic_wire.whole(read_first, say(read_first), 1)
    threads.hold(first, answer)
    result = {"type": "tool_result", "tool_use_id": answer["content"][0]["id"], "content": "sunny"}
    thread = {"type": "continue", "previous_message_id": answer["id"]}
    then = asked | {"messages": [{"role": "user", "content": [result]}], "thread": thread}
    assert anthropic_wire.read(threads.whole(then)).results == ("sunny",)
    with pytest.raises(anthropic_wire.Refused, match="tool_use_id"):
        anthropic_wire.read(then)
    with pytest.raises(anthropic_wire.Refused, match="Thread"):
        threads.whole(then | {"thread": thread | {"previous_message_id": "msg_other"}})
