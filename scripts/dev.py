"""`scripts/run dev`: the router, started anew when its source changes, and the pages from their sources, live.

The pages' own server shows a change at once; the router is restarted, which takes about a second. Ctrl+C ends both.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import build_pages

SOURCE = build_pages.ROOT / "backend" / "localrouter"
LOOK_EVERY = 0.5  # seconds
PAGES_PORT = "5173"
ADDRESS = "http://127.0.0.1:3625"


def newest() -> float:
    return max(file.stat().st_mtime for file in SOURCE.rglob("*.py"))


def start_router(arguments: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-P", "-m", "localrouter", "serve", *arguments])


def start_pages(npm: list[str]) -> subprocess.Popen[bytes]:
    path = os.pathsep.join((str(Path(npm[0]).parent), os.environ.get("PATH", "")))
    environment = os.environ | {"PATH": path, "LOCALROUTER_URL": os.environ.get("LOCALROUTER_URL", ADDRESS)}
    if not (build_pages.UI / "node_modules").exists():
        subprocess.run([*npm, *build_pages.STEPS[0]], cwd=build_pages.UI, env=environment, check=True)
    command = [*npm, "run", "dev", "--", "--port", PAGES_PORT, "--strictPort"]
    return subprocess.Popen(command, cwd=build_pages.UI, env=environment, start_new_session=True)


def end(process: subprocess.Popen[bytes], *, group: bool = False) -> None:
    with contextlib.suppress(ProcessLookupError):
        if group:
            os.killpg(process.pid, signal.SIGTERM)
        else:
            process.terminate()
    process.wait()


def main() -> int:
    npm = build_pages.npm()
    if npm is None:
        print("The pages need Node.js 20.19 or later. Install nodejs and npm.", file=sys.stderr)
        return 1
    seen = newest()
    router, pages = start_router(sys.argv[1:]), start_pages(npm)
    print(
        f"Pages, live: http://127.0.0.1:{PAGES_PORT}/ui/#code=… (with a code of: ./scripts/run open --print)",
        flush=True,
    )
    try:
        while pages.poll() is None:
            time.sleep(LOOK_EVERY)
            if (now := newest()) != seen:
                seen = now
                print("The source changed: starting the router anew.", flush=True)
                end(router)
                router = start_router(sys.argv[1:])
    except KeyboardInterrupt:
        pass
    finally:
        end(pages, group=True)
        end(router)
    return 0


if __name__ == "__main__":
    sys.exit(main())
