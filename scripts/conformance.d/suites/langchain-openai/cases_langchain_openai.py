"""The cases for pytest: LangChain's own, inherited; without pictures, which they fetch from the network."""

from __future__ import annotations

import os
from typing import Any

from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langchain_tests.integration_tests import ChatModelIntegrationTests, EmbeddingsIntegrationTests


class TestByChat(ChatModelIntegrationTests):
    @property
    def chat_model_class(self) -> type[ChatOpenAI]:
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": os.environ["OPENAI_MODEL"], "max_retries": 0, "stream_usage": True}

    @property
    def supports_json_mode(self) -> bool:
        return True


class TestByResponses(TestByChat):
    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": os.environ["OPENAI_MODEL"], "max_retries": 0, "use_responses_api": True}


class TestEmbeddings(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[OpenAIEmbeddings]:
        return OpenAIEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"model": os.environ["EMBEDDING_MODEL"], "check_embedding_ctx_length": False, "max_retries": 0}
