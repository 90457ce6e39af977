"""What pictures, audio and files take of a request: the bytes of what is sent along, not of what is linked."""

from __future__ import annotations

import pytest

from localrouter.dialects.openai_chat.attachments import attached

PICTURE = "data:image/png;base64," + "A" * 1_000
BLOB = "B" * 500


def message(*parts: object) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": list(parts)}]}


@pytest.mark.parametrize(
    ("part", "size"),
    [
        ({"type": "image_url", "image_url": {"url": PICTURE}}, len(PICTURE)),
        ({"type": "image_url", "image_url": PICTURE}, len(PICTURE)),
        ({"type": "video_url", "video_url": {"url": PICTURE}}, len(PICTURE)),
        ({"type": "input_audio", "input_audio": {"data": BLOB, "format": "wav"}}, len(BLOB)),
        ({"type": "file", "file": {"file_data": BLOB, "filename": "a.pdf"}}, len(BLOB)),
        ({"type": "input_file", "file_data": BLOB}, len(BLOB)),
        ({"type": "image_url", "image_url": {"url": BLOB}}, len(BLOB)),
        ({"type": "image", "source": {"type": "base64", "data": BLOB}}, len(BLOB)),
        ({"image": BLOB}, len(BLOB)),
        ({"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}, 0),
        ({"type": "text", "text": "x" * 1_000}, 0),
        ({"type": "image_url"}, 0),
        ("no part", 0),
        (None, 0),
    ],
)
def test_a_part_has_the_size_of_what_is_sent_with_it(part: object, size: int) -> None:
    assert attached(message(part)) == size


def test_all_parts_of_all_messages_count() -> None:
    picture = {"type": "image_url", "image_url": {"url": PICTURE}}
    body: dict[str, object] = {
        "messages": [{"content": [picture, picture]}, {"content": "text"}, "no message", {"content": [picture]}]
    }
    assert attached(body) == 3 * len(PICTURE)


@pytest.mark.parametrize("entry", [PICTURE, {"image": PICTURE}, {"content": [{"image_url": {"url": PICTURE}}]}])
def test_pictures_that_are_embedded_count_too(entry: object) -> None:
    assert attached({"input": ["some text", entry, [1, 2]]}) == len(PICTURE)
    assert attached({"input": "x" * 1_000}) == 0


@pytest.mark.parametrize("body", [{}, {"messages": None}, {"messages": "text"}, {"messages": [{}]}])
def test_a_body_of_another_shape_has_nothing_attached(body: dict[str, object]) -> None:
    assert attached(body) == 0
