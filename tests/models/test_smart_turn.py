"""Smart Turn: what it is given of a turn, and which files are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor

from models.audio import Samples
from models.log_mel import log_mel
from models.protocols import ModelError
from models.smart_turn import HEARD_SAMPLES, SmartTurn
from models.voice_detector import silero_file
from tests.fakes import tiny_smart_turn


def noise(seconds: float, level: float = 0.1) -> Samples:
    random = np.random.default_rng(2)
    return random.normal(0, level, round(seconds * 16_000)).astype(np.float32)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * 16_000), np.float32)


@pytest.fixture(scope="module")
def smart_turn(tmp_path_factory: pytest.TempPathFactory) -> SmartTurn:
    return SmartTurn(tiny_smart_turn.make(tmp_path_factory.mktemp("models") / "tiny.onnx"))


def test_whispers_spectrogram_is_drawn_as_whisper_draws_it() -> None:
    turn = np.concatenate((silence(2), noise(3), np.sin(np.arange(48_000, dtype=np.float32) / 5)))
    ours, whispers = log_mel(turn), FeatureExtractor(chunk_length=8)(turn, padding=0)
    assert ours.shape == whispers.shape == (80, 800)
    assert np.abs(ours - whispers).max() < 1e-4


def test_of_a_long_turn_it_hears_the_end(smart_turn: SmartTurn) -> None:
    assert smart_turn.finished(np.concatenate((silence(20), noise(2)))) > 0.9
    assert smart_turn.finished(np.concatenate((noise(20), silence(2)))) < 0.1


def test_a_short_turn_stands_at_the_end_of_what_it_hears(smart_turn: SmartTurn) -> None:
    assert smart_turn.finished(noise(1)) > 0.9
    assert smart_turn.finished(np.concatenate((noise(1), silence(1)))) < 0.1


@pytest.mark.parametrize("level", [0.003, 0.3])
def test_a_quiet_microphone_is_heard_as_a_loud_one(smart_turn: SmartTurn, level: float) -> None:
    usual = smart_turn.finished(np.concatenate((noise(3, 0.05), silence(0.5))))
    assert smart_turn.finished(np.concatenate((noise(3, level), silence(0.5)))) == pytest.approx(usual, abs=0.01)


@pytest.mark.parametrize("samples", [0, 1, 100, HEARD_SAMPLES, HEARD_SAMPLES + 1])
def test_a_turn_of_any_length_has_a_probability(smart_turn: SmartTurn, samples: int) -> None:
    assert 0 <= smart_turn.finished(np.full(samples, 0.1, np.float32)) <= 1


def complaint(file: Path) -> str:
    with pytest.raises(ModelError) as error:
        SmartTurn(file)
    said = str(error.value)
    assert said.startswith(f"{file}: ")
    assert said.endswith("; fetch it with `souffleur models pull smart-turn-v3`.")
    assert "\n" not in said
    return said


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "there is no such file" in complaint(tmp_path / "none.onnx")
    assert "there is no such file" in complaint(tmp_path)


@pytest.mark.parametrize("kept_share", [0.0, 0.3, 0.99])
def test_a_file_that_was_cut_short_is_told(tmp_path: Path, kept_share: float) -> None:
    whole = tiny_smart_turn.model()
    file = tmp_path / "cut.onnx"
    file.write_bytes(whole[: round(kept_share * len(whole))])
    complaint(file)


def test_a_web_page_in_its_place_is_told(tmp_path: Path) -> None:
    file = tmp_path / "page.onnx"
    file.write_text("<!DOCTYPE html><html><body>Sign in</body></html>")
    assert "is no whole ONNX model" in complaint(file)


def test_another_model_is_told_with_what_it_hears(tmp_path: Path) -> None:
    assert "is another model than Smart Turn v3 (it hears 3 things)" in complaint(silero_file())
    tall = tiny_smart_turn.make(tmp_path / "tall.onnx", bands=128)
    assert "(it hears input_features of 128 x 800)" in complaint(tall)
    named = tiny_smart_turn.make(tmp_path / "named.onnx", given="mel")
    assert "(it hears mel of 80 x 800)" in complaint(named)


def test_a_model_whose_answer_is_no_probability_is_told(tmp_path: Path) -> None:
    logits = tiny_smart_turn.make(tmp_path / "logits.onnx", last="Identity")
    assert "does not answer with one probability" in complaint(logits)


def test_a_model_that_answers_with_no_number_is_told(tmp_path: Path) -> None:
    broken = tiny_smart_turn.make(tmp_path / "broken.onnx", threshold=float("nan"))
    assert "does not answer with one probability" in complaint(broken)
