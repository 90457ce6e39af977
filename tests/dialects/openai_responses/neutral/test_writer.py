"""Streams as programs that speak responses read them: each event in its place, and what OpenAI's SDK makes of them."""

from __future__ import annotations

from typing import Any

import httpx2
import openai
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from localrouter.dialects.contract import StreamEvent
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.parts import Citation, ToolKind
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Began,
    Cited,
    Delta,
    Finish,
    Finished,
    FinishReason,
    PartBegan,
    ReasoningPiece,
    ReasoningSealed,
    RefusalPiece,
    TextPiece,
    ToolCallBegan,
    UsageTold,
)
from localrouter.domain.conversation.request import Usage
from tests.dialects.openai_responses.asking import CLIENT, Json, answered, asked, events_in, streamed, told

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True}
CUSTOM = {"type": "custom", "name": "g"}
SHELL = {"type": "local_shell"}


def chunk(delta: Json | None = None, finish: str | None = None, **more: object) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return b"data: " + orjson.dumps({"id": "x", "model": "m", "choices": choices, **more}) + b"\n\n"


def call(index: int, call_id: str = "", name: str = "", arguments: str = "") -> Json:
    named = {"id": call_id} if call_id else {}
    return {"index": index, **named, "function": {"name": name, "arguments": arguments}}


STREAM = b"".join(
    [
        chunk({"role": "assistant", "content": ""}),
        chunk({"reasoning_content": "H"}),
        chunk({"reasoning_content": "m"}),
        chunk({"content": "Hé"}),
        b": ping\n\n",
        chunk({"content": "llo"}),
        chunk({"refusal": "No."}),
        chunk({"tool_calls": [call(0, "c1", "f"), call(1, "c2", "f", "{")]}),
        chunk({"tool_calls": [call(0, arguments="{}")]}),
        chunk({"tool_calls": [call(1, arguments="}")]}),
        chunk({}, "tool_calls"),
        chunk(usage={"prompt_tokens": 3, "completion_tokens": 2}),
        b"data: [DONE]\n\n",
    ]
)
NAMES = [
    *("created", "in_progress"),
    *("output_item.added", "content_part.added", "reasoning_text.delta", "reasoning_text.delta"),
    *("reasoning_text.done", "content_part.done", "output_item.done"),
    *("output_item.added", "content_part.added", "output_text.delta", "output_text.delta"),
    *("output_text.done", "content_part.done"),
    *("content_part.added", "refusal.delta", "refusal.done", "content_part.done", "output_item.done"),
    *("output_item.added", "output_item.added", "function_call_arguments.delta", "function_call_arguments.delta"),
    *("function_call_arguments.delta", "function_call_arguments.done", "output_item.done"),
    *("function_call_arguments.done", "output_item.done", "completed"),
]


def names(events: list[Json]) -> list[str]:
    """The names of events, which are numbered without a gap and are each what the SDK knows under its name."""
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    for event in events:
        assert EVENT.validate_python(event).type == event["type"]
    return [str(event["type"]).removeprefix("response.") for event in events]


def sdk_answer(data: bytes, **fields: Any) -> Any:
    """What the SDK's own stream helper puts together."""
    said = httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=data)
    transport = httpx2.MockTransport(lambda _: said)
    with (
        openai.OpenAI(
            api_key="k", base_url="http://localhost", http_client=httpx2.Client(transport=transport)
        ) as client,
        client.responses.stream(model="one/a", input="Hello", **fields) as stream,
    ):
        return stream.get_final_response()


def test_every_event_comes_in_its_order() -> None:
    assert names(events_in(streamed(STREAM, asked(stream=True, tools=[FUNCTION])))) == NAMES


def test_a_stream_is_the_same_wherever_it_is_cut() -> None:
    request = asked(stream=True, tools=[FUNCTION])
    whole = streamed(STREAM, request)
    assert [cut for cut in range(len(STREAM)) if streamed(STREAM, request, cut) != whole] == []


def test_the_sdk_reads_what_was_written() -> None:
    final = sdk_answer(streamed(STREAM, asked(stream=True, tools=[FUNCTION])), tools=[FUNCTION])
    thoughts, message, first, second = final.output
    assert thoughts.content[0].text == "Hm"
    assert (message.content[0].text, message.content[1].refusal) == ("Héllo", "No.")
    assert [(each.call_id, each.name, each.arguments) for each in (first, second)] == [("c1", "f", "{}")] * 1 + [
        ("c2", "f", "{}")
    ]
    assert (final.usage.input_tokens, final.usage.total_tokens, final.status) == (3, 5, "completed")


def test_a_stream_ends_with_the_answer_that_a_whole_one_is() -> None:
    tool_calls = [{**call(place, f"c{place + 1}", "f", "{}"), "type": "function"} for place in range(2)]
    message = {"reasoning_content": "Hm", "content": "Héllo", "refusal": "No.", "tool_calls": tool_calls}
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    answer: Json = {
        "id": "x",
        "model": "m",
        "choices": [{"message": message, "finish_reason": "tool_calls"}],
        "usage": usage,
    }
    request = asked(stream=True, tools=[FUNCTION])
    last = events_in(streamed(STREAM, request))[-1]
    assert last["response"] == answered(answer, request)


