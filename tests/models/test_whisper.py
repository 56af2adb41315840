"""Whisper on a tiny model that hears the same in everything: what reaches it, and what it is made to say."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.audio import HEARING_RATE_HZ, Audio, silence
from models.protocols import ModelError, Transcript
from models.speech_gate import SpeechGateSettings
from models.whisper import WhisperSettings, WhisperTranscriber
from tests.fakes import tiny_whisper
from tests.fakes.spoken import said
from tests.fakes.tiny_whisper import Hearing

GATED = WhisperSettings(device="cpu", temperatures=(0.0,))
PROCESSOR = replace(GATED, gate=SpeechGateSettings(least_voice_s=0, quietest_db=-120))


@pytest.fixture(scope="module")
def whisper_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper.make(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def ears(whisper_folder: Path) -> WhisperTranscriber:
    return WhisperTranscriber(PROCESSOR, whisper_folder)


def noise(duration_s: float) -> Audio:
    count = round(duration_s * HEARING_RATE_HZ)
    return Audio(np.random.default_rng(1).normal(0, 0.1, count).astype(np.float32), HEARING_RATE_HZ)


def test_an_utterance_becomes_words(ears: WhisperTranscriber) -> None:
    assert ears.transcribe(noise(2), ("en",)).text.endswith("hello")


def test_the_language_is_the_likeliest_of_the_show_and_not_of_the_world(ears: WhisperTranscriber) -> None:
    assert ears.transcribe(noise(2), ("en", "fr", "de")).language == "de"
    assert ears.transcribe(noise(2), ("en", "fr")).language == "fr"
    assert ears.transcribe(noise(2), ("en",)).language == "en"


def test_a_language_that_whisper_does_not_know_is_passed_over(ears: WhisperTranscriber) -> None:
    assert ears.transcribe(noise(2), ("xx", "fr")).language == "fr"
    with pytest.raises(ModelError, match="understands none of: xx"):
        ears.transcribe(noise(2), ("xx",))


def test_choosing_the_language_does_not_cost_a_second_encoding(whisper_folder: Path) -> None:
    ears = WhisperTranscriber(PROCESSOR, whisper_folder)
    encodings = []
    encode = ears._model.model.encode

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(model, name)

        def encode(self, *args: object, **options: object) -> object:
            encodings.append(1)
            return encode(*args, **options)

    model, ears._model.model = ears._model.model, Counting()
    ears.transcribe(noise(2), ("en", "fr"))
    assert len(encodings) == 1


def test_a_click_is_no_utterance(ears: WhisperTranscriber) -> None:
    assert ears.transcribe(silence(0.05, HEARING_RATE_HZ), ("fr", "en")).text == ""
    assert ears.transcribe(silence(0, HEARING_RATE_HZ), ("fr", "en")).text == ""


def test_an_abort_ends_a_long_utterance_and_not_the_next(whisper_folder: Path) -> None:
    ears = WhisperTranscriber(PROCESSOR, whisper_folder)
    transcribe, pulled = ears._model.transcribe, []

    def interrupted(*args: object, **options: object) -> object:
        segments, info = transcribe(*args, **options)

        def watched() -> object:
            for segment in segments:
                pulled.append(segment)
                ears.abort()
                yield segment

        return watched(), info

    ears._model.transcribe = interrupted
    assert ears.transcribe(noise(95), ("en",)).text == ""
    assert len(pulled) == 1
    ears._model.transcribe = transcribe
    assert ears.transcribe(noise(2), ("en",)).text


def test_what_nobody_waits_for_any_more_is_not_understood(
    ears: WhisperTranscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ears, "_understand", lambda *_: pytest.fail("it was understood"))
    assert ears.transcribe(noise(2), ("en",), lambda: True).text == ""


def test_a_failure_of_the_engine_is_one_sentence(ears: WhisperTranscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> object:
        raise IndexError("CUDA out of memory")

    monkeypatch.setattr(ears._model, "transcribe", fail)
    with pytest.raises(ModelError, match=r"failed on 2\.0 s of sound \(CUDA out of memory\)"):
        ears.transcribe(noise(2), ("en",))


def test_whisper_does_not_talk_into_the_log(ears: WhisperTranscriber, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ears.transcribe(noise(2), ("en", "fr"))
    assert [record for record in caplog.records if record.name == "faster_whisper"] == []


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="beam_size"):
        WhisperSettings(beam_size=0)
    with pytest.raises(ValueError, match="temperatures"):
        WhisperSettings(temperatures=())
    for temperature in (-1.0, 2.0):
        with pytest.raises(ValueError, match="temperatures must be numbers between 0 and 1"):
            WhisperSettings(temperatures=(0.0, temperature))
    for word in ("", "?!", "<|en|>", "Port\nSolène"):
        with pytest.raises(ValueError, match="hot_words") as error:
            WhisperSettings(hot_words=("Basile", word))
        assert "\n" not in str(error.value)


def hears(folder: Path, hearing: Hearing, languages: tuple[str, ...] = ("en", "fr")) -> WhisperTranscriber:
    return WhisperTranscriber(PROCESSOR, tiny_whisper.make(folder, hearing, languages))


def test_a_voice_is_transcribed_and_a_noise_is_not(whisper_folder: Path) -> None:
    ears = WhisperTranscriber(GATED, whisper_folder)
    assert ears.transcribe(said("Oui", "fr"), ("fr", "en")).text == "hello"
    for sound in (noise(2), silence(2, HEARING_RATE_HZ)):
        assert ears.transcribe(sound, ("fr", "en")) == Transcript("", "fr", 0.0)


def test_the_first_task_reaches_the_weights_although_nobody_speaks(whisper_folder: Path) -> None:
    ears = WhisperTranscriber(GATED, whisper_folder)
    encoded = []
    encode = ears._model.encode
    ears._model.encode = lambda features: encoded.append(1) or encode(features)
    ears.warm_up(("fr", "en"))
    assert encoded
    with pytest.raises(ModelError, match="understands none of: xx"):
        ears.warm_up(("xx",))


def test_the_confidence_is_that_of_the_tokens(tmp_path: Path) -> None:
    assert hears(tmp_path / "sure", Hearing()).transcribe(noise(2), ("en", "fr")).confidence > 0.9
    assert 0 < hears(tmp_path / "unsure", Hearing(sure=1.0)).transcribe(noise(2), ("en", "fr")).confidence < 0.1


def test_the_lines_of_subtitles_are_no_words(tmp_path: Path) -> None:
    heard = hears(tmp_path, Hearing("Abonnez-vous!")).transcribe(noise(2), ("en", "fr"))
    assert (heard.text, heard.confidence) == ("", 0.0)


def test_thanks_are_words_unless_whisper_itself_doubts_them(tmp_path: Path) -> None:
    doubts = {"sure": Hearing("Merci."), "unlikely": Hearing("Merci.", sure=1), "nobody": Hearing("Merci.", nobody=3)}
    heard = {
        name: hears(tmp_path / name, hearing).transcribe(noise(2), ("fr",)).text for name, hearing in doubts.items()
    }
    assert heard == {"sure": "Merci.", "unlikely": "", "nobody": ""}


def test_a_fixed_language_is_never_detected(whisper_folder: Path) -> None:
    ears = WhisperTranscriber(replace(PROCESSOR, language="en"), whisper_folder)
    assert ears.transcribe(noise(2), ("fr", "en")).language == "en"
    with pytest.raises(ModelError, match=r'language = "en" is none of the show: fr, de'):
        ears.transcribe(noise(2), ("fr", "de"))


def test_a_visitor_who_speaks_none_of_the_shows_languages_is_understood_and_answered_in_the_first(
    whisper_folder: Path,
) -> None:
    ears = WhisperTranscriber(replace(PROCESSOR, language="any"), whisper_folder)
    decoded = []
    transcribe = ears._model.transcribe
    ears._model.transcribe = lambda *args, **options: (
        decoded.append(options["language"]) or transcribe(*args, **options)
    )
    assert ears.transcribe(noise(2), ("fr", "en")) == Transcript("hello", "fr", pytest.approx(1, abs=0.1))
    assert ears.transcribe(noise(2), ("en", "de")).language == "de"
    assert decoded == ["de", "de"]
    assert ears.transcribe(silence(0, HEARING_RATE_HZ), ("fr", "en")) == Transcript("", "fr", 0.0)
    with pytest.raises(ModelError, match="understands none of: xx"):
        ears.transcribe(noise(2), ("xx",))


@pytest.mark.parametrize("beam_size", [1, 3])
def test_no_more_texts_are_followed_where_whisper_doubts_than_where_it_is_sure(tmp_path: Path, beam_size: int) -> None:
    folder = tiny_whisper.make(tmp_path, Hearing(sure=1.0), ("en",))
    ears = WhisperTranscriber(replace(PROCESSOR, beam_size=beam_size, temperatures=(0.0, 0.4)), folder)
    followed = []

    class Watched:
        def __getattr__(self, name: str) -> object:
            return getattr(model, name)

        def generate(self, *args: object, **options: object) -> object:
            followed.append(options.get("num_hypotheses", options["beam_size"]))
            return model.generate(*args, **options)

    model, ears._model.model = ears._model.model, Watched()
    ears.transcribe(noise(2), ("en",))
    assert followed == [beam_size, beam_size]


def test_a_small_whisper_is_asked_for_its_own_languages_alone(tmp_path: Path) -> None:
    ears = hears(tmp_path, Hearing())
    assert ears.transcribe(noise(2), ("de", "en")).language == "en"
    with pytest.raises(ModelError, match="understands none of: de; it knows en, fr"):
        ears.transcribe(noise(2), ("de",))


def test_an_english_whisper_hears_english_alone(tmp_path: Path) -> None:
    ears = hears(tmp_path, Hearing(), ("en",))
    assert ears.transcribe(noise(2), ("fr", "en")) == Transcript("hello", "en", pytest.approx(1, abs=0.1))
    with pytest.raises(ModelError, match="understands none of: fr; choose a multilingual Whisper"):
        ears.transcribe(noise(2), ("fr",))


def test_hot_words_are_told_to_whisper_before_it_listens(whisper_folder: Path) -> None:
    ears = WhisperTranscriber(replace(PROCESSOR, hot_words=("Port-Solène", "Basile")), whisper_folder)
    told = []
    generate = ears._model.model.generate

    class Watched:
        def __getattr__(self, name: str) -> object:
            return getattr(model, name)

        def generate(self, features: object, prompts: list[list[int]], **options: object) -> object:
            told.append(ears._model.hf_tokenizer.decode(prompts[0]))
            return generate(features, prompts, **options)

    model, ears._model.model = ears._model.model, Watched()
    ears.transcribe(noise(2), ("fr",))
    assert [text.strip() for text in told] == ["Port-Solène, Basile"]


def test_more_hot_words_than_whisper_takes_are_refused_and_not_left_out(whisper_folder: Path) -> None:
    with pytest.raises(ModelError, match=r"hot_words are \d+ tokens long, of 223 at most"):
        WhisperTranscriber(replace(PROCESSOR, hot_words=("Port-Solène",) * 30), whisper_folder)
