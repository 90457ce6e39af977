"""What messages and responses may be changed by on the ways to a model: the open ones leave them requests."""

from __future__ import annotations

from typing import Any

SHOWN_IMAGE = {"type": "input_image", "image_url": "http://localhost/cat.png", "detail": "auto"}
RESPONSES_OPEN: tuple[dict[str, Any], ...] = (
    *({"stream": True}, {"stream": True, "model": "one/a"}, {"stream": True, "max_output_tokens": 1}, {"input": ""}),
    *({"max_output_tokens": cap} for cap in (1, 0, None, 2**63 - 1, 100.0)),
    *({"input": []}, {"instructions": "é" * 100_000}, {"store": False}, {"background": False}, {"user": "x"}),
    *({"metadata": {"limit": "none"}}, {"service_tier": "priority"}, {"n": 5}, {"max_tokens": -1}, {"": 1}),
    *({"strategy": "default"}, {"rate_limits": []}, {"mode": "soft"}, {"models": ["one/a", "two/m"]}),
    *({"extra_body": {"model": "one/a"}}, {"base_url": "http://localhost/v1"}, {"usage": {"total_tokens": 0}}),
    {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hello"}, SHOWN_IMAGE]}]},
    {"tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}], "tool_choice": "required"},
    {"tools": [{"type": "custom", "name": "f"}, {"type": "local_shell"}]},
    {"tools": [{"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "f"}]}]},
    {"text": {"format": {"type": "json_schema", "name": "x", "schema": {}}, "verbosity": "low"}},
    {"reasoning": {"effort": "high", "summary": "auto"}, "include": ["reasoning.encrypted_content"]},
)
RESPONSES_CLOSED: tuple[dict[str, Any], ...] = (
    *({"max_output_tokens": cap} for cap in (1.5, "1", True, -1)),
    *({"stream": "true"}, {"stream": 1}, {"input": None}, {"input": 5}, {"input": {}}, {"input": ["Hello"]}),
    {"instructions": 5},
)

SHOWN_BLOCK = {"type": "image", "source": {"type": "url", "url": "http://localhost/cat.png"}}
MESSAGES_OPEN: tuple[dict[str, Any], ...] = (
    *({"stream": True}, {"stream": True, "model": "one/a"}, {"stream": True, "max_tokens": 1}, {"messages": []}),
    *({"max_tokens": cap} for cap in (1, 2**63 - 1, 100.0)),
    *({"system": "é" * 100_000}, {"system": [{"type": "text", "text": "Be brief."}]}, {"system": None}),
    *({"metadata": {"user_id": "limit"}}, {"service_tier": "standard_only"}, {"service_tier": "priority"}, {"": 1}),
    *({"speed": "fast"}, {"inference_geo": "us"}, {"n": 5}, {"max_output_tokens": -1}, {"max_completion_tokens": -1}),
    *({"strategy": "default"}, {"rate_limits": []}, {"mode": "soft"}, {"models": ["one/a", "two/m"]}),
    *({"extra_body": {"model": "one/a"}}, {"base_url": "http://localhost/v1"}, {"usage": {"input_tokens": 0}}),
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}, SHOWN_BLOCK]}]},
    {"tools": [{"name": "f", "input_schema": {"type": "object"}}], "tool_choice": {"type": "any"}},
    {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048},
    {"output_config": {"effort": "high"}, "stop_sequences": ["E"]},
)
MESSAGES_CLOSED: tuple[dict[str, Any], ...] = (
    *({"max_tokens": cap} for cap in (1.5, "1", True, -1)),
    *({"stream": "true"}, {"stream": 1}, {"messages": None}, {"messages": 5}, {"messages": {}}, {"messages": ["Hi"]}),
)

SHOWN_PART = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0K"}}
DECLARED = {"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}
GEMINI_OPEN: tuple[dict[str, Any], ...] = (
    *({"generationConfig": {"maxOutputTokens": cap}} for cap in (1, 0, None, 2**63 - 1, 100.0, "100")),
    *({"generation_config": {"max_output_tokens": 1}}, {"generationConfig": {"max_output_tokens": 1}}),
    *({"systemInstruction": {"parts": [{"text": "é" * 100_000}]}}, {"system_instruction": "Be brief."}),
    *({"safetySettings": []}, {"labels": {"limit": "none"}}, {"store": True}, {"serviceTier": "priority"}, {"": 1}),
    *({"model": "one/a"}, {"max_tokens": -1}, {"n": 5}, {"stream": True}, {"strategy": "default"}, {"rate_limits": []}),
    *({"models": ["one/a"]}, {"usageMetadata": {"promptTokenCount": 0}}, {"base_url": "http://localhost/v1"}),
    {"contents": [{"parts": [{"text": "Hello"}, SHOWN_PART]}]},
    {"contents": [{"role": "user", "parts": [{"inline_data": {"mime_type": "image/png", "data": "iVBO"}}]}]},
    {"tools": [DECLARED], "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
    {"generationConfig": {"responseMimeType": "application/json", "responseSchema": {"type": "OBJECT"}}},
    {"generationConfig": {"thinkingConfig": {"thinkingBudget": 1024}, "stopSequences": ["E"], "candidateCount": 1}},
)
GEMINI_CLOSED: tuple[dict[str, Any], ...] = (
    *({"generationConfig": {"maxOutputTokens": cap}} for cap in (1.5, "x", True, -1)),
    *({"generationConfig": 5}, {"contents": None}, {"contents": 5}, {"contents": {}}, {"contents": ["Hello"]}),
    *({"Contents": []}, {"TOOLS": []}, {"system_instruction": {}, "systemInstruction": {}}),
    {"generationConfig": {"maxOutputTokens": 1, "max_output_tokens": 100_000}},
)
