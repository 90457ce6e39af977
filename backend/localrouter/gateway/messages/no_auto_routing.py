"""What a client is told when its strategy has no auto-routing: where to switch it on, and the command that does it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from urllib.parse import quote

from localrouter.dialects.contract import Preset
from localrouter.domain.configuration.config import AUTO_MODEL, AutoModelConfig, ModelPair, Strategy
from localrouter.domain.configuration.snapshot import Snapshot

LONGEST_COMMAND = 1_500  # characters; a longer list is left to the page

ShellCommand = Callable[[str], str]


def auto_is_off(strategy: Strategy, models: tuple[ModelPair, ...], shell_command: ShellCommand) -> str:
    """`models` is what the list would start with if the strategy has none yet."""
    config = strategy.auto_config or AutoModelConfig(prioritized_models=models)
    said = f"{AUTO_MODEL} is off for the strategy “{strategy.name}”. Switch it on in LocalRouter's pages"
    return _with_ways(said, strategy, config, shell_command)


def nothing_to_try(strategy: Strategy, models: tuple[ModelPair, ...], shell_command: ShellCommand) -> str:
    config = (strategy.auto_config or AutoModelConfig()).model_copy(update={"prioritized_models": models})
    said = (
        f"{AUTO_MODEL} has no models to try: the list of the strategy “{strategy.name}” is empty. "
        "Add models to it in LocalRouter's pages"
    )
    if not models:
        return f"{said}, at {_page(strategy)}."
    return _with_ways(said, strategy, config, shell_command)


def starter_models(snapshot: Snapshot, strategy: Strategy, presets: Mapping[str, Preset]) -> tuple[ModelPair, ...]:
    """The first model that is known without asking anybody: a declared one, or the one that its preset starts with."""
    for provider in snapshot.config.providers:
        model = next(iter(provider.models), None) or presets[provider.preset].starter_model
        if provider.enabled and model and snapshot.is_model_allowed(strategy, provider.name, model):
            return ((provider.name, model),)
    return ()


def _with_ways(said: str, strategy: Strategy, config: AutoModelConfig, shell_command: ShellCommand) -> str:
    switched_on = config.model_copy(update={"enabled": True}).model_dump(mode="json", exclude_defaults=True)
    words = (f"strategy_id={strategy.id}", f"auto_config={json.dumps(switched_on, ensure_ascii=False)}")
    command = shell_command(f"call update_strategy {' '.join(map(shlex.quote, words))}")
    if len(command) > LONGEST_COMMAND:
        return f"{said}, at {_page(strategy)}."
    return f"{said}, at {_page(strategy)}, or with: {command}"


def _page(strategy: Strategy) -> str:
    return f"/ui/routing/{quote(strategy.id, safe='')}"
