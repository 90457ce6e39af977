"""The request fields and betas that are known, and what each can do to a request's size."""

from __future__ import annotations

NAME = "anthropic_messages"  # of the dialect
PATH, COUNT_PATH = "messages", "messages/count_tokens"
VERSION_HEADER, BETA_HEADER = "anthropic-version", "anthropic-beta"

# The request's own content. Its texts are counted.
TEXTS = frozenset({"messages", "system"})
# Never part of the prompt, and never makes anything larger.
SETTINGS = frozenset(
    {
        "model", "max_tokens", "metadata", "service_tier", "stop_sequences", "stream", "temperature", "thinking",
        "top_k", "top_p",
    }
)  # fmt: skip
# May become part of the prompt: counted as written.
WRITTEN = frozenset({"tools", "tool_choice", "output_config", "output_format", "context_management", "cache_control"})
# With these the provider may add text to the prompt, run something, or ask another price.
UNBOUNDED = frozenset({"container", "mcp_servers", "inference_geo", "speed"})
KNOWN = TEXTS | SETTINGS | WRITTEN | UNBOUNDED

# Conversations that the provider holds: programs send their new turns alone. Told one of these codes, Anthropic's SDKs
# send the whole conversation again.
THREAD, THREAD_NOT_FOUND = "thread", "thread_not_found"
THREAD_CODES = frozenset(
    {THREAD_NOT_FOUND, "thread_already_continued", "thread_continue_in_flight", "thread_unsupported_request"}
)
HELD = "earlier turns, which the provider holds"

# Betas that neither lengthen a prompt or an answer nor change a price.
HARMLESS_BETAS = frozenset(
    {
        "claude-code-20250219", "oauth-2025-04-20", "interleaved-thinking-2025-05-14",
        "fine-grained-tool-streaming-2025-05-14", "token-efficient-tools-2025-02-19", "prompt-caching-2024-07-31",
        "prompt-caching-scope-2026-01-05", "extended-cache-ttl-2025-04-11", "token-counting-2024-11-01",
        "max-tokens-3-5-sonnet-2024-07-15", "output-128k-2025-02-19", "structured-outputs-2025-11-13",
        "context-management-2025-06-27", "effort-2025-11-24", "tool-examples-2025-10-29", "pdfs-2024-09-25",
        "dev-full-thinking-2025-05-14", "model-context-window-exceeded-2025-08-26", "adaptive-thinking-2026-01-28",
        "thinking-token-count-2026-05-13", "mid-conversation-system-2026-04-07", "structured-outputs-2025-12-15",
        "message-threads-2026-08-12",
    }
)  # fmt: skip
