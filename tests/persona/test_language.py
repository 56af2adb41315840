"""A typed line is answered in its own language."""

from __future__ import annotations

import pytest

from persona.language import guess_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What do you remember of the sea?", "en"),
        ("Bonjour, qui êtes-vous ?", "fr"),
        ("Parlez-moi de la mer", "fr"),
        ("J’ai peur du noir", "fr"),
        ("Are you afraid of the dark?", "en"),
        ("Hello", "en"),
        ("Où est-ce que tu dors", "fr"),
    ],
)
def test_a_short_question_is_placed_in_its_language(text: str, language: str) -> None:
    assert guess_language(text, ("en", "fr"), "en") == language
    assert guess_language(text, ("en", "fr"), "fr") == language


def test_words_that_say_nothing_leave_the_language_as_it_was() -> None:
    assert guess_language("Ada Morel 42", ("en", "fr"), "fr") == "fr"
    assert guess_language("", ("en", "fr"), "en") == "en"


def test_a_language_that_the_show_does_not_speak_is_never_guessed() -> None:
    assert guess_language("Bonjour, qui êtes-vous ?", ("en",), "en") == "en"
