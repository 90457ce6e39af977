"""The request fields that are known, and what each can do to a request's size.

Servers differ in how strictly they read names: some take `MAX_TOKENS` for `max_tokens`. So a name that only looks like
one that is known is refused (`reading.look_alike`), or what is read here would not be what counts there.
"""

from __future__ import annotations

NAME = "openai_chat"  # of the dialect
CAP_FIELDS = ("max_completion_tokens", "max_tokens")
# Some servers read a cap of their own from these, in place of the standard one.
OTHER_CAPS = ("max_new_tokens", "max_output_tokens", "n_predict", "num_predict")
COUNTS = ("n", "best_of", "n_cmpl")  # of answers; the last is llama.cpp's own name for the first
WHOLE = (*CAP_FIELDS, *OTHER_CAPS, *COUNTS, "seed", "random_seed", "top_k", "top_logprobs", "logprobs", "dimensions")

# The request's own content. Its texts are counted.
TEXTS = frozenset({"messages", "prompt", "suffix", "input"})
# Never part of the prompt, and never makes anything larger.
SETTINGS = frozenset(
    {
        "model", "stream", "stream_options", "temperature", "top_p", "top_k", "top_a", "min_p", "typical_p", "tfs_z",
        "stop", "stop_token_ids", "include_stop_str_in_output", "ignore_eos", "min_tokens", "seed", "random_seed",
        "user", "logit_bias", "logprobs", "top_logprobs", "prompt_logprobs", "presence_penalty", "frequency_penalty",
        "repetition_penalty", "repeat_penalty", "repeat_last_n", "length_penalty", "mirostat", "mirostat_eta",
        "mirostat_tau", "dry_multiplier", "dry_base", "dry_allowed_length", "store", "metadata", "service_tier",
        "parallel_tool_calls", "encoding_format", "dimensions", "echo", "safety_identifier", "prompt_cache_key",
        "prompt_cache_retention", "cache_prompt", "keep_alive", "safe_prompt", "priority", "skip_special_tokens",
        "spaces_between_special_tokens", "truncate_prompt_tokens", "return_token_ids", "input_type", "truncate",
        *COUNTS, *CAP_FIELDS, *OTHER_CAPS,
    }
)  # fmt: skip
# May become part of the prompt: counted as written.
WRITTEN = frozenset(
    {
        "tools", "tool_choice", "functions", "function_call", "response_format", "reasoning_effort", "reasoning",
        "thinking", "enable_thinking", "include_reasoning", "verbosity", "modalities", "grammar", "guided_json",
        "guided_regex", "guided_choice", "guided_grammar", "json_schema", "structured_outputs", "documents",
        "chat_template_kwargs", "add_generation_prompt", "continue_final_message",
    }
)  # fmt: skip
# With these a provider may add text to the prompt, exceed the cap, or use another model or price.
UNBOUNDED = frozenset(
    {
        "audio", "conversation", "data_sources", "extra_body", "fallbacks", "models", "plugins", "prediction", "preset",
        "previous_response_id", "provider", "search_parameters", "web_search_options", "chat_template",
    }
)  # fmt: skip
KNOWN = TEXTS | SETTINGS | WRITTEN | UNBOUNDED
