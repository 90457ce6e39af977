"""Programs that can be pointed at LocalRouter by environment variables and flags alone, and what each of them needs.

`localrouter launch` starts them so, and the pages show the same as text to paste. Templates name `{base}` (the address
without `/v1`), `{address}` (with it), `{key}`, `{model}` and `{folder}`, a private folder for files that the program
reads; in `{"model"}` the model is a quoted string. `{window}` is the model's context window in tokens, and `{output}`
how many of them an answer may have; what names them is for models whose window is known. A template that is no text is
written as JSON, with numbers for these two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Template: TypeAlias = "str | bool | Mapping[str, Template] | Sequence[Template]"

_NAMED = re.compile(r'\{(?:base|address|key|model|folder|window|"model")\}')
_LONGEST_ANSWER = 32_000  # tokens; of a small window a quarter
KEY_VARIABLE = "LOCALROUTER_API_KEY"  # where a program takes the name of a variable instead of the key


@dataclass(frozen=True, slots=True)
class Target:
    """What templates are filled with. `base` is the router's address without `/v1`."""

    base: str
    key: str
    model: str
    folder: str = ""
    context_window: int | None = None

    def fill(self, template: Template) -> str:
        return self._text(template) if isinstance(template, str) else json.dumps(self._filled(template))

    def _text(self, template: str) -> str:
        return _NAMED.sub(lambda named: self._value(named[0][1:-1]), template)

    def _numbers(self) -> dict[str, int]:
        window = self.context_window
        return {} if window is None else {"{window}": window, "{output}": min(_LONGEST_ANSWER, window // 4)}

    def _value(self, name: str) -> str:
        values = {"base": self.base, "address": f"{self.base}/v1", "key": self.key, "model": self.model}
        values |= {"folder": self.folder, "window": str(self.context_window), '"model"': json.dumps(self.model)}
        return values[name]

    def _filled(self, template: Template) -> object:
        if isinstance(template, str):
            return self._numbers().get(template, self._text(template))
        if isinstance(template, Mapping):
            return {self._text(name): self._filled(value) for name, value in template.items()}
        return template if isinstance(template, bool) else [self._filled(each) for each in template]


@dataclass(frozen=True, slots=True)
class Program:
    """One program. `dialect` is the client dialect that it speaks, `command` its executable, `install` how to get it.

    `environment` and `arguments` are templates; `model_arguments` are only added where the user gives none of
    `model_flags`. `window_environment` and `window_arguments` are added where the model's context window is known: a
    program that guesses it compacts a long conversation too late, or never. `unset` are variables that would lead it
    elsewhere, `files` templates by their names in `{folder}`.
    """

    name: str
    title: str
    dialect: str
    command: str
    install: str
    environment: Mapping[str, Template]
    arguments: tuple[str, ...] = ()
    model_arguments: tuple[str, ...] = ()
    model_flags: tuple[str, ...] = ("--model", "-m")
    window_environment: Mapping[str, Template] = field(default_factory=dict)
    window_arguments: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    files: Mapping[str, Template] = field(default_factory=dict)
    note: str | None = None

    def words(self, target: Target, given: Sequence[str]) -> list[str]:
        """Its command line, with the arguments that the user gave."""
        names = {word.split("=", 1)[0] for word in given}
        if names & set(self.model_flags):
            chosen: tuple[str, ...] = ()
        else:
            chosen = self.model_arguments + (self.window_arguments if target.context_window else ())
        return [self.command, *map(target.fill, (*self.arguments, *chosen)), *given]

    def variables(self, target: Target) -> dict[str, str]:
        """Its environment variables."""
        templates = {**self.environment, **(self.window_environment if target.context_window else {})}
        return {name: target.fill(template) for name, template in templates.items()}


# The variables that libraries of each client dialect read.
OPENAI = {"OPENAI_BASE_URL": "{address}", "OPENAI_API_BASE": "{address}", "OPENAI_API_KEY": "{key}"}
ANTHROPIC = {"ANTHROPIC_BASE_URL": "{base}", "ANTHROPIC_AUTH_TOKEN": "{key}"}
GEMINI = {"GOOGLE_GEMINI_BASE_URL": "{base}", "GEMINI_API_KEY": "{key}"}
VARIABLES: Mapping[str, Mapping[str, str]] = {
    "openai_chat": OPENAI,
    "anthropic_messages": ANTHROPIC,
    "gemini": GEMINI,
}
OPENAI_ELSEWHERE = ("OPENAI_ORG_ID", "OPENAI_ORGANIZATION", "OPENAI_PROJECT", "OPENAI_PROJECT_ID", "OPENAI_API_TYPE")
ANTHROPIC_ELSEWHERE = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_CUSTOM_HEADERS",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_USE_VERTEX",
)
# Beside one of these, Google's libraries leave the key or the address above alone.
GEMINI_ELSEWHERE = (
    "GOOGLE_API_KEY",
    "GOOGLE_GENAI_USE_VERTEXAI",
    "GOOGLE_GENAI_USE_ENTERPRISE",
    "GOOGLE_GENAI_USE_GCA",
    "GOOGLE_VERTEX_BASE_URL",
    "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_CLOUD_LOCATION",
)


def _opencode(**facts: Template) -> Template:
    """Its settings, with what is known of the model. It compacts no conversation with a model whose limits it does not
    know."""
    provider: Template = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "LocalRouter",
        "options": {"baseURL": "{address}", "apiKey": f"{{env:{KEY_VARIABLE}}}"},
        "models": {"{model}": {"name": "{model}", **facts}},
    }
    named = "localrouter/{model}"
    return {"provider": {"localrouter": provider}, "model": named, "small_model": named}


