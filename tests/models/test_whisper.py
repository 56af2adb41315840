"""Whisper on a tiny model that hears "hello" in everything, and what is said of a folder that is none."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from models.audio import HEARING_RATE_HZ, Audio, silence
from models.protocols import ModelError
from models.whisper import WhisperSettings, WhisperTranscriber, check_folder
from tests.fakes import tiny_whisper

PROCESSOR = WhisperSettings(device="cpu", temperatures=(0.0,))


@pytest.fixture(scope="module")
def whisper_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper.make(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def ears(whisper_folder: Path) -> WhisperTranscriber:
    return WhisperTranscriber(PROCESSOR, whisper_folder)


@pytest.fixture
def broken(whisper_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whisper_folder, tmp_path / "broken"))


def noise(duration_s: float) -> Audio:
    count = round(duration_s * HEARING_RATE_HZ)
    return Audio(np.random.default_rng(1).normal(0, 0.1, count).astype(np.float32), HEARING_RATE_HZ)


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        WhisperTranscriber(PROCESSOR, folder)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)
    return str(caught.value)


def test_an_utterance_becomes_words(ears: WhisperTranscriber) -> None:
    assert ears.transcribe(noise(2), ("en",)).text.endswith("hello")


def test_the_language_is_the_likeliest_of_the_show_and_not_of_the_world(ears: WhisperTranscriber) -> None:
    assert ears.transcribe(noise(2), ("en", "fr", "de")).language == "de"
    heard = ears.transcribe(noise(2), ("en", "fr"))
    assert heard.language == "fr"
    assert 0.5 < heard.confidence < 1
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


def test_a_failure_of_the_engine_is_one_sentence(ears: WhisperTranscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> object:
        raise IndexError("CUDA out of memory")

    monkeypatch.setattr(ears._model, "transcribe", fail)
    with pytest.raises(ModelError, match=r"failed on 2\.0 s of sound \(CUDA out of memory\)"):
        ears.transcribe(noise(2), ("en",))


def test_a_missing_folder_is_named_and_never_fetched(tmp_path: Path) -> None:
    assert "there is no such folder" in refusal(tmp_path / "small")


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json"])
def test_a_missing_file_is_named_and_never_fetched(broken: Path, name: str) -> None:
    (broken / name).unlink()
    assert f"has no {name}" in refusal(broken)


@pytest.mark.parametrize("content", [b"GGUF\x03\0\0\0" + bytes(4000), b"Dear Ada,\n" * 400], ids=["gguf", "letter"])
def test_another_file_in_place_of_the_model_is_told_without_loading_it(broken: Path, content: bytes) -> None:
    (broken / "model.bin").write_bytes(content)
    with pytest.raises(ModelError, match="is no CTranslate2 Whisper"):
        check_folder(broken)


def test_a_model_of_another_kind_is_told_without_loading_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is no CTranslate2 Whisper"):
        check_folder(tiny_whisper.make_translator(tmp_path))


@pytest.mark.parametrize("kept", [0.0, 0.00001, 0.5, 0.99])
def test_a_download_that_broke_off_is_to_be_fetched_again(broken: Path, kept: float) -> None:
    content = (broken / "model.bin").read_bytes()
    (broken / "model.bin").write_bytes(content[: int(len(content) * kept)])
    assert "fetch it again" in refusal(broken)


def test_a_tokenizer_that_is_none_is_one_sentence(broken: Path) -> None:
    (broken / "tokenizer.json").write_text("{}")
    assert "cannot be loaded as a CTranslate2 Whisper" in refusal(broken)


def test_a_whole_folder_is_accepted(whisper_folder: Path) -> None:
    check_folder(whisper_folder)


def test_whisper_does_not_talk_into_the_log(ears: WhisperTranscriber, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ears.transcribe(noise(2), ("en", "fr"))
    assert [record for record in caplog.records if record.name == "faster_whisper"] == []


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="beam_size"):
        WhisperSettings(beam_size=0)
    with pytest.raises(ValueError, match="temperatures"):
        WhisperSettings(temperatures=())
