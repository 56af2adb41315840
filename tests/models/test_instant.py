from __future__ import annotations

import threading

import numpy as np

from models.audio import level_db, silence
from models.instant import InstantLanguageModel, InstantSettings, InstantSynthesizer, InstantTranscriber, words_of
from models.protocols import Message, Sampling

SETTINGS = InstantSettings()


def spoken_s(text: str) -> float:
    return sum(piece.duration_s for piece in InstantSynthesizer(SETTINGS).synthesize(text, "en"))


def test_whatever_is_said_the_same_question_is_heard_in_a_language_of_the_show():
    ears = InstantTranscriber(SETTINGS)
    assert ears.transcribe(silence(1, 16_000), ("en", "fr")).text == SETTINGS.heard
    assert ears.transcribe(silence(9, 16_000), ("fr",)).language == "fr"


def test_what_nobody_waits_for_any_more_is_not_understood():
    assert InstantTranscriber(SETTINGS).transcribe(silence(1, 16_000), ("en",), lambda: True).text == ""


def test_every_answer_is_the_same_three_sentences_word_by_word():
    model = InstantLanguageModel(SETTINGS)
    first = list(model.stream((Message("user", "Who are you?"),), "en", Sampling()))
    second = list(model.stream((Message("user", "And the boat?"),), "fr", Sampling()))
    assert first == second
    assert "".join(first) == SETTINGS.answer
    assert "".join(first).count(".") == 3
    assert len(first) > 10


def test_the_answer_lasts_as_long_as_set_however_it_is_cut():
    whole = spoken_s(SETTINGS.answer)
    sentences = sum(spoken_s(sentence) for sentence in SETTINGS.answer.split("."))
    assert abs(whole - SETTINGS.speech_s) < 0.01
    assert abs(sentences - SETTINGS.speech_s) < 0.01


def test_a_typed_line_lasts_in_proportion_to_its_letters():
    assert abs(spoken_s(SETTINGS.answer * 3) - 3 * SETTINGS.speech_s) < 0.01
    assert spoken_s("No.") < 0.5
    assert spoken_s("…") == 0


def test_a_benchmark_sees_the_first_sample():
    (sound,) = InstantSynthesizer(SETTINGS).synthesize("We swam there each morning.", "en")
    first_2_ms = sound.samples[: sound.rate_hz // 500]
    assert np.abs(first_2_ms).max() > 0.25
    assert abs(level_db(sound.samples) - SETTINGS.level_dbfs) < 0.5


def test_an_aborted_answer_stops():
    model = InstantLanguageModel(SETTINGS)
    stream = model.stream((), "en", Sampling())
    next(stream)
    model.abort()
    assert list(stream) == []


def test_an_abort_wakes_an_engine_that_takes_its_time():
    ears = InstantTranscriber(InstantSettings(transcribe_s=100))
    waker = threading.Timer(0.05, ears.abort)
    waker.start()
    assert ears.transcribe(silence(1, 16_000), ("en",)).text == ""
    waker.join()


def test_words_joined_are_the_text_again():
    assert words_of("Hello, you.  I wait.") == ["Hello,", " you.", "  I", " wait."]
