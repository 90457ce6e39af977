"""The programs that the pages show: as `launch` starts them, with a placeholder for the key."""

from __future__ import annotations

from localrouter.commands.programs import KEY_PLACEHOLDER
from tests.commands.world import World


def test_programs_are_shown_as_they_are_launched(world: World) -> None:
    programs = {
        program["name"]: program
        for program in world.call("list_programs", address="http://10.0.0.7:3625/v1", model="localrouter/auto")
    }
    aider = programs["aider"]
    assert aider["words"][-2:] == ["--model", "openai/localrouter/auto"]
    variables = {variable["name"]: variable["value"] for variable in aider["environment"]}
    assert variables["OPENAI_API_BASE"] == "http://10.0.0.7:3625/v1"
    assert variables["OPENAI_API_KEY"] == KEY_PLACEHOLDER
    assert aider["launch"].endswith(" launch --model localrouter/auto aider")
    assert programs["llm"]["words"] == programs["llm"]["environment"] == []
