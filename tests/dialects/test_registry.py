from __future__ import annotations

import json
from dataclasses import replace

import pytest

from localrouter.dialects.contract import PlainAnswer, Preset, StreamEvent
from localrouter.dialects.presets import PRESETS
from localrouter.dialects.registry import DEFAULT_CLIENT, DIALECTS, client_for
from localrouter.domain.conversation.parts import TextPart
from localrouter.domain.conversation.pieces import pieces_of
from localrouter.domain.conversation.reply import Finish, FinishReason, Reply
from localrouter.domain.conversation.request import Endpoint


def test_each_dialect_is_found_by_its_own_name() -> None:
    for dialects in (DIALECTS.clients, DIALECTS.providers):
        assert [dialect.name for dialect in dialects.values()] == list(dialects)
    assert DIALECTS.clients[DEFAULT_CLIENT.name] is DEFAULT_CLIENT


def test_no_two_dialects_are_served_at_one_path() -> None:
    paths = [path for dialect in DIALECTS.clients.values() for path in dialect.paths]
    assert len(paths) == len(set(paths))


def test_every_endpoint_is_served() -> None:
    served = {endpoint for dialect in DIALECTS.clients.values() for endpoint in dialect.paths.values()}
    assert served == set(Endpoint)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_a_preset_speaks_a_known_dialect(preset: Preset) -> None:
    assert preset.dialect in DIALECTS.providers


def test_each_endpoint_has_a_dialect_in_which_it_can_be_asked_for() -> None:
    for endpoint in Endpoint:
        assert client_for(endpoint, {}).example(endpoint, "one/a", {}).endpoint is endpoint


def test_a_request_tells_by_its_fields_that_it_is_one_for_a_response() -> None:
    chat = Endpoint.CHAT_COMPLETIONS
    assert client_for(chat, {"previous_response_id": "resp_1"}).name == "openai_responses"
    assert client_for(chat, {"input": "Hello", "messages": []}).name == "openai_chat"
    assert client_for(Endpoint.EMBEDDINGS, {"input": "Hello"}).name == "openai_chat"


def test_a_request_bears_the_name_of_the_endpoint_that_its_program_called() -> None:
    for dialect in DIALECTS.clients.values():
        for path, endpoint in dialect.paths.items():
            request = dialect.example(endpoint, "one/a", {})
            if "{model}" in path:
                request = dialect.from_path(request, path, "one/b", "")
                assert request.model == "one/b"
            assert request.called == path


def test_only_a_path_that_names_the_model_tells_more_of_a_request() -> None:
    for dialect in DIALECTS.clients.values():
        if not any("{model}" in path for path in dialect.paths):
            with pytest.raises(LookupError):
                dialect.from_path(dialect.example(Endpoint.CHAT_COMPLETIONS, "one/a", {}), "x", "one/a", "")


def test_a_request_is_bounded_by_the_dialect_that_it_came_in() -> None:
    request = DEFAULT_CLIENT.example(Endpoint.EMBEDDINGS, "one/a", {"input": "Hello"})
    assert DIALECTS.max_usage(request) == DEFAULT_CLIENT.max_usage(request)


NAMELESS = Reply((TextPart("Hi"),), Finish(FinishReason.STOP))


@pytest.mark.parametrize("name", DIALECTS.clients)
def test_an_answer_from_another_dialect_bears_an_id_of_its_own_a_model_and_the_time(name: str) -> None:
    dialect = DIALECTS.clients[name]
    asked = dialect.example(Endpoint.CHAT_COMPLETIONS, "one/a", {})
    ids = set()
    for number in ("1a", "2b"):
        request = replace(asked, id=number, arrived_at=1_700_000_000)
        whole = json.loads(dialect.write_answer(PlainAnswer(b"", None, 0, NAMELESS), request))
        writer = dialect.stream_writer(request)
        streamed = writer.event(StreamEvent(b"", deltas=tuple(pieces_of(NAMELESS)))) + writer.end()
        written = json.dumps(whole)
        ids.add(whole.get("id", whole.get("responseId")))
        assert number in written
        assert number.encode() in streamed
        assert b"one/a" in streamed
        if name.startswith("openai"):
            assert "1700000000" in written
            assert b"1700000000" in streamed
    assert len(ids) == 2