BEGAN, STOPPED = Began("x", "m"), Finished(Finish(FinishReason.STOP, "stop"))


def test_a_summary_has_parts_and_a_seal_ends_it() -> None:
    events = told(
        BEGAN,
        ReasoningPiece("So", is_summary=True),
        ReasoningPiece(".", is_summary=True),
        PartBegan(),
        ReasoningPiece("Then.", is_summary=True),
        ReasoningSealed(encrypted="e1", dialect="openai_responses"),
        ReasoningSealed(encrypted="e2", dialect="openai_responses"),
        ReasoningSealed(),
        STOPPED,
    )
    added, done = ["reasoning_summary_part.added"], ["reasoning_summary_text.done", "reasoning_summary_part.done"]
    assert names(events) == [
        *("created", "in_progress", "output_item.added"),
        *added,
        *["reasoning_summary_text.delta"] * 2,
        *done,
        *added,
        "reasoning_summary_text.delta",
        *done,
        *("output_item.done", "output_item.added", "output_item.done", "completed"),
    ]
    response: Any = events[-1]["response"]
    first, second = response["output"]
    assert [part["text"] for part in first["summary"]] == ["So.", "Then."]
    assert (first["encrypted_content"], second["encrypted_content"]) == ("e1", "e2")


def test_citations_stand_at_the_text_that_they_belong_to() -> None:
    cited = Citation("https://a", "A", start=0, end=2)
    events = told(BEGAN, TextPiece("Hi"), Cited(cited), Cited(Citation(title="a book")), PartBegan(), TextPiece("So"))
    assert names(events).count("output_text.annotation.added") == 1
    response: Any = events[-1]["response"]
    first, second = response["output"][0]["content"]
    assert first["annotations"] == [
        {"type": "url_citation", "url": "https://a", "title": "A", "start_index": 0, "end_index": 2}
    ]
    assert (first["text"], second["text"], second["annotations"]) == ("Hi", "So", [])


def test_one_call_ends_before_the_next_begins_where_it_is_whole() -> None:
    events = told(
        BEGAN,
        ToolCallBegan(0, "c1", "f"),
        ArgumentsPiece(0, "{}"),
        ToolCallBegan(1, "c2", "f"),
        ArgumentsPiece(0, "\n"),
        ArgumentsPiece(7, "{}"),
        STOPPED,
        tools=[FUNCTION],
    )
    assert names(events)[2:-1] == [
        *("output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done"),
        *("output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done"),
    ]
    response: Any = events[-1]["response"]
    assert [item["arguments"] for item in response["output"]] == ["{}", "{}"]


@pytest.mark.parametrize("kind", ToolKind)
def test_a_custom_tool_gets_its_text_however_the_provider_knows_it(kind: ToolKind) -> None:
    pieces = ["l", "s"] if kind is ToolKind.CUSTOM else ['{"input"', ': "ls"}']
    deltas: list[Delta] = [ToolCallBegan(0, "c1", "g", kind), *(ArgumentsPiece(0, piece) for piece in pieces)]
    events = told(BEGAN, *deltas, STOPPED, tools=[CUSTOM])
    count = 2 if kind is ToolKind.CUSTOM else 1
    assert names(events)[2:-1] == [
        "output_item.added",
        *["custom_tool_call_input.delta"] * count,
        *("custom_tool_call_input.done", "output_item.done"),
    ]
    assert "".join(str(event["delta"]) for event in events if "delta" in event) == "ls"
    response: Any = events[-1]["response"]
    assert response["output"][0]["input"] == "ls"


def test_a_shell_is_called_once_its_command_is_whole() -> None:
    shell = ToolCallBegan(0, "c1", "local_shell")
    events = told(BEGAN, shell, ArgumentsPiece(0, '{"command":'), ArgumentsPiece(0, '["ls"]}'), STOPPED, tools=[SHELL])
    assert names(events)[2:-1] == ["output_item.added", "output_item.done"]
    done: Any = events[-2]["item"]
    assert (done["action"]["command"], done["call_id"], done["status"]) == (["ls"], "c1", "completed")
    odd = told(BEGAN, shell, ArgumentsPiece(0, "ls"), STOPPED, tools=[SHELL])
    assert names(odd)[2:-1] == [
        *("output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done")
    ]


@pytest.mark.parametrize("reason", [FinishReason.LENGTH, FinishReason.CONTENT_FILTER])
def test_a_stream_that_was_cut_ends_incomplete(reason: FinishReason) -> None:
    deltas = (TextPiece("H"), ToolCallBegan(0, "c1", "f"), ArgumentsPiece(0, '{"a'))
    events = told(BEGAN, *deltas, Finished(Finish(reason, "x")), UsageTold(Usage(3, 2)), tools=[FUNCTION])
    assert names(events)[-1] == "incomplete"
    response: Any = events[-1]["response"]
    assert response["status"] == "incomplete"
    assert response["incomplete_details"]["reason"] in ("max_output_tokens", "content_filter")
    assert response["output"][-1]["status"] == "incomplete"
    assert response["usage"]["total_tokens"] == 5


