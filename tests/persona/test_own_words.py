"""The double does not interrupt itself: what it hears of its own voice is told from a visitor who quotes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona.own_words import ECHO_LIKENESS, is_own_words, likeness
from tests.persona.echoes import cases, caught, garbled_echoes, report

SAID = "The sea was cold that morning, and nobody came to the station. I waited with my lamp until the last train."
TEXT = st.text(max_size=60) | st.lists(
    st.sampled_from(["the", "sea", "was", "cold", "why", "é", "l'eau", "?", "1920"]), max_size=12
).map(" ".join)


@pytest.mark.parametrize(
    "heard",
    [
        "The sea was cold that morning.",
        "see was called that mourning and",
        "the last rain",
        "body came to the station I wait",
        "LA station, I waited with my LAMB",
    ],
)
def test_the_double_takes_its_own_echo_for_an_echo_though_it_is_cut_and_garbled(heard: str) -> None:
    assert is_own_words(heard, SAID)


@pytest.mark.parametrize(
    "heard",
    [
        "The sea? Really?",
        "Why was it cold?",
        "Which station?",
        "Wait, nobody came?",
        "Who is there?",
        "Stop.",
        "I have a question about your letters.",
        "Pardon, quelle gare ?",
    ],
)
def test_a_visitor_who_quotes_a_word_or_two_of_it_is_heard(heard: str) -> None:
    assert not is_own_words(heard, SAID)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_echoes_are_caught_and_visitors_are_not(language: str) -> None:
    shown = report(language)
    assert caught(cases("echoes", language), ECHO_LIKENESS) >= 0.98, shown
    assert caught(garbled_echoes(0.2, language, 300), ECHO_LIKENESS) >= 0.99, shown
    assert caught(garbled_echoes(0.4, language, 300), ECHO_LIKENESS) >= 0.93, shown
    assert caught(cases("visitors", language), ECHO_LIKENESS) <= 0.02, shown


def test_the_same_words_in_another_order_are_less_of_an_echo() -> None:
    assert likeness("station the to came nobody", SAID) < 0.6 < likeness("nobody came to the station", SAID)


def test_words_from_two_ends_of_it_are_less_of_an_echo_than_words_that_follow_each_other() -> None:
    assert likeness("the sea until the last train", SAID) < likeness("my lamp until the last train", SAID)


def test_the_threshold_can_be_moved() -> None:
    heard = "the sea was warm"
    assert is_own_words(heard, SAID, threshold=0.1)
    assert not is_own_words(heard, SAID, threshold=0.95)


@pytest.mark.parametrize(("heard", "said"), [("", SAID), ("the sea", ""), ("...", SAID), ("", ""), ("?!", "…")])
def test_nothing_is_like_no_words(heard: str, said: str) -> None:
    assert likeness(heard, said) == 0
    assert not is_own_words(heard, said)


@given(TEXT, TEXT)
def test_any_two_texts_are_more_or_less_alike(heard: str, said: str) -> None:
    assert 0 <= likeness(heard, said) <= 1
    shouted = heard.upper() if heard.isascii() else heard
    assert likeness(f"  {shouted.replace(chr(39), '’')}! ", said) == likeness(heard, said)


@given(st.integers(0, 20), st.integers(1, 21))
def test_every_stretch_of_it_is_wholly_like_it(start: int, count: int) -> None:
    stretch = SAID.split()[start : start + count]
    assert likeness(" ".join(stretch), SAID) == pytest.approx(1)
