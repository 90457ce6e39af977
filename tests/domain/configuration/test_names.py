from __future__ import annotations

from localrouter.domain.configuration.names import fold, free_name, is_numbered


def test_names_are_compared_without_regard_to_ascii_case_only() -> None:
    assert fold("OpenAI") == fold("openai")
    assert fold("BÜRO") == "bÜro"
    assert fold("İ") == "İ"


def test_a_taken_name_gets_the_next_free_number() -> None:
    assert free_name("a", []) == "a"
    assert free_name("a", ["A"]) == "a (2)"
    assert free_name("a", ["a", "A (2)", "a (4)"]) == "a (3)"


def test_a_numbered_name_is_recognised_whatever_signs_it_holds() -> None:
    assert is_numbered("a+b", "a+b")
    assert is_numbered("a+b (12)", "a+b")
    assert not is_numbered("aab", "a+b")
    assert not is_numbered("a+b (0)", "a+b")
    assert not is_numbered("a+b (2) ", "a+b")
