"""Whose path it is that nobody serves here, and which setting of the program helps."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from localrouter.dialects.unserved.shapes import Shape
from localrouter.domain.conversation.error_reply import ErrorReply

MESSAGES = "messages"  # Anthropic's endpoint, whose SDK adds the version itself
_OPENAI_COMPATIBLE = "Choose “OpenAI-compatible” as its provider, with the base URL {base}."


@dataclass(frozen=True, slots=True)
class Called:
    """What was called: a path that is not served, and the address under which this router was reached. `shape` is set
    where the head tells whose SDK it was."""

    method: str
    path: str
    address: str
    shape: Shape | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    path: re.Pattern[str]
    advice: str
    shape: Shape = Shape.OPENAI


# What is matched in order, without slashes at either end: a path, whose SDK reads the answer, and what helps.
_TABLE = tuple(
    _Known(re.compile(path), advice, shape)
    for path, shape, advice in (
        # Other services' own interfaces
        (
            r"api/(tags|chat|generate|show|ps|version|embed|embeddings|pull|push|create|copy|delete|me|blobs/.*)",
            Shape.SENTENCE,
            f"Your program speaks Ollama's own API. {_OPENAI_COMPATIBLE}",
        ),
        (r"api/v0/.*", Shape.OPENAI, f"Your program speaks LM Studio's own API. {_OPENAI_COMPATIBLE}"),
        (
            r"openai/deployments/.*",
            Shape.OPENAI,
            "Your program takes this for Azure. Use OpenAI's plain client, not AzureOpenAI, with the base URL {base}.",
        ),
        (
            r"v1(alpha|beta)/.*|(v1/)?(tuned)?[mM]odels/.+:\w+",
            Shape.GEMINI,
            "Of Gemini's API, answers, streams, counts of tokens and vectors are served. For the rest call Google "
            "itself, without this base URL.",
        ),
        (
            r"v1(beta1)?/(projects|publishers)/.*",
            Shape.GEMINI,
            f"Your program speaks Vertex AI's own API. {_OPENAI_COMPATIBLE}",
        ),
        (
            r"model/.+/(invoke|converse).*",
            Shape.MESSAGE,
            f"Your program speaks Bedrock's own API. {_OPENAI_COMPATIBLE}",
        ),
        (
            r"v2/(chat|embed|rerank|classify)",
            Shape.MESSAGE,
            f"Your program speaks Cohere's own API. {_OPENAI_COMPATIBLE}",
        ),
        (
            r"generate(_stream)?|info",
            Shape.SENTENCE,
            f"Your program speaks the API of Text Generation Inference. {_OPENAI_COMPATIBLE}",
        ),
        (
            r"completion|infill|props|slots|tokenize|detokenize|apply-template|lora-adapters",
            Shape.OPENAI,
            f"Your program speaks llama.cpp's own API. {_OPENAI_COMPATIBLE}",
        ),
        (
            r"(v1/)?complete",
            Shape.ANTHROPIC,
            "Anthropic's text completions ended in 2024. Use a later version of its SDK, or of your program.",
        ),
        (
            r"(v1/)?messages/batches.*",
            Shape.ANTHROPIC,
            "Batches are not passed on. Send their requests one by one, or call Anthropic itself for them.",
        ),
        (
            r"(v1/)?organizations(/.*)?",
            Shape.ANTHROPIC,
            "This is the administration of an account at Anthropic. Call it directly, without this base URL.",
        ),
        (
            r"(v1/)?(credits|key|auth/key|generation|activity|providers)",
            Shape.OPENAI,
            f"This is about accounts at OpenRouter. {_OPENAI_COMPATIBLE}",
        ),
        (
            r"(v\d/)?(model|key|user|team|spend|budget|health)/.*",
            Shape.OPENAI,
            "This belongs to the administration of another gateway. LocalRouter's own is described at /docs.",
        ),
        # OpenAI's
        (
            r"(v1/)?(conversations(/.*)?|chat/completions/.+)",
            Shape.OPENAI,
            "Answers are not stored here. Let your program send the whole conversation each time (store=false).",
        ),
        (
            r"(v1/)?responses/.+",
            Shape.OPENAI,
            "Only providers keep answers: GET, DELETE, POST …/cancel and GET …/input_items reach them. "
            "For anything else, let your program send the whole conversation each time (store=false).",
        ),
        (
            r"(v1/)?(assistants|threads|vector_stores|chatkit)(/.*)?",
            Shape.OPENAI,
            "Assistants, threads and stores live at OpenAI. Call it directly for them, without this base URL.",
        ),
        (
            r"(v1/)?(files|uploads|batches|fine_tuning|fine-tunes|containers|evals|organization|skills)(/.*)?",
            Shape.OPENAI,
            "Files, batches and tuning belong to one provider. Call it directly for them, without this base URL.",
        ),
        (
            r"(v1/)?(images|videos)(/.*)?",
            Shape.OPENAI,
            "Pictures and videos are not made here. Point your program's image settings to the provider itself.",
        ),
        (
            r"(v1/)?(audio|realtime)(/.*)?",
            Shape.OPENAI,
            "Speech is not passed on. Point your program's speech settings to the provider itself.",
        ),
        (
            r"(v1/)?moderations",
            Shape.OPENAI,
            "Moderation is not passed on. Switch it off in your program, or point it to OpenAI itself.",
        ),
        (
            r"(v1/)?(rerank|score|classify|pooling|ocr)",
            Shape.OPENAI,
            "Only text is made and embedded here. Point your program's reranker to the provider itself.",
        ),
        (
            r"(v1/)?(engines(/.*)?|edits)",
            Shape.OPENAI,
            "Engines and edits left OpenAI's API in 2024. Use version 1 or later of its SDK.",
        ),
    )
)


def not_served(called: Called, served: Sequence[str]) -> tuple[ErrorReply, Shape]:
    """The answer to a call of a path that is not served. `served` are the endpoints, below `/v1`."""
    path = "/".join(part for part in called.path.split("/") if part)
    base = f"{called.address}/v1"
    status = 404
    shape = Shape.ANTHROPIC if path.removeprefix("v1/").startswith(f"{MESSAGES}/") else Shape.OPENAI
    if (endpoint := _ends_with_served(path, served)) is not None and not path.startswith("openai/deployments/"):
        advice = _base_url(endpoint, called.address)
        if endpoint.startswith(MESSAGES):
            status, shape = 400, Shape.ANTHROPIC  # Claude Code hides what a 404 says
    elif (known := next((each for each in _TABLE if each.path.fullmatch(path)), None)) is not None:
        advice, shape = known.advice.replace("{base}", base), known.shape
    else:
        close = difflib.get_close_matches(path.lower(), [f"v1/{endpoint}" for endpoint in served], 1, 0.75)
        advice = f"Did you mean /{close[0]}?" if close else f"The base URL of a program is {base}."
    posts = ", ".join(f"/v1/{endpoint}" for endpoint in served)
    said = f"LocalRouter does not serve {called.method} {called.path}. {advice} It serves POST {posts}"
    return ErrorReply(status, "not_found", f"{said} and GET /v1/models, /v1/models/{{id}}."), called.shape or shape


def _ends_with_served(path: str, served: Sequence[str]) -> str | None:
    """The endpoint that a path ends with, below a prefix that is not served."""
    return next((each for each in ("models", *served) if path.endswith(f"/{each}") and path != f"v1/{each}"), None)


def _base_url(endpoint: str, address: str) -> str:
    base = address if endpoint.startswith(MESSAGES) else f"{address}/v1"
    rest = f"/v1/{endpoint}" if endpoint.startswith(MESSAGES) else f"/{endpoint}"
    return f"Set the base URL of your program to {base}: it adds {rest} itself."
