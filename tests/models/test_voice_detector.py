from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from models.audio import Samples
from models.voice_detector import WINDOW_SAMPLES, GatedDetector, VoiceDetectorSettings, silero_file
from tests.fakes.spoken import room, said

BEFORE_S = 1.0
QUESTIONS = [
    ("What do you remember of the sea?", "en-gb"),
    ("Hello, who are you?", "en-us+f3"),
    ("Bonjour, qui êtes-vous ?", "fr"),
    ("Parlez-moi de votre mère.", "fr+f2"),
]


def verdicts(samples: Samples, detector: GatedDetector | None = None) -> np.ndarray:
    detector = detector or GatedDetector(VoiceDetectorSettings())
    whole = len(samples) // WINDOW_SAMPLES * WINDOW_SAMPLES
    return np.array([detector.is_voice(window) for window in samples[:whole].reshape(-1, WINDOW_SAMPLES)])


def voiced_from_s(samples: Samples) -> float:
    """Until when the detector must have heard to have said "voice" once."""
    return float(np.flatnonzero(verdicts(samples))[0] + 1) * WINDOW_SAMPLES / 16_000


@pytest.mark.parametrize(("text", "voice"), QUESTIONS)
def test_a_voice_is_noticed_soon_after_it_begins(text: str, voice: str):
    speech = said(text, voice, before_s=BEFORE_S)
    assert 0 < voiced_from_s(speech.samples) - BEFORE_S < 0.2


@pytest.mark.parametrize(("text", "voice"), QUESTIONS)
def test_a_voice_has_ended_soon_after_it_ends(text: str, voice: str):
    speech = said(text, voice, after_s=1.0).samples
    loud = np.flatnonzero(np.abs(speech) > 0.02)[-1]
    last = (np.flatnonzero(verdicts(speech))[-1] + 1) * WINDOW_SAMPLES
    assert (last - loud) / 16_000 < 0.25


@pytest.mark.parametrize("level_dbfs", [-65.0, -45.0, -25.0])
def test_noise_is_no_voice(level_dbfs: float):
    assert not verdicts(room(10, level_dbfs)).any()


def test_a_tone_passes_the_gate_but_not_the_judge():
    time_s = np.arange(5 * 16_000) / 16_000
    hum = (0.2 * np.sin(2 * np.pi * 220 * time_s) * (1 + 0.5 * np.sin(2 * np.pi * 5 * time_s))).astype(np.float32)
    assert verdicts(hum, GatedDetector(VoiceDetectorSettings(judge=False))).mean() > 0.5
    assert verdicts(hum).mean() < 0.1


def test_a_real_person_is_heard(recordings: Path):
    from faster_whisper.audio import decode_audio

    kennedy = decode_audio(str(recordings / "jfk.flac"))
    heard = verdicts(kennedy)
    assert 0.45 < heard.mean() < 0.95
    second = len(heard) // 11
    assert heard[second : 2 * second].mean() > 0.9, '"my fellow Americans"'
    assert heard[9 * second : 10 * second].mean() > 0.9, '"for your country"'


def test_after_a_reset_nothing_is_left_of_what_was_heard():
    speech = said(*QUESTIONS[0]).samples
    detector = GatedDetector(VoiceDetectorSettings())
    first = verdicts(speech, detector)
    detector.reset()
    assert np.array_equal(verdicts(speech, detector), first)


def test_a_window_of_another_length_is_refused():
    with pytest.raises(ValueError, match="320 samples, not 512"):
        GatedDetector(VoiceDetectorSettings()).is_voice(np.zeros(512, np.float32))


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="gate"):
        VoiceDetectorSettings(gate=4)
    with pytest.raises(ValueError, match="release_threshold"):
        VoiceDetectorSettings(threshold=0.3, release_threshold=0.5)


def test_the_judge_is_found_without_loading_whisper(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "faster_whisper", raising=False)
    assert silero_file().suffix == ".onnx"
    assert "faster_whisper" not in sys.modules
