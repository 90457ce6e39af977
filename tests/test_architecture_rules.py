"""Every rule of `test_architecture` fails on a bad example and lets the good one pass."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from tests.test_architecture import folder_violations, violations

LONG_FUNCTION = "def f():\n" + "    x = 1\n" * 50

BAD = [
    ("domain/limits/check.py", "from localrouter.dialects import openai", "does not point inward"),
    ("dialects/openai_chat/provider.py", "from localrouter.services.health import Health", "does not point inward"),
    ("private_files.py", "from localrouter.services import home", "does not point inward"),
    ("domain/limits/check.py", "from localrouter.private_files import write_private", "does not point inward"),
    ("services/ledger/ledger.py", "import localrouter.gateway.loop", "does not point inward"),
    ("services/ledger/ledger.py", "from localrouter.services.health import Health", "does not point inward"),
    ("services/ledger/ledger.py", "from localrouter.services import health", "does not point inward"),
    ("services/ledger/ledger.py", "from .. import health", "does not point inward"),
    ("services/ledger/ledger.py", "from ..metrics import store", "does not point inward"),
    ("services/health.py", "from localrouter.services.ledger.ledger import Ledger", "does not point inward"),
    ("commands/server.py", "from localrouter.gateway.plan import plan", "does not point inward"),
    ("commands/server.py", "from ..gateway import plan", "does not point inward"),
    ("gateway/loop.py", "from localrouter import commands", "does not point inward"),
    ("gateway/loop.py", "def f():\n    from localrouter.surfaces import http", "does not point inward"),
    ("gateway/loop.py", "import importlib\nimportlib.import_module('localrouter.app')", "does not point inward"),
    ("gateway/loop.py", "__import__('localrouter.' + 'app')", "does not point inward"),
    ("surfaces/http/routes.py", "from localrouter.app import build", "does not point inward"),
    ("surfaces/http/routes.py", "if TYPE_CHECKING:\n    from localrouter.app import App", "does not point inward"),
    ("__init__.py", "from localrouter.app import build", "does not point inward"),
    ("routing.py", "", "belongs to no layer"),
    *(
        ("domain/limits/check.py", f"import {module}", "is not pure")
        for module in ("asyncio", "time", "random", "secrets", "os", "logging", "socket", "urllib.request", "pathlib")
    ),
    ("dialects/openai_chat/provider.py", "from urllib.request import urlopen", "is not pure"),
    ("domain/limits/check.py", "async def f(): ...", "is not pure"),
    ("domain/limits/check.py", "from datetime import datetime\ndef f():\n    return datetime.now()", "is not pure"),
    ("domain/limits/check.py", "import uuid\ndef f():\n    return uuid.uuid4()", "is not pure"),
    ("domain/limits/check.py", "def f():\n    return open('x')", "is not pure"),
    (
        "gateway/relay.py",
        "from localrouter.dialects.openai_chat.stream import OpenAIChatStream",
        "only dialects/registry",
    ),
    ("surfaces/http/error_responses.py", "from localrouter.dialects import openai_chat", "only dialects/registry"),
    ("commands/server.py", "import localrouter.dialects.openai_chat.request", "only dialects/registry"),
    ("gateway/loop.py", "from localrouter.dialects.anthropic_messages import client", "only dialects/registry"),
    ("dialects/openai_chat/a.py", "from localrouter.dialects.anthropic_messages import fields", "is another dialect's"),
    ("gateway/relay.py", "DONE = b'data: [DONE]\\n\\n'", "is a dialect's to spell"),
    ("gateway/relay.py", "def f(chunk):\n    return chunk['choices']", "is a dialect's to spell"),
    ("commands/server.py", "BODY = {'messages': 'Hello'}", "is a dialect's to spell"),
    ("surfaces/http/error_responses.py", "def f(said):\n    return {'error': said}", "is a dialect's to spell"),
    ("surfaces/model_api/requests.py", "def f(body):\n    return b'data: ' + body", "is a dialect's to spell"),
    ("surfaces/http/routes.py", "import webview", "surfaces/desktop/ owns"),
    ("gateway/relay.py", "from aiohappyeyeballs import start_connection", "services/upstream/ owns"),
    ("services/configuration/store.py", "import sqlite3", "services/metrics/ owns"),
    ("surfaces/http/routes.py", "def f():\n    import jsonrpcserver.result", "surfaces/admin_api/ owns"),
    ("gateway/loop.py", "cache = {}", "keeps state in the module"),
    ("gateway/loop.py", "CACHE: dict[str, int] = {}", "keeps state in the module"),
    ("gateway/loop.py", "CACHE = dict()", "keeps state in the module"),
    ("gateway/loop.py", "IDS = itertools.count()", "keeps state in the module"),
    ("gateway/loop.py", "RECENT = deque(maxlen=10)", "keeps state in the module"),
    ("gateway/loop.py", "if True:\n    log = getLogger(__name__)", "keeps state in the module"),
    ("gateway/loop.py", "counter = 0", "keeps state in the module"),
    ("gateway/loop.py", "Registry = Box()", "keeps state in the module"),
    ("gateway/loop.py", "first, SECOND = 1, 2", "keeps state in the module"),
    ("gateway/loop.py", "SEEN = set(TABLE)\ndef f():\n    SEEN.add(1)", "changes what the module keeps"),
    ("gateway/loop.py", "def f():\n    global count", "changes what the module keeps"),
    ("gateway/loop.py", "TABLE = {1: 2}\ndef f():\n    TABLE[3] = 4", "changes what the module keeps"),
    ("gateway/loop.py", "TABLE = {1: 2}\ndef f():\n    del TABLE[1]", "changes what the module keeps"),
    ("gateway/loop.py", "TABLE = {1: 2}\ndef f():\n    TABLE.update(a=1)", "changes what the module keeps"),
    ("gateway/utils.py", "", "is named utils.py"),
    ("services/config_helpers.py", "", "is named config_helpers.py"),
    ("gateway/common/loop.py", "", "is named common"),
    ("gateway/loop.py", "async def f():\n    await asyncio.wait_for(g(), 1)", "loses cancellations"),
    ("gateway/loop.py", "x\n" * 401, "is longer than 400 lines"),
    ("gateway/loop.py", LONG_FUNCTION, "f is longer than 50 lines"),
    ("gateway/loop.py", "def f(a, b, /, c, *d, e, f, **g): ...", "takes more than 6 parameters"),
]

GOOD = [
    ("services/configuration/store.py", "import os\nfrom localrouter.private_files import write_private"),
    (
        "domain/limits/check.py",
        "import math\nfrom collections.abc import Iterable\nfrom localrouter.domain import config",
    ),
    (
        "dialects/openai_chat/provider.py",
        "import orjson\nfrom urllib.parse import quote\nfrom localrouter.domain.conversation.request import Usage",
    ),
    ("services/ledger/ledger.py", "from . import journal\nfrom localrouter.services.ledger.queue import Queue"),
    ("services/metrics/store.py", "import sqlite3\nfrom localrouter.services.metrics.schema import VIEW"),
    (
        "services/upstream/client.py",
        "import aiohappyeyeballs\nimport asyncio\nfrom localrouter.dialects.contract import Dialects",
    ),
    ("gateway/relay.py", '"""Passes `[DONE]`."""\ndef f(send):\n    return send({"type": "http.response.body"})'),
    ("surfaces/admin_api/rpc.py", "def f(said):\n    return {'error': said}"),
    ("dialects/openai_chat/stream.py", "def f(chunk):\n    return chunk['choices']"),
    ("gateway/loop.py", "from localrouter.dialects.registry import DIALECTS"),
    ("dialects/registry.py", "from localrouter.dialects.openai_chat.client import OpenAIChatClient"),
    ("commands/server.py", "from localrouter import __version__\nfrom localrouter.services import health"),
    (
        "surfaces/admin_api/rpc.py",
        "def f():\n    import jsonrpcserver\nfrom localrouter.commands.registration.registry import command",
    ),
    ("app.py", "from localrouter.surfaces import http\nfrom localrouter.demo.demo import Demo"),
    ("gateway/loop.py", "TABLE = {1: 2}\nPATTERN = re.compile('x')\n_LIMIT: int = 3\n__all__ = ['f']"),
    ("gateway/loop.py", "NAMES = [name.lower() for name in TABLE]\ndef f():\n    return NAMES[0]"),
    ("gateway/loop.py", "Pair = tuple[str, str]\nName = Annotated[str, Field(min_length=1)]\nId = NewType('Id', str)"),
    ("gateway/loop.py", "def f():\n    seen = []\n    seen.append(1)\n    seen[0] = 2\nclass A:\n    b: int = 3"),
    ("gateway/loop.py", "def f(self, a, b, c, d, e, f): ..."),
    ("gateway/loop.py", "def f():\n" + "    x = 1\n" * 49),
]


@pytest.mark.parametrize(("path", "source", "said"), BAD)
def test_a_bad_example_breaks_its_rule(path: str, source: str, said: str) -> None:
    found = list(violations(PurePosixPath(path), source))
    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize(("path", "source"), GOOD)
def test_a_good_example_breaks_no_rule(path: str, source: str) -> None:
    assert list(violations(PurePosixPath(path), source)) == []


WELL_INTRODUCED = (
    "What every strategy used.\n\nStart with `ledger.py`. Nothing else may admit a request, or limits would not hold."
)


@pytest.mark.parametrize(
    ("names", "introduction", "said"),
    [
        ([f"{letter}.py" for letter in "abcdefghijklmno"], WELL_INTRODUCED, "15 files"),
        (["__init__.py", "ledger.py"], "What every strategy used.", "says nowhere"),
        (["__init__.py", *(f"ledger_{letter}.py" for letter in "abcde")], WELL_INTRODUCED, "begin with ledger_"),
    ],
)
def test_a_bad_folder_breaks_its_rule(names: list[str], introduction: str, said: str) -> None:
    found = list(folder_violations(PurePosixPath("services/ledger"), names, introduction))
    assert len(found) == 1
    assert said in found[0]


def test_a_good_folder_breaks_no_rule() -> None:
    names = ["__init__.py", "journal.py", "ledger.py", "clock_offsets.py"]
    assert list(folder_violations(PurePosixPath("services/ledger"), names, WELL_INTRODUCED)) == []
