from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from models.audio import Audio, level_db, silence
from models.instant import InstantLanguageModel, InstantSettings, InstantSynthesizer, InstantTranscriber, words_of
from models.protocols import Message, ModelError, Sampling

SETTINGS = InstantSettings()
NOISE = Audio(np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32), 16_000)


def spoken_s(text: str) -> float:
    return sum(piece.duration_s for piece in InstantSynthesizer(SETTINGS).synthesize(text, "en"))


def test_whatever_is_said_the_same_question_is_heard_in_a_language_of_the_show():
    ears = InstantTranscriber(SETTINGS)
    assert ears.transcribe(silence(1, 16_000), ("en", "fr")).text == SETTINGS.heard
    assert ears.transcribe(silence(9, 16_000), ("fr",)).language == "fr"


def test_what_nobody_waits_for_any_more_is_not_understood():
    assert InstantTranscriber(SETTINGS).transcribe(silence(1, 16_000), ("en",), lambda: True).text == ""


def drafts(script: Path, count: int) -> list[str]:
    ears = InstantTranscriber(InstantSettings(script=script))
    return [ears.transcribe(NOISE, ("en", "fr")).text for _ in range(count)]


def test_scripted_ears_hear_one_line_for_each_draft_and_the_last_one_again(tmp_path: Path):
    script = tmp_path / "heard.txt"
    script.write_text("I have always wondered whether\nWhether the sea remembers us?\n", encoding="utf-8")
    whole = "Whether the sea remembers us?"
    assert drafts(script, 4) == ["I have always wondered whether", whole, whole, whole]


def test_a_dash_or_an_empty_line_of_the_script_are_no_words(tmp_path: Path):
    script = tmp_path / "heard.txt"
    script.write_text("-\n\nWho are you?", encoding="utf-8")
    assert drafts(script, 3) == ["", "", "Who are you?"]


def test_a_line_of_the_script_may_name_its_language(tmp_path: Path):
    script = tmp_path / "heard.txt"
    script.write_text("fr: Qui êtes-vous ?\nYes: it is me.\n", encoding="utf-8")
    ears = InstantTranscriber(InstantSettings(script=script))
    french, english = (ears.transcribe(NOISE, ("en", "fr")) for _ in range(2))
    assert (french.language, french.text) == ("fr", "Qui êtes-vous ?")
    assert (english.language, english.text) == ("en", "Yes: it is me.")


def test_an_empty_script_leaves_the_usual_question(tmp_path: Path):
    (tmp_path / "heard.txt").touch()
    assert drafts(tmp_path / "heard.txt", 1) == [SETTINGS.heard]


def test_the_small_task_at_the_start_uses_no_line_of_the_script(tmp_path: Path):
    script = tmp_path / "heard.txt"
    script.write_text("Who are you?\nAnd then?\n", encoding="utf-8")
    ears = InstantTranscriber(InstantSettings(script=script))
    ears.transcribe(silence(0.5, 16_000), ("en",))
    assert ears.transcribe(NOISE, ("en",)).text == "Who are you?"


def test_a_script_that_is_written_anew_begins_again(tmp_path: Path):
    script = tmp_path / "heard.txt"
    script.write_text("Who are you?\nAnd then?\n", encoding="utf-8")
    ears = InstantTranscriber(InstantSettings(script=script))
    ears.transcribe(NOISE, ("en",))
    script.write_text("Where is the boat?\n", encoding="utf-8")
    assert ears.transcribe(NOISE, ("en",)).text == "Where is the boat?"


def test_a_script_that_cannot_be_read_is_named(tmp_path: Path):
    with pytest.raises(ModelError, match=r"heard\.txt"):
        InstantTranscriber(InstantSettings(script=tmp_path / "heard.txt"))


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
