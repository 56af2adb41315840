"""A show's own dictionary of words that its voice would say wrongly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.pronunciation import Pronunciation, check_dictionary

WORDS = Pronunciation(
    {
        "fr": {"Brecht": "Brechte", "Bertolt Brecht": "Bertolte Brechte", "C++": "cé plus plus", "l'SNCF": "la èsse"},
        "en": {},
    }
)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Brecht, BRECHT et brecht.", "Brechte, Brechte et Brechte."),
        ("Bertolt Brecht", "Bertolte Brechte"),
        ("Bertolt\nbrecht", "Bertolte Brechte"),
        ("un brechtien", "un brechtien"),
        ("du C++ et du C+++", "du cé plus plus et du cé plus plus+"),
        ("l’SNCF", "la èsse"),
    ],
)
def test_whole_words_are_said_as_the_show_wants_whatever_their_case_the_longest_first(written: str, said: str):
    assert WORDS.applied(written, "fr") == said


def test_what_was_put_in_is_not_looked_up_again():
    assert Pronunciation({"en": {"tea": "coffee", "coffee": "tea"}}).applied("Tea or coffee?", "en") == "coffee or tea?"


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_language_without_words_of_its_own_is_left_alone(language: str):
    assert WORDS.applied("Brecht", language) == "Brecht"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"": "x"}, r'pronunciation\.fr has ""'),
        ({"…": "x"}, r'pronunciation\.fr has "…"'),
        ({"Brecht": "a", "BRECHT": "b"}, 'has "BRECHT" twice'),
        ({"Brecht": " "}, 'says nothing for "Brecht"'),
    ],
)
def test_a_word_that_can_never_be_found_or_said_is_refused(words: dict[str, str], complaint: str):
    with pytest.raises(ValueError, match=complaint):
        check_dictionary({"fr": words})


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), max_size=4), st.text(max_size=30))
def test_no_word_and_no_text_breaks_it(words: dict[str, str], text: str):
    Pronunciation({"fr": {word: said for word, said in words.items() if word.strip()}}).applied(text, "fr")
