"""Which recordings a voice can be taken from, and what is said of the others."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from models.audio import Samples, level_db
from models.protocols import ModelError
from models.reference import Consent, read_reference
from tests.fakes.reference_recording import RATE_HZ, voice, write


def refusal(file: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_reference(file)
    sentence = str(caught.value)
    assert sentence.startswith(str(file))
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_a_good_recording_is_read_at_its_own_rate(tmp_path: Path):
    read = read_reference(write(tmp_path / "ada.wav", voice(5)))
    assert read.rate_hz == RATE_HZ
    assert read.duration_s == pytest.approx(5)
    assert level_db(read.samples) == pytest.approx(-20, abs=1)


def test_many_channels_are_mixed_down(tmp_path: Path):
    left = voice(4)
    read = read_reference(write(tmp_path / "ada.wav", left, np.zeros_like(left), left, np.zeros_like(left), left))
    assert read.samples.shape == left.shape
    assert np.allclose(read.samples, 0.6 * left, atol=1e-3)


def test_a_recording_that_is_not_there_is_named(tmp_path: Path):
    assert "there is no such file; see reference under [engines.coqui]" in refusal(tmp_path / "ada.wav")


@pytest.mark.parametrize("content", [b"", b"Dear Marguerite,", b"RIFF\0\0\0\0WAVEfmt "])
def test_a_file_that_holds_no_sound_is_refused(tmp_path: Path, content: bytes):
    file = tmp_path / "ada.wav"
    file.write_bytes(content)
    assert "is not a sound file that can be read" in refusal(file)


def test_a_folder_is_no_recording(tmp_path: Path):
    assert "not a sound file that can be read" in refusal(tmp_path)


def test_a_recording_without_a_sample_is_refused(tmp_path: Path):
    assert "there is no sound" in refusal(write(tmp_path / "ada.wav", voice(0)))


def test_a_telephones_sound_is_refused(tmp_path: Path):
    sentence = refusal(write(tmp_path / "ada.wav", voice(5, 8_000), rate_hz=8_000))
    assert "has 8000 samples a second" in sentence
    assert "at least 16000" in sentence


def test_a_word_is_too_short_to_learn_a_voice_from(tmp_path: Path):
    assert "is 1.2 s short and needs at least 3 s" in refusal(write(tmp_path / "ada.wav", voice(1.2)))


def test_an_hour_is_refused_after_its_first_minute(tmp_path: Path):
    import av

    seen = []
    read = av.AudioFrame.to_ndarray
    file = write(tmp_path / "ada.wav", np.tile(voice(10, 16_000), 360), rate_hz=16_000)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("models.reference.channels", lambda frame: seen.append(frame.samples) or read(frame) / 32768.0)
        assert "is longer than 60 s" in refusal(file)
    assert sum(seen) < 61 * 16_000


@pytest.mark.parametrize("samples", [np.zeros(5 * RATE_HZ, np.float32), voice(5) / 1000])
def test_silence_is_refused(tmp_path: Path, samples: Samples):
    assert "is silent" in refusal(write(tmp_path / "ada.wav", samples))


def test_a_word_and_a_long_silence_are_too_little_to_learn_a_voice_from(tmp_path: Path):
    word, pause = voice(1), voice(9) / 1000
    assert "holds 1.0 s of voice and needs at least 2 s" in refusal(
        write(tmp_path / "ada.wav", np.concatenate([word, pause]))
    )
    speech = np.concatenate([voice(2), pause, voice(1) / 20])
    assert read_reference(write(tmp_path / "ada.wav", speech)).duration_s == pytest.approx(12)


def test_a_pipe_is_no_recording_and_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "ada.wav")
    assert "is no file" in refusal(tmp_path / "ada.wav")


def test_channels_that_cancel_each_other_are_silent(tmp_path: Path):
    assert "is silent" in refusal(write(tmp_path / "ada.wav", voice(5), -voice(5)))


def test_an_overdriven_recording_is_refused(tmp_path: Path):
    assert "is overdriven" in refusal(write(tmp_path / "ada.wav", voice(5) * 20))


def test_a_loud_recording_that_touches_full_scale_now_and_then_is_good(tmp_path: Path):
    samples = voice(5)
    samples[::1000] = 1.0
    assert read_reference(write(tmp_path / "ada.wav", samples)).duration_s == pytest.approx(5)


def test_a_consent_is_read_aloud_as_it_was_given():
    consent = Consent("Ada Morel", "2026-03-01", "the evenings of this show")
    assert str(consent) == 'Ada Morel, who agreed on 2026-03-01 to "the evenings of this show"'


@pytest.mark.parametrize(
    ("person", "date", "scope", "complaint"),
    [
        (" ", "2026-03-01", "this show", "person must not be empty"),
        ("Ada", "2026-03-01", "", "scope must not be empty"),
        ("Ada", "last spring", "this show", 'date must be a day written as "2026-03-01", not "last spring"'),
        ("Ada", "2026-02-30", "this show", "date must be a day"),
        ("Ada", "9999-01-01", "this show", 'date = "9999-01-01" is still to come'),
    ],
)
def test_a_consent_of_nobody_to_nothing_is_none(person: str, date: str, scope: str, complaint: str):
    with pytest.raises(ValueError, match=complaint):
        Consent(person, date, scope)
