"""The product in one minute: a throw-away home, simulated providers, a strategy with a budget, and slow traffic.

The simulated providers are `llmock`, an emulator that comes with the extra `demo` and runs in its own process.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from localrouter.demo.parts import demo_folder, emulator
from localrouter.domain.configuration.access import digest, hint, new_key
from localrouter.domain.configuration.config import (
    AutoModelConfig,
    AvailableModelsSelection,
    Client,
    Config,
    Desktop,
    LimitType,
    OnClose,
    Provider,
    RateLimitTimeWindow,
    Server,
    Strategy,
    StrategyRateLimit,
    default_strategy,
)
from localrouter.domain.configuration.document import write
from localrouter.domain.errors import Unavailable
from localrouter.private_files import write_private
from localrouter.program.ending import ending_signals
from localrouter.program.listening import ListenAddress
from localrouter.program.serving import serve
from localrouter.program.with_window import run_window
from localrouter.services.instance.home import Home

CLOUD, SECOND_CLOUD, LOCAL = "simulated-openai", "simulated-groq", "simulated-local"
MODELS = ((CLOUD, "gpt-4o-mini"), (SECOND_CLOUD, "llama-3.3-70b-versatile"), (LOCAL, "llama3.2"))
KEY_VARIABLE = "LOCALROUTER_KEY_DEMO"
BUDGET_PER_MINUTE = 0.01  # USD; small, so that it fills while you watch
PAUSE = 1.5  # seconds between two requests
TROUBLE_EVERY = 12  # requests
FIRST_TROUBLE = 3  # requests before it; the budget fills soon after
PACE_OF_PROVIDERS = {"LLMOCK_LATENCY_MS": "120", "LLMOCK_STREAM_CHUNK_DELAY_MS": "25"}
ANSWERS_WITHIN = 60.0  # seconds
PROMPTS = (
    "Why is the sky blue?",
    "Name three rivers of Europe.",
    "What does a compiler do?",
    "Explain compound interest in two sentences.",
)
# What programs send along. It makes a request cost an amount that can be read.
CONTEXT = "You answer questions about science in plain words. " * 160
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # to this computer, through no proxy


@dataclass(frozen=True, slots=True)
class Simulated:
    """A running emulator of providers."""

    url: str

    def rate_limit(self, seconds: int) -> None:
        """Makes the first provider refuse its next request, for this long."""
        behavior = {"type": "fail", "status": 429, "retry_after": seconds, "times": 1, "match": {"provider": "openai"}}
        _post(f"{self.url}/_llmock/scenario", {"behaviors": [behavior]}, {})


def run(port: int | None, *, headless: bool) -> int:
    """Run the demo until it is interrupted, or until its window is closed."""
    if importlib.util.find_spec("llmock") is None:
        raise Unavailable(
            "The simulated providers are not installed. Install them: pip install llmock, in the environment of "
            "LocalRouter. In a checkout ./scripts/run demo does it."
        )
    _on_ending_signals(_interrupt)
    with demo_folder() as folder, _simulated_providers(folder) as simulated, _undisturbed_end():
        home, key = Home(folder), new_key(os.urandom(32))
        home.prepare()
        write_private(home.config, write(demo_config(simulated.url, key)))
        # A key that is a word would be hidden wherever that word stands, as in the names of the providers.
        os.environ |= {KEY_VARIABLE: os.urandom(16).hex(), "LOCALROUTER_SECRETS": "file"}
        start = serve if headless else run_window
        start(
            home, ListenAddress(port=port, may_move=True), ready=lambda url, pages: _ready(url, pages, key, simulated)
        )
    return 0


def _on_ending_signals(handler: Callable[[int, object], None] | signal.Handlers) -> None:
    for number in ending_signals():
        signal.signal(number, handler)


@contextlib.contextmanager
def _undisturbed_end() -> Iterator[None]:
    """Another Ctrl+C does not keep the demo from cleaning up, which takes seconds."""
    try:
        yield
    finally:
        _on_ending_signals(signal.SIG_IGN)


def _interrupt(_number: int, _frame: object) -> None:
    """Ends the demo like Ctrl+C if a signal arrives before the server handles signals."""
    raise KeyboardInterrupt


def demo_config(simulated: str, key: str) -> Config:
    """Two simulated cloud providers and a local one, a client, and its strategy with auto-routing and a budget."""
    client_id = str(uuid.uuid4())
    secret = f"env:{KEY_VARIABLE}"
    strategy = Strategy(
        id=str(uuid.uuid4()),
        name="Demo app's strategy",
        parent=client_id,
        allowed_models=AvailableModelsSelection(),
        auto_config=AutoModelConfig(enabled=True, prioritized_models=MODELS),
        rate_limits=(
            StrategyRateLimit(
                limit_type=LimitType.COST, value=BUDGET_PER_MINUTE, time_window=RateLimitTimeWindow.MINUTE
            ),
        ),
    )
    client = Client(
        id=client_id,
        name="Demo app",
        strategy_id=strategy.id,
        created_at=datetime.now(UTC),
        key_digest=digest(key),
        key_hint=hint(key),
    )
    return Config(
        server=Server(),
        desktop=Desktop(on_close=OnClose.QUIT),
        providers=(
            Provider(name=CLOUD, preset="openai", base_url=f"{simulated}/v1", secret=secret),
            Provider(name=SECOND_CLOUD, preset="groq", base_url=f"{simulated}/groq/openai/v1", secret=secret),
            Provider(name=LOCAL, preset="ollama", base_url=f"{simulated}/together/v1", models=("llama3.2",)),
        ),
        clients=(client,),
        strategies=(default_strategy(), strategy),
    )


@contextlib.contextmanager
def _simulated_providers(folder: Path) -> Iterator[Simulated]:
    """The emulator, running and answering."""
    with emulator(folder, PACE_OF_PROVIDERS) as url:
        try:
            _DIRECT.open(f"{url}/health", timeout=ANSWERS_WITHIN).close()
        except OSError as error:
            raise Unavailable(f"The simulated providers do not answer: {error}. Try again.") from None
        yield Simulated(url)


def _ready(url: str, pages: str, key: str, simulated: Simulated) -> None:
    body = json.dumps({"model": "localrouter/auto", "messages": [{"role": "user", "content": "Hello"}]})
    print("LocalRouter demo: the providers are simulated, nothing leaves this computer and nothing is spent.")
    print(f"  pages    {pages}  (once, within 15 minutes)")
    print(f"  address  {url}/v1")
    print(f"  key      {key}")
    headers = f"-H 'Authorization: Bearer {key}' -H 'Content-Type: application/json'"
    print(f"  curl {url}/v1/chat/completions {headers} -d '{body}'")
    print(
        f"Traffic: one request every {PAUSE:g} s, a budget of ${BUDGET_PER_MINUTE} per minute. Ctrl+C ends it.",
        flush=True,
    )
    threading.Thread(target=_traffic, args=(url, key, simulated), daemon=True, name="demo-traffic").start()


def _traffic(url: str, key: str, simulated: Simulated) -> None:
    """Slow requests, so that one can watch them hop and the budget fill."""
    for number in range(1_000_000):
        time.sleep(PAUSE)
        with contextlib.suppress(OSError):
            if number % TROUBLE_EVERY == FIRST_TROUBLE:
                simulated.rate_limit(seconds=6)
            print(_one_request(url, key, PROMPTS[number % len(PROMPTS)]), flush=True)


def _one_request(url: str, key: str, prompt: str) -> str:
    """Ask `localrouter/auto`. Returns one line that says which model served, or why none did."""
    messages = [{"role": "system", "content": CONTEXT}, {"role": "user", "content": prompt}]
    body = {"model": "localrouter/auto", "messages": messages, "max_tokens": 60}
    started = time.monotonic()
    try:
        headers = _post(f"{url}/v1/chat/completions", body, {"authorization": f"Bearer {key}"})
    except urllib.error.HTTPError as error:
        return f"  {error.code}  {json.loads(error.read())['error']['message']}"
    took = time.monotonic() - started
    hops = int(headers["x-localrouter-attempts"]) - 1
    hopped = f", after {hops} that failed" if hops else ""
    return f"  {headers['x-localrouter-model']}  {took:.2f} s  ${float(headers['x-localrouter-cost-usd']):.6f}{hopped}"


def _post(url: str, document: object, headers: dict[str, str]) -> dict[str, str]:
    """The headers of the answer, with lower-case names."""
    request = urllib.request.Request(  # noqa: S310 - loopback only
        url, json.dumps(document).encode(), {"content-type": "application/json", **headers}
    )
    with _DIRECT.open(request, timeout=60) as answer:
        answer.read()
        return {name.lower(): value for name, value in answer.headers.items()}
