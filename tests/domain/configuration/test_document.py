from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import Config
from localrouter.domain.configuration.document import DEEPEST, read, reread, write
from localrouter.domain.configuration.json_text import repeated_keys
from localrouter.domain.errors import Invalid
from tests.documents import a_config, a_provider, a_strategy

SECRET = "sk-very-secret"
FIXTURE = Path(__file__).parent.parents[1] / "homes" / "version-3" / "config.json"


def refusals(document: object) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        read(document)
    return {finding.path: finding.message for finding in refusal.value.findings}


def test_what_is_written_reads_the_same() -> None:
    config = read(FIXTURE.read_bytes())
    assert read(write(config)) == config
    assert read(json.loads(write(config))) == config


def test_the_text_is_laid_out_for_people() -> None:
    text = write(Config()).decode()
    assert text.startswith('{\n  "version": 3,\n  "revision": 0,\n')
    assert text.endswith("}\n")


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read(b"\xef\xbb\xbf{}") == Config()


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (b'{"revision": 1, "revision": 1}', {"revision"}),
        (b'\xef\xbb\xbf{"server": {"port": 1, "host": "a", "port": 2, "host": "b"}}', {"server.port", "server.host"}),
        (
            b'{"strategies": [{}, {"rate_limits": [{"value": 1, "value": 2, "value": 3}]}]}',
            {"strategies[1].rate_limits[0].value"},
        ),
        (
            b'{"clients": [{"routing_config": {"a": [[{"b c": 1, "b\\u0020c": 2}]]}}]}',
            {'clients[0].routing_config.a[0][0]["b c"]'},
        ),
    ],
)
def test_a_key_that_stands_twice_is_refused_with_its_place(text: bytes, places: set[str]) -> None:
    found = refusals(text)
    assert set(found) == places
    assert all("occurs twice" in message for message in found.values())


def test_the_same_key_in_two_objects_is_no_repetition_and_numbers_may_be_long() -> None:
    assert repeated_keys(b'[{"a": {"a": 1}}, {"a": %s, "b": NaN}]' % (b"9" * 5_000)) == ()


def test_text_that_is_no_json_is_refused_with_its_place() -> None:
    assert refusals(b'{\n  "server": }') == {"": "The document is not JSON; it breaks at line 2, column 13."}
    assert "JSON object" in refusals(b"[]")[""]
    assert "JSON" in refusals(b'{"a": NaN}')[""]


def test_what_json_cannot_express_is_refused() -> None:
    assert "JSON cannot express" in refusals({"server": object()})[""]
    assert "JSON cannot express" in refusals({1: 2})[""]


def test_nesting_is_allowed_up_to_the_cap() -> None:
    def nested(levels: int) -> dict[str, object]:
        inner: object = 1
        for _ in range(levels - 4):
            inner = [inner]
        client = {"id": "c", "name": "c", "created_at": "2026-01-31T08:00:00Z", "key_digest": "0" * 64}
        return {"clients": [{**client, "routing_config": {"a": inner}}]}

    config = read(nested(DEEPEST))
    assert read(write(config)) == config
    assert "nested too deeply" in refusals(nested(DEEPEST + 1))[""]
    assert "nested too deeply" in refusals(b'{"a":' + b"[" * 900 + b"]" * 900 + b"}")[""]


def test_each_wrong_shape_is_told_at_its_place_in_a_plain_sentence() -> None:
    limit = {"limit_type": "wishes", "value": -1, "time_window": "day"}
    document = {
        "server": {"port": 1.5, "host": None, "allowed_hosts": "x"},
        "logging": {"access_log": "yes", "retention_days": 0},
        "providers": [{"name": "a", "preset": "openai", "headers": {"a b": 5}, "timeouts": {"idle": 100_000}}],
        "clients": [{"id": "c", "name": "", "created_at": "yesterday", "key_digest": "x", "routing_config": 3}],
        "strategies": [{"id": "s", "name": "n" * 201, "rate_limits": [limit], "aliases": [["a"]], "colour": 1}],
        "pricing_overrides": {},
    }
    assert refusals(document) == {
        "server.host": "This must be a text.",
        "server.port": "This must be a whole number.",
        "server.allowed_hosts": "This must be a list.",
        "logging.access_log": "This must be true or false.",
        "logging.retention_days": "This must be at least 1.",
        'providers[0].headers["a b"]': "This must be a text.",
        "providers[0].timeouts.idle": "This must be at most 86400.0.",
        "clients[0].name": "This must not be empty.",
        "clients[0].created_at": "This must be a time such as 2026-01-31T12:00:00Z.",
        "clients[0].key_digest": "This must match ^[0-9a-f]{64}$.",
        "clients[0].routing_config": "This must be an object.",
        "strategies[0].name": "This is too long: at most 200 characters.",
        "strategies[0].rate_limits[0].limit_type": (
            "This must be one of 'requests', 'input_tokens', 'output_tokens', 'total_tokens' or 'cost'."
        ),
        "strategies[0].rate_limits[0].value": "This must be more than 0.0.",
        "strategies[0].aliases[0][1]": "This is missing.",
        "strategies[0].colour": "There is no such field. Check its spelling, or remove it.",
        "pricing_overrides": "This must be a list.",
    }


def test_a_limit_that_is_not_finite_is_refused() -> None:
    limit = {"limit_type": "cost", "value": math.inf, "time_window": "day"}
    found = refusals({"strategies": [{"id": "s", "name": "s", "rate_limits": [limit]}]})
    assert found == {"strategies[0].rate_limits[0].value": "This must be a number."}
    assert "not JSON" in refusals(b'{"strategies": [{"rate_limits": [{"value": 1e999}]}]}')[""]


def test_the_refusal_tells_its_first_finding_and_how_many_more_there_are() -> None:
    with pytest.raises(Invalid) as refusal:
        read({"server": {"port": "a"}, "colour": 1})
    assert refusal.value.message == "server.port: This must be a whole number. (1 more)"
    assert refusal.value.data["findings"] == [
        {"path": "server.port", "message": "This must be a whole number."},
        {"path": "colour", "message": "There is no such field. Check its spelling, or remove it."},
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"providers": [{"name": "a", "preset": "openai", "secret": [SECRET]}]},
        {"providers": [{"name": "a", "preset": "openai", "api_key": SECRET}]},
        {"providers": [{"name": "a", "preset": "openai", "timeouts": SECRET}]},
        {"clients": [{"id": "c", "name": "c", "created_at": SECRET, "key_digest": SECRET, "key_hint": SECRET}]},
        f'{{"providers": [{{"secret": "{SECRET}" "x"}}]}}'.encode(),
        SECRET.encode(),
    ],
)
def test_no_refusal_repeats_a_value(document: object) -> None:
    with pytest.raises(Invalid) as refusal:
        read(document)
    assert SECRET not in refusal.value.message
    assert SECRET not in repr(refusal.value.findings)
    assert refusal.value.__suppress_context__


def test_copied_values_are_checked_again_down_to_the_last() -> None:
    config = a_config(strategies=(a_strategy("s"),), providers=(a_provider("p"),))
    assert reread(config) == config
    timeouts = config.providers[0].timeouts.model_copy(update={"idle": -1.0})
    spoilt = config.providers[0].model_copy(update={"timeouts": timeouts})
    with pytest.raises(Invalid, match=r"^providers\[0\]\.timeouts\.idle: "):
        reread(config.model_copy(update={"providers": (spoilt,)}))