def test_a_stream_without_anything_in_it_has_a_beginning_and_an_end() -> None:
    assert names(told()) == ["created", "in_progress", "completed"]
    writer = CLIENT.stream_writer(asked())
    assert writer.end()
    assert writer.end() == b""


DELTAS = st.one_of(
    st.builds(TextPiece, st.text(min_size=1, max_size=3)),
    st.builds(RefusalPiece, st.text(min_size=1, max_size=3)),
    st.builds(ReasoningPiece, st.text(min_size=1, max_size=3), st.booleans()),
    st.builds(ReasoningSealed, st.sampled_from([None, "s"]), st.sampled_from([None, "e"])),
    st.just(PartBegan()),
    st.builds(lambda title: Cited(Citation("https://a", title)), st.text(max_size=3)),
    st.builds(ToolCallBegan, st.integers(0, 2), st.just("c"), st.sampled_from(["f", "g", "local_shell", "h"])),
    st.builds(ArgumentsPiece, st.integers(0, 2), st.sampled_from(["{}", "{", "}", ""])),
)


@given(st.lists(DELTAS, max_size=12))
def test_whatever_comes_each_item_that_began_ends_once_and_the_answer_has_them_all(deltas: list[Delta]) -> None:
    events: list[Any] = told(BEGAN, *deltas, STOPPED, tools=[FUNCTION, CUSTOM, SHELL])
    assert events[-1]["type"] == "response.completed"
    added = {event["output_index"]: event["item"]["id"] for event in events if event["type"].endswith("item.added")}
    done = [event for event in events if event["type"].endswith("item.done")]
    assert sorted(event["output_index"] for event in done) == sorted(added) == list(range(len(added)))
    assert events[-1]["response"]["output"] == [
        event["item"] for event in sorted(done, key=lambda each: each["output_index"])
    ]
    said = {"output_text": TextPiece, "refusal": RefusalPiece, "reasoning_text": ReasoningPiece}
    for name, piece in said.items():
        of_kind: list[Any] = [each for each in deltas if isinstance(each, piece)]
        wanted = [each.text for each in of_kind if not getattr(each, "is_summary", False)]
        assert [event["delta"] for event in events if event["type"] == f"response.{name}.delta"] == wanted


def test_a_break_is_an_error_that_the_sdk_raises_and_that_others_see_as_a_failure() -> None:
    request = asked(stream=True)
    began = streamed(STREAM[: STREAM.index(b": ping")], request)
    began = began[: began.index(b"event: response.output_text.done")]
    writer = CLIENT.stream_writer(request)
    reply = ErrorReply(429, "rate_limit_exceeded", "Too much.", localrouter={"request_id": "r"})
    events: list[Any] = events_in(writer.error(reply))
    assert [event["type"] for event in events] == [
        *("response.created", "response.in_progress", "error", "response.failed")
    ]
    names(events)
    assert events[-2]["message"] == events[-2]["error"]["message"] == "Too much."
    assert events[-1]["response"]["status"] == "failed"
    assert events[-1]["response"]["error"] == {"code": "rate_limit_exceeded", "message": "Too much."}
    assert writer.end() == b"", "nothing makes a broken answer look whole"
    with pytest.raises(openai.APIError, match="Too much"):
        sdk_answer(began + writer.error(reply))


def test_an_answer_whose_beginning_passed_fails_under_the_id_that_it_began_with() -> None:
    reply = ErrorReply(502, "upstream_broke", "It broke.", answer_id="resp_theirs")
    passed: list[Any] = events_in(CLIENT.stream_writer(asked(stream=True), passes=True).error(reply))
    assert passed[-1]["response"]["id"] == "resp_theirs"
    written: list[Any] = events_in(CLIENT.stream_writer(asked(stream=True)).error(reply))
    assert written[-1]["response"]["id"] == written[0]["response"]["id"] != "resp_theirs"


def test_an_error_has_the_shape_that_the_sdk_reads() -> None:
    error = orjson.loads(CLIENT.write_error(ErrorReply(404, "model_not_found", "No such model.", "model")))["error"]
    assert error == {
        "message": "No such model.",
        "type": "not_found_error",
        "param": "model",
        "code": "model_not_found",
    }


def test_many_signs_of_life_in_a_row_are_an_event_once_the_answer_has_begun() -> None:
    writer = CLIENT.stream_writer(asked())
    alive = StreamEvent(b": waiting\n\n", is_alive=True)
    assert all(writer.event(alive) == b"" for _ in range(20))
    writer.event(StreamEvent(b"", deltas=(Began("x", "m"),)))
    told = [writer.event(alive) for _ in range(8)]
    assert set(told[:-1]) == {b""}
    event = EVENT.validate_python(orjson.loads(told[-1].split(b"data: ")[1]))
    assert (event.type, event.sequence_number) == ("response.in_progress", 2)
    writer.event(StreamEvent(b"", deltas=(TextPiece("a"),)))
    assert writer.event(alive) == b""
