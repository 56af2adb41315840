"""What other people's libraries say, inside a sentence of ours."""

from __future__ import annotations

from models.wording import brief


def test_a_long_complaint_is_cut_between_two_words_and_a_short_one_loses_its_stop_alone() -> None:
    assert brief(ValueError("not a\n  tensor.")) == "not a tensor"
    cut = brief("wrong shape " * 50)
    assert len(cut) <= 160
    assert cut.endswith((" wrong …", " shape …"))


def test_a_complaint_of_one_endless_word_is_cut_too() -> None:
    assert len(brief("x" * 500)) == 160


def test_an_error_that_says_nothing_is_called_by_its_kind() -> None:
    assert brief(KeyError()) == "KeyError"
