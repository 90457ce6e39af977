"""LangChain's standard tests for `langchain-anthropic`."""

from checks import run_pytest

# LangChain keeps one asynchronous client for all its models, which ends with the loop that it was made on.
LOOP = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_test_loop_scope=session")

if __name__ == "__main__":
    run_pytest([__file__.replace("checks_", "cases_"), *LOOP, "-W", "ignore"])
