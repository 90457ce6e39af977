"""The request fields that are known, and what each can do to a request's size."""

from __future__ import annotations

NAME = "openai_responses"  # of the dialect
PATH = "responses"
WHOLE = ("max_output_tokens", "top_logprobs", "max_tool_calls")

# The request's own content. Its texts are counted.
TEXTS = frozenset({"input", "instructions"})
# Never part of the prompt, and never makes anything larger.
SETTINGS = frozenset(
    {
        "model", "stream", "stream_options", "temperature", "top_p", "top_logprobs", "max_output_tokens", "metadata",
        "user", "store", "service_tier", "parallel_tool_calls", "include", "truncation", "safety_identifier",
        "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "max_tool_calls", "client_metadata",
    }
)  # fmt: skip
# May become part of the prompt: counted as written.
WRITTEN = frozenset({"tools", "tool_choice", "text", "reasoning"})
# With these a provider may add text to the prompt, run something, or ask another price.
UNBOUNDED = frozenset(
    {
        "previous_response_id", "conversation", "prompt", "background", "background_options", "context_management",
        "image", "moderation", "access_programs",
    }
)  # fmt: skip
KNOWN = TEXTS | SETTINGS | WRITTEN | UNBOUNDED

MORE_TOOLS = "additional_tools"  # an item of the input that offers tools
MESSAGE_ROLES = frozenset({"user", "assistant", "system", "developer"})
TEXT_PARTS = frozenset({"input_text", "output_text", "text", "summary_text", "reasoning_text"})
