"""The API tests of OpenAI's SDK, from its source archive, for what LocalRouter serves.

Not those of responses: they name no model, and ask for the memory that only OpenAI has.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from checks import run_pytest

FILES = ("chat/test_completions.py", "test_completions.py", "test_embeddings.py", "test_models.py")
SERVED = "create or (TestModels or TestAsyncModels) and (retrieve or list)"


class OwnKey:
    """The tests know one key, which their mock server does not look at."""

    def pytest_collection_finish(self) -> None:
        sys.modules["tests.conftest"].__dict__["api_key"] = os.environ["OPENAI_API_KEY"]


if __name__ == "__main__":
    [root] = Path(os.environ["SUITE_FOLDER"], "sources").glob("openai-*/")
    os.environ["TEST_API_BASE_URL"] = os.environ["OPENAI_BASE_URL"]
    tests = [str(root / "tests" / "api_resources" / file) for file in FILES]
    own: list[Any] = [OwnKey()]
    run_pytest([*tests, "-k", SERVED, "--rootdir", str(root), "-o", "addopts=", "-W", "ignore"], own)
