"""What programs are started with: each its own variables and flags, filled with one client's values."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace

import pytest

from localrouter.domain.programs import PROGRAMS, VARIABLES, Program, Target, any_program, past_proxies, programs_for

TARGET = Target("http://127.0.0.1:3625", "lr-secret", 'odd/"model"', "/home/me/folder")
NAMED = {program.name: program for program in PROGRAMS}


def test_a_template_is_filled_in_one_go() -> None:
    target = Target("http://x", "{model}", "{key}")
    assert target.fill("{base} {address} {key} {model}") == "http://x http://x/v1 {model} {key}"
    assert target.fill("{other} {}") == "{other} {}"


def test_what_is_no_text_becomes_json_whatever_the_model_is_called() -> None:
    config = json.loads(TARGET.fill(NAMED["opencode"].environment["OPENCODE_CONFIG_CONTENT"]))
    assert config["model"] == 'localrouter/odd/"model"'
    assert config["provider"]["localrouter"]["options"]["baseURL"] == "http://127.0.0.1:3625/v1"
    assert list(config["provider"]["localrouter"]["models"]) == ['odd/"model"']
    [model] = json.loads(TARGET.fill(NAMED["llm"].files["extra-openai-models.yaml"]))
    assert (model["model_name"], model["vision"]) == ('odd/"model"', True)


def test_flags_of_codex_are_toml() -> None:
    words = NAMED["codex"].words(TARGET, ["exec", "hi"])
    assert words[-2:] == ["exec", "hi"]
    assert words[1:-2:2] == ["-c"] * (len(words[1:-2]) // 2)
    config = tomllib.loads("\n".join(words[2:-2:2]))
    assert (config["model"], config["model_provider"]) == ('odd/"model"', "localrouter")
    assert config["model_providers"]["localrouter"]["wire_api"] == "responses"


def test_claude_codes_settings_are_not_rewritten_by_what_it_thinks_of_an_unknown_model() -> None:
    told = NAMED["claude"].variables(TARGET)
    assert told["ANTHROPIC_DEFAULT_OPUS_MODEL"] == 'odd/"model"'
    assert told["CLAUDE_CODE_DISABLE_1M_CONTEXT"] == "1", "else it turns opus into opus[1m] in its owner's settings"


def test_programs_are_told_the_models_context_window_where_it_is_known() -> None:
    known = replace(TARGET, context_window=32_000)
    assert NAMED["claude"].variables(known)["CLAUDE_CODE_MAX_CONTEXT_TOKENS"] == "32000"
    assert "CLAUDE_CODE_MAX_CONTEXT_TOKENS" not in NAMED["claude"].variables(TARGET)
    assert NAMED["codex"].words(known, ["exec"])[-3:] == ["-c", "model_context_window=32000", "exec"]
    for window, limit in ((8_000, [8_000, 2_000]), (1_000_000, [1_000_000, 32_000])):
        told = NAMED["opencode"].variables(replace(TARGET, context_window=window))["OPENCODE_CONFIG_CONTENT"]
        [model] = json.loads(told)["provider"]["localrouter"]["models"].values()
        assert list(model["limit"].values()) == limit
    for words in (NAMED["codex"].words(TARGET, []), NAMED["codex"].words(known, ["--model", "other"])):
        assert not any("model_context_window" in word for word in words)


@pytest.mark.parametrize("given", [["--model", "x"], ["--model=x"], ["-m", "x"]])
def test_a_model_that_the_user_names_stays(given: list[str]) -> None:
    assert NAMED["aider"].words(TARGET, given) == ["aider", "--no-show-model-warnings", *given]
    assert "--model" in NAMED["aider"].words(TARGET, ["--yes"])


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_no_program_gets_its_key_on_the_command_line(program: Program) -> None:
    assert TARGET.key not in " ".join(program.words(TARGET, []))
    told = {**program.environment, **program.files}
    assert any(TARGET.key in TARGET.fill(template) for template in told.values())
    assert not set(program.environment) & set(program.unset)


def test_only_programs_whose_dialect_is_served_are_offered() -> None:
    assert [program.name for program in programs_for(["openai_chat"])] == ["opencode", "aider", "llm"]
    assert {program.name for program in programs_for([p.dialect for p in PROGRAMS])} == set(NAMED)


def test_any_other_program_gets_the_variables_of_every_dialect_that_is_served() -> None:
    assert any_program("mine", ["openai_chat"]).environment == VARIABLES["openai_chat"]
    both = any_program("mine", ["anthropic_messages", "openai_chat"]).environment
    assert {"OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"} <= both.keys()


@pytest.mark.parametrize(
    ("environment", "added"),
    [
        ({}, None),
        ({"HTTP_PROXY": ""}, None),
        ({"HTTP_PROXY": "http://proxy"}, "127.0.0.1"),
        ({"all_proxy": "socks5://proxy", "no_proxy": "corp.example"}, "corp.example,127.0.0.1"),
        ({"https_proxy": "http://proxy", "NO_PROXY": "a, 127.0.0.1"}, None),
        ({"https_proxy": "http://proxy", "NO_PROXY": "*"}, None),
    ],
)
def test_a_proxy_is_passed_by(environment: dict[str, str], added: str | None) -> None:
    expected = {} if added is None else {"NO_PROXY": added, "no_proxy": added}
    assert past_proxies(environment, "127.0.0.1") == expected
