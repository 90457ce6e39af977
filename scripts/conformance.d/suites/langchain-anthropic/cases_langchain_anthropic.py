"""The cases for pytest: LangChain's own, inherited; without pictures, which they fetch from the network."""

from __future__ import annotations

import os
from typing import Any

from langchain_anthropic import ChatAnthropic
from langchain_tests.integration_tests import ChatModelIntegrationTests


class TestByMessages(ChatModelIntegrationTests):
    @property
    def chat_model_class(self) -> type[ChatAnthropic]:
        return ChatAnthropic

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": os.environ["ANTHROPIC_MODEL"], "max_retries": 0}

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True