_LLM_MODEL: Template = {
    "model_id": "{model}",
    "model_name": "{model}",
    "api_base": "{address}",
    "api_key_name": "localrouter",
    "supports_tools": True,
    "supports_schema": True,
    "vision": True,
}

PROGRAMS = (
    Program(
        name="claude",
        title="Claude Code",
        dialect="anthropic_messages",
        command="claude",
        install="npm install -g @anthropic-ai/claude-code",
        environment={
            **ANTHROPIC,
            "ANTHROPIC_MODEL": "{model}",
            "ANTHROPIC_DEFAULT_OPUS_MODEL": "{model}",
            "ANTHROPIC_DEFAULT_SONNET_MODEL": "{model}",
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": "{model}",
            # It takes a model that it does not know for one with a window of a million tokens. If that is its opus, it
            # writes "opus[1m]" where its owner's settings say "opus".
            "CLAUDE_CODE_DISABLE_1M_CONTEXT": "1",
        },
        window_environment={"CLAUDE_CODE_MAX_CONTEXT_TOKENS": "{window}"},
        unset=ANTHROPIC_ELSEWHERE,
    ),
    Program(
        name="codex",
        title="Codex",
        dialect="openai_responses",
        command="codex",
        install="npm install -g @openai/codex",
        environment={KEY_VARIABLE: "{key}"},
        arguments=(
            *("-c", 'model_provider="localrouter"'),
            *("-c", 'model_providers.localrouter.name="LocalRouter"'),
            *("-c", 'model_providers.localrouter.base_url="{address}"'),
            *("-c", f'model_providers.localrouter.env_key="{KEY_VARIABLE}"'),
            *("-c", 'model_providers.localrouter.wire_api="responses"'),
        ),
        model_arguments=("-c", 'model={"model"}'),
        window_arguments=("-c", "model_context_window={window}"),
    ),
    Program(
        name="gemini",
        title="Gemini CLI",
        dialect="gemini",
        command="gemini",
        install="npm install -g @google/gemini-cli",
        environment={
            **GEMINI,
            "GEMINI_MODEL": "{model}",
            "GEMINI_CLI_SYSTEM_SETTINGS_PATH": "{folder}/settings.json",
        },
        unset=(*GEMINI_ELSEWHERE, "GEMINI_DEFAULT_AUTH_TYPE"),
        files={"settings.json": {"security": {"auth": {"selectedType": "gemini-api-key"}}}},
        note="The file says that it signs in by key: beside a base URL, it looks for that in its settings alone.",
    ),
    Program(
        name="opencode",
        title="opencode",
        dialect="openai_chat",
        command="opencode",
        install="npm install -g opencode-ai",
        environment={KEY_VARIABLE: "{key}", "OPENCODE_CONFIG_CONTENT": _opencode()},
        window_environment={
            "OPENCODE_CONFIG_CONTENT": _opencode(limit={"context": "{window}", "output": "{output}"}),
        },
    ),
    Program(
        name="aider",
        title="aider",
        dialect="openai_chat",
        command="aider",
        install="pip install aider-chat",
        environment=OPENAI,
        arguments=("--no-show-model-warnings",),
        model_arguments=("--model", "openai/{model}"),
        unset=OPENAI_ELSEWHERE,
        note="aider wants openai/ before the model: it names the way to ask, not the provider.",
    ),
    Program(
        name="llm",
        title="llm",
        dialect="openai_chat",
        command="llm",
        install="pip install llm",
        environment={"LLM_USER_PATH": "{folder}"},
        files={
            "extra-openai-models.yaml": [_LLM_MODEL],  # JSON is YAML, too
            "keys.json": {"localrouter": "{key}"},
            "default_model.txt": "{model}",
        },
        note="Its logs, templates and keys are then those of a folder in LocalRouter's home, not your own.",
    ),
)


def programs_for(dialects: Iterable[str]) -> tuple[Program, ...]:
    """The programs that speak one of the client dialects that are served."""
    served = set(dialects)
    return tuple(program for program in PROGRAMS if program.dialect in served)


def any_program(command: str, dialects: Iterable[str]) -> Program:
    """A program of which nothing is known: it gets the variables of every client dialect that is served."""
    served = [dialect for dialect in VARIABLES if dialect in set(dialects)]
    return Program(
        name="other",
        title="Launched programs",
        dialect="",
        command=command,
        install="",
        environment={name: value for dialect in served for name, value in VARIABLES[dialect].items()},
        unset=OPENAI_ELSEWHERE + ANTHROPIC_ELSEWHERE + GEMINI_ELSEWHERE,
    )


_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def past_proxies(environment: Mapping[str, str], host: str) -> dict[str, str]:
    """The variables that keep a program from calling `host` through a proxy; none where no proxy is set."""
    proxies = [value for name, value in environment.items() if name.lower() in _PROXIES]
    if not any(proxies):
        return {}
    excepted = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if "*" in excepted or host in [name.strip() for name in excepted.split(",")]:
        return {}
    both = ",".join(filter(None, (excepted, host)))
    return {"NO_PROXY": both, "no_proxy": both}
