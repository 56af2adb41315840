from __future__ import annotations

from pathlib import Path

import pytest

from models.phrasebook import Phrase, Phrasebook, grammar, read_phrasebook, words_of
from models.protocols import ModelError

SEA = Phrase("Tell me about the sea.", "en")
WHO = Phrase("Qui êtes-vous ?", "fr")
SOUNDS = {"qui": "K IY", "êtes": "EH T", "vous": "V UW"}


def known(word: str) -> bool:
    return word in {"tell", "me", "about", "the", "sea", "vous"}


def test_words_are_lower_case_and_keep_their_apostrophes():
    assert words_of("Quelqu’un ? L'eau, êtes-vous là !") == ["quelqu'un", "l'eau", "êtes", "vous", "là"]


def test_the_grammar_is_ascii_and_leads_back_to_the_phrases_as_written():
    made = grammar(Phrasebook((SEA, WHO), SOUNDS), known)
    assert made.jsgf.isascii()
    assert set(made.phrases.values()) == {SEA, WHO}
    assert all(words in made.jsgf for words in made.phrases)


def test_an_english_word_of_the_dictionary_keeps_its_sound_and_a_french_one_never_takes_it():
    made = grammar(Phrasebook((SEA, WHO), SOUNDS), known)
    assert "tell me about the sea" in made.phrases
    assert sorted(made.words.values()) == ["EH T", "K IY", "V UW"]


def test_all_words_without_a_sound_are_named_with_their_file():
    with pytest.raises(ModelError, match=r'visitor\.toml: \[pronunciations\] lacks "qui", "êtes", "vous"'):
        grammar(Phrasebook((WHO,), {}, "visitor.toml"), known)


def test_a_sound_that_does_not_exist_is_named():
    with pytest.raises(ModelError, match=r'\[pronunciations\] qui: "EE" is no sound'):
        grammar(Phrasebook((WHO,), {**SOUNDS, "qui": "K EE"}), known)


def test_a_phrasebook_without_words_is_refused():
    with pytest.raises(ModelError, match="no phrase with words"):
        grammar(Phrasebook((Phrase("…?", "fr"),), {}), known)


def test_a_phrasebook_is_read_from_the_visitors_file(tmp_path: Path):
    file = tmp_path / "visitor.toml"
    file.write_text('[[question]]\nlanguage = "fr"\ntext = "Qui ?"\n[pronunciations]\nqui = "K IY"\n', encoding="utf-8")
    assert read_phrasebook(file) == Phrasebook((Phrase("Qui ?", "fr"),), {"qui": "K IY"}, str(file))
    with pytest.raises(ModelError, match=r"nobody\.toml: there is no such file"):
        read_phrasebook(tmp_path / "nobody.toml")
