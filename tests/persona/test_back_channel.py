"""A listener who says "mm-hm" does not stop the double; one who asks for the floor does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona.back_channel import LONGEST_WORDS, is_back_channel

LISTENING = {
    "en": [
        "Mm-hm.",
        "Mm-hmm.",
        "Mmm.",
        "Mhm",
        "Hmm.",
        "uh-huh",
        "Uh huh.",
        "yeah yeah",
        "Yes.",
        "Yes, yes.",
        "I see.",
        "Right.",
        "OK",
        "Okay.",
        "Oh, okay.",
        "Oh wow.",
        "Haha.",
        "Ha ha ha!",
        "Hahahaha",
        "Ah!",
        "oh really?",
        "Yeah, right.",
        "Of course.",
        "That's true.",
        "Yeah, I see.",
        "all right",
        "Sure, sure.",
        "Go on.",
        "Oh, I see.",
        "ooooh",
        "Yeah, yeah, yeah, yeah.",
        "That makes sense.",
        "Exactly!",
        "Oh my god.",
        "*Haha*",
    ],
    "fr": [
        "Oui oui.",
        "Oui.",
        "D'accord.",
        "d’accord",
        "Ah bon ?",
        "Ah bon.",
        "Hum.",
        "Mmh.",
        "Ouais.",
        "ouais ouais",
        "C'est ça.",
        "C’est ça !",
        "Haha",
        "Hahaha !",
        "Oui, d'accord.",
        "Ah oui, d'accord.",
        "Je vois.",
        "Ah oui je vois.",
        "Bien sûr.",
        "OK.",
        "Okay, d'accord.",
        "Voilà.",
        "Très bien.",
        "Oh là là !",
        "Ouiii",
        "Tout à fait.",
        "Eh oui.",
        "Mais oui !",
        "C'est vrai.",
        "Hm hm.",
        "Ah, c'est vrai ?",
        "VRAIMENT ?",
        "Hi hi hi",
        "Ben oui.",
    ],
}
INTERRUPTING = {
    "en": [
        "no",
        "No, no.",
        "Stop.",
        "Wait.",
        "yes but why",
        "Yes, but.",
        "okay stop",
        "Right, and then?",
        "I see the sea.",
        "What?",
        "Who?",
        "Why?",
        "Sorry?",
        "Excuse me.",
        "Hello.",
        "Thank you.",
        "Uh",
        "Um",
        "Oh no.",
        "Yes, I have a question.",
        "Really, why?",
        "ok wait",
        "But",
        "And you?",
        "Be quiet.",
        "Yeah, what is that?",
        "I understand French.",
        "Sea.",
        "Help!",
        "Right now.",
        "Tell me.",
        "Go",
        "Enough.",
        "I know her.",
        "good evening",
    ],
    "fr": [
        "non",
        "Non non.",
        "Stop.",
        "Attendez.",
        "oui mais pourquoi",
        "Oui mais.",
        "D'accord, stop.",
        "Ah non !",
        "Je vois la mer.",
        "Quoi ?",
        "Qui ?",
        "Pourquoi ?",
        "Pardon ?",
        "Excusez-moi.",
        "Bonjour.",
        "Merci.",
        "Euh",
        "Oui, j'ai une question.",
        "Ah bon, pourquoi ?",
        "ok attendez",
        "Mais",
        "Et vous ?",
        "Taisez-vous.",
        "C'est quoi ?",
        "Je comprends l'allemand.",
        "La mer.",
        "Au secours !",
        "Vraiment pas.",
        "Alors",
        "Ça suffit.",
        "C'est ça que je demande.",
        "Bonsoir.",
        "Bien joué mais arrêtez.",
        "Hein ?",
    ],
}


def _cases(lines: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(text, language) for language, texts in lines.items() for text in texts]


@pytest.mark.parametrize(("text", "language"), _cases(LISTENING))
def test_a_listener_is_told_from_somebody_who_wants_to_speak(text: str, language: str) -> None:
    assert is_back_channel(text, language)


@pytest.mark.parametrize(("text", "language"), _cases(INTERRUPTING))
def test_whoever_asks_for_the_floor_gets_it(text: str, language: str) -> None:
    assert not is_back_channel(text, language)


def test_a_listener_who_says_a_lot_is_no_listener() -> None:
    assert is_back_channel("yeah " * LONGEST_WORDS, "en")
    assert not is_back_channel("yeah " * (LONGEST_WORDS + 1), "en")


def test_sounds_are_understood_in_every_language_and_words_in_their_own() -> None:
    assert is_back_channel("Mm-hm, haha.", "de")
    assert not is_back_channel("ouais", "de")


@pytest.mark.parametrize("text", ["", "   ", "...", "?!", "🙂"])
def test_nobody_listens_where_nothing_is_said(text: str) -> None:
    assert not is_back_channel(text, "en")


SIGNALS = st.lists(
    st.sampled_from(["oui", "d'accord", "mm-hm", "ah", "haha", "ok", "voilà", "c'est ça"]), min_size=1, max_size=2
)


@given(SIGNALS, st.sampled_from(["pourquoi", "non", "stop", "attendez", "la mer"]))
def test_a_real_word_behind_them_interrupts(signals: list[str], word: str) -> None:
    said = ", ".join(signals)
    assert is_back_channel(said, "fr")
    assert not is_back_channel(f"{said} {word}", "fr")
    assert not is_back_channel(f"{word}, {said}", "fr")


@given(SIGNALS)
def test_case_apostrophes_and_spaces_do_not_matter(signals: list[str]) -> None:
    said = "  ".join(signals)
    assert is_back_channel(f" {said.upper().replace(chr(39), '’')}!! ", "fr")
    assert is_back_channel(said.replace("à", "a").replace("ç", "c"), "fr")


@given(st.text(max_size=80), st.text(max_size=5))
def test_any_text_gets_an_answer(text: str, language: str) -> None:
    assert is_back_channel(text, language) in {True, False}
