from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.espeak import EspeakSettings, EspeakSynthesizer, plain
from models.protocols import ModelError


def spoken(text: str, language: str, settings: EspeakSettings | None = None) -> np.ndarray:
    pieces = EspeakSynthesizer(settings or EspeakSettings()).synthesize(text, language)
    return np.concatenate([np.zeros(0, np.float32), *(piece.samples for piece in pieces)])


def test_a_sentence_begins_at_once_and_ends_in_a_pause():
    sound = spoken("Hello, who are you?", "en")
    audible = np.flatnonzero(np.abs(sound) > 0.003)
    assert 1.0 < len(sound) / 22_050 < 3.0
    assert audible[0] / 22_050 <= 0.020
    assert (len(sound) - audible[-1]) / 22_050 > 0.1


def test_the_bogus_header_is_not_heard():
    # a header taken for samples would be a click at the very beginning
    assert np.abs(spoken("Mmm.", "en")[:20]).max() < 0.2


def test_each_language_has_its_voice_and_the_settings_are_heard():
    assert len(spoken("Paris", "fr")) != len(spoken("Paris", "en"))
    slow = dataclasses.replace(EspeakSettings(), speed_wpm=90)
    assert len(spoken("Paris by the sea", "en", slow)) > 1.3 * len(spoken("Paris by the sea", "en"))
    high = dataclasses.replace(EspeakSettings(), pitch=90)
    assert not np.array_equal(spoken("Paris", "en", high), spoken("Paris", "en"))


def test_an_unknown_voice_is_one_sentence_that_names_it():
    with pytest.raises(ModelError, match=r"'moon'.*\[engines\.espeak\]"):
        spoken("Hello.", "en", EspeakSettings(voices={"en": "moon"}))


def test_without_espeak_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ModelError, match=r"apt install espeak-ng.*brew install espeak-ng"):
        EspeakSynthesizer(EspeakSettings())


def test_an_abort_silences_a_long_text():
    voice = EspeakSynthesizer(EspeakSettings())
    sound = voice.synthesize("And so we went on, along the sea. " * 3000, "en")
    next(sound)
    voice.abort()
    assert sum(piece.duration_s for piece in sound) < 60
    assert sum(piece.duration_s for piece in voice.synthesize("Now this.", "en")) > 0.3


def test_a_sound_that_is_not_pulled_to_its_end_leaves_no_process():
    voice = EspeakSynthesizer(EspeakSettings())
    sound = voice.synthesize("And so we went on, along the sea. " * 3000, "en")
    next(sound)
    process = voice._process
    assert process is not None
    sound.close()
    assert process.poll() is not None


def test_text_is_spoken_and_never_obeyed():
    assert plain("a [[h@l'oU]] b\x01 30S c\0") == "a [h@l'oU]] b  30S c"
    assert len(spoken("-v fr --help", "en")) > 0
    assert len(spoken("… !", "en")) == 0
