"""What servers of one dialect differ in: what some of them lack although their dialect has it.

A preset names in `lacks` what its servers refuse, or pass over in silence, as far as a source says so. `adapters` then
say the same in another way, or leave it out and warn.
"""

from __future__ import annotations

from enum import StrEnum


class Feature(StrEnum):
    JSON_SCHEMA = "json_schema"  # answers that must match a schema
    JSON_MODE = "json_object"  # answers that must be JSON
    FORCED_TOOLS = "required"  # a model made to call some tool
    NAMED_TOOL = "named_tool"  # a model made to call this tool
    NO_TOOLS = "none"  # a model kept from its tools
    LOGPROBS = "logprobs"
    DEVELOPER_ROLE = "developer"
    LATE_SYSTEM = "late_system"  # a system message that is not the first
    ROLE_RUNS = "role_runs"  # several messages of one role in a row
    CACHE_MARKS = "cache_control"  # marks of what to keep in the prompt cache
    TEXT_PARTS = "text_parts"  # a text that is written as a list of parts
    REASONING_OBJECT = "reasoning"  # how much to think as one of several wishes, as OpenRouter has it
    STRICT_TOOLS = "strict"  # tools whose arguments must match their schema
