"""What is measured: the simulated provider alone, nginx as a plain proxy, and the gateway with and without limits."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from processes import CannotMeasure, Cores, free_port, last_lines, running

SECONDS_TO_START = 30
KEY = "lr-bench-key"
PATH = "/v1/chat/completions"

NGINX = """
daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    tcp_nodelay on;
    keepalive_requests 100000000;
    upstream provider {{
        server 127.0.0.1:{upstream};
        keepalive 1024;
        keepalive_requests 100000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=2048;
        location / {{
            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Target:
    """A process under test, listening."""

    url: str
    pid: int
    model: str = "mock/bench"


@dataclass(frozen=True)
class Bench:
    """What a target needs to start: a provider to call, a folder of its own, cores to run on."""

    upstream: Target
    upstream_port: int
    folder: Path
    cores: Cores


Starter = Callable[[Bench], AbstractContextManager[Target]]


@contextmanager
def provider_alone(bench: Bench) -> Iterator[Target]:
    yield bench.upstream


@contextmanager
def nginx(bench: Bench) -> Iterator[Target]:
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if not program:
        raise CannotMeasure("nginx is missing. Install it: sudo apt-get install nginx-light")
    port = free_port()
    configuration = bench.folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=bench.folder, upstream=bench.upstream_port, port=port))
    command = [program, "-p", str(bench.folder), "-e", "stderr", "-c", str(configuration)]
    log = bench.folder / "nginx.log"
    with running(command, cores=bench.cores.target, log=log) as process:
        wait_until_it_answers(process, port, log)
        yield Target(f"http://127.0.0.1:{port}{PATH}", process.pid)


def gateway(bench: Bench) -> AbstractContextManager[Target]:
    return start_gateway(bench, limits=[])


def gateway_with_limits(bench: Bench) -> AbstractContextManager[Target]:
    """Nine windows that never fill, so that every request is judged by all of them."""
    return start_gateway(bench, limits=limits_of(("requests", "input_tokens", "total_tokens"), "soft"))


def gateway_with_strict_limits(bench: Bench) -> AbstractContextManager[Target]:
    """The same, reckoned with by upper bounds: every answer is capped."""
    return start_gateway(bench, limits=limits_of(("requests", "input_tokens", "total_tokens"), "strict"))


def limits_of(kinds: tuple[str, ...], mode: str) -> list[dict[str, object]]:
    return [
        {"limit_type": kind, "value": 1e12, "time_window": window, "mode": mode}
        for kind in kinds
        for window in ("minute", "hour", "day")
    ]


@contextmanager
def start_gateway(bench: Bench, *, limits: list[dict[str, object]]) -> Iterator[Target]:
    home = bench.folder / "home"
    home.mkdir(mode=0o700)
    configuration = home / "config.json"
    configuration.touch(mode=0o600)
    configuration.write_text(json.dumps(document(bench.upstream_port, limits)))
    port = free_port()
    command = [sys.executable, "-P", "-m", "localrouter", "serve", "--home", str(home), "--port", str(port)]
    log = bench.folder / "gateway.log"
    environment = {"LOCALROUTER_SECRETS": "file", "LOCALROUTER_BENCH_KEY": "provider-key"}
    with running(command, cores=bench.cores.target, log=log, environment=environment) as process:
        wait_until_it_answers(process, port, log)
        yield Target(f"http://127.0.0.1:{port}{PATH}", process.pid)


def document(upstream_port: int, limits: list[dict[str, object]]) -> dict[str, object]:
    """A configuration with one provider, one client and its strategy."""
    provider = {
        "name": "mock",
        "preset": "openai-compatible",
        "base_url": f"http://127.0.0.1:{upstream_port}/v1",
        "secret": "env:LOCALROUTER_BENCH_KEY",
        "models": ["bench"],
    }
    client = {
        "id": "6f1c7c1e-6a52-4b5e-9d3c-5a1f4f0f2b10",
        "name": "Bench",
        "strategy_id": "bench",
        "created_at": "2026-01-01T00:00:00Z",
        "key_digest": hashlib.sha256(KEY.encode()).hexdigest(),
        "key_hint": KEY[-4:],
    }
    strategies = [
        {"id": "default", "name": "Default Strategy"},
        {"id": "bench", "name": "Bench", "rate_limits": limits},
    ]
    return {"version": 1, "revision": 1, "providers": [provider], "clients": [client], "strategies": strategies}


def wait_until_it_answers(process: subprocess.Popen[str], port: int, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise CannotMeasure(f"it ended with code {process.returncode} before it answered:\n{last_lines(log)}")
        if answers(port):
            return
        time.sleep(0.05)
    raise CannotMeasure(f"it did not answer within {SECONDS_TO_START} s:\n{last_lines(log)}")


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


TARGETS: dict[str, tuple[str, Starter]] = {
    "provider": ("simulated provider alone", provider_alone),
    "nginx": ("nginx proxy_pass (no auth, no metering)", nginx),
    "gateway": ("LocalRouter", gateway),
    "limits": ("LocalRouter, nine limits", gateway_with_limits),
    "strict": ("LocalRouter, nine strict limits", gateway_with_strict_limits),
}
