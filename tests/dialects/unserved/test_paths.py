"""A program that calls what is not served is told what is, and which of its settings helps."""

from __future__ import annotations

import pytest

from localrouter.dialects.unserved.paths import Called, not_served
from localrouter.dialects.unserved.shapes import Shape

ADDRESS = "http://127.0.0.1:3625"
SERVED = ("chat/completions", "completions", "embeddings")


def told(path: str, served: tuple[str, ...] = SERVED, shape: Shape | None = None) -> tuple[int, Shape, str]:
    reply, found = not_served(Called("POST", path, ADDRESS, shape), served)
    return reply.status, found, reply.message


@pytest.mark.parametrize(
    ("path", "shape", "helps"),
    [
        ("/api/tags", Shape.SENTENCE, "Ollama's own API"),
        ("/api/chat", Shape.SENTENCE, f"base URL {ADDRESS}/v1"),
        ("/api/blobs/sha256:0", Shape.SENTENCE, "Ollama's own API"),
        ("/api/v0/models", Shape.OPENAI, f"Set the base URL of your program to {ADDRESS}/v1"),
        ("/api/v0/model", Shape.OPENAI, "LM Studio's own API"),
        ("/openai/deployments/gpt-4o/chat/completions", Shape.OPENAI, "not AzureOpenAI"),
        ("/v1beta/models/gemini-2.5-flash:predict", Shape.GEMINI, "call Google"),
        ("/v1beta/cachedContents", Shape.GEMINI, "call Google"),
        ("/v1beta1/projects/p/locations/l/publishers/google/models/g:predict", Shape.GEMINI, "Vertex AI's own API"),
        ("/model/anthropic.claude/converse-stream", Shape.MESSAGE, "Bedrock's own API"),
        ("/v2/chat", Shape.MESSAGE, "Cohere's own API"),
        ("/generate_stream", Shape.SENTENCE, "Text Generation Inference"),
        ("/completion", Shape.OPENAI, "llama.cpp's own API"),
        ("/v1/complete", Shape.ANTHROPIC, "later version of its SDK"),
        ("/v1/messages/batches/b1/results", Shape.ANTHROPIC, "Batches are not passed on"),
        ("/v1/key", Shape.OPENAI, "OpenRouter"),
        ("/key/info", Shape.OPENAI, "another gateway"),
        ("/v1/organizations/users", Shape.ANTHROPIC, "administration of an account"),
        ("/v1/responses/resp_1/cancel", Shape.OPENAI, "store=false"),
        ("/v1/chat/completions/c1", Shape.OPENAI, "not stored here"),
        ("/v1/threads/t/messages", Shape.OPENAI, "live at OpenAI"),
        ("/v1/files", Shape.OPENAI, "belong to one provider"),
        ("/v1/fine_tuning/jobs", Shape.OPENAI, "belong to one provider"),
        ("/v1/images/generations", Shape.OPENAI, "Pictures"),
        ("/audio/transcriptions", Shape.OPENAI, "Speech"),
        ("/v1/moderations", Shape.OPENAI, "Moderation"),
        ("/v1/rerank", Shape.OPENAI, "reranker"),
        ("/v1/engines/davinci/completions", Shape.OPENAI, f"Set the base URL of your program to {ADDRESS}/v1"),
        ("/v1/edits", Shape.OPENAI, "version 1 or later"),
        ("/api/v1/chat/completions", Shape.OPENAI, f"to {ADDRESS}/v1: it adds /chat/completions itself"),
        ("/openai/v1/models", Shape.OPENAI, f"to {ADDRESS}/v1: it adds /models itself"),
        ("/v1/chat/completions/chat/completions", Shape.OPENAI, f"to {ADDRESS}/v1: it adds /chat/completions itself"),
        ("/v1/chat/completion", Shape.OPENAI, "Did you mean /v1/chat/completions?"),
        ("/v1/embedding", Shape.OPENAI, "Did you mean /v1/embeddings?"),
        ("/nothing", Shape.OPENAI, f"The base URL of a program is {ADDRESS}/v1."),
    ],
)
def test_each_service_s_programs_are_told_what_helps(path: str, shape: Shape, helps: str) -> None:
    status, found, message = told(path)
    assert (status, found) == (404, shape)
    assert message.startswith(f"LocalRouter does not serve POST {path}. ")
    assert helps in message
    assert message.endswith(
        "It serves POST /v1/chat/completions, /v1/completions, /v1/embeddings and GET /v1/models, /v1/models/{id}."
    )
    assert "{base}" not in message


def test_programs_of_anthropic_s_are_told_in_a_status_that_they_show() -> None:
    served = (*SERVED, "messages", "messages/count_tokens")
    status, shape, message = told("/anthropic/v1/messages", served)
    assert (status, shape) == (400, Shape.ANTHROPIC)
    assert f"to {ADDRESS}: it adds /v1/messages itself" in message
    assert f"to {ADDRESS}: it adds /v1/messages/count_tokens itself" in told("/x/v1/messages/count_tokens", served)[2]


def test_a_head_that_tells_whose_sdk_it_is_decides_the_shape() -> None:
    assert told("/v1/files", shape=Shape.ANTHROPIC)[1] is Shape.ANTHROPIC
