"""A recording in the microphone's place: what the house hears of it, and what a person reads when it is no good."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import pytest

from installation.sound.recording import TRAILING_SILENCE_S, Recording, RecordingError
from models.audio import Samples, to_pcm16
from tests.fakes.jumping_clock import JumpingClock


def tone(seconds: float, rate_hz: int) -> Samples:
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def write_wav(path: Path, seconds: float, rate_hz: int, channels: int = 1) -> Path:
    samples = np.repeat(tone(seconds, rate_hz), channels)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(to_pcm16(samples))
    return path


def write_flac(path: Path, seconds: float, rate_hz: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=rate_hz, layout="mono")
        pcm = np.frombuffer(to_pcm16(tone(seconds, rate_hz)), "<i2").reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = rate_hz
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return path


def play(path: Path, clock: JumpingClock | None = None) -> Samples:
    with Recording(path, clock or JumpingClock()) as recording:
        return np.concatenate([frame.audio.samples for frame in recording.frames()])


@pytest.mark.parametrize(
    ("rate_hz", "channels"), [(16_000, 1), (44_100, 2), (48_000, 1), (8_000, 1), (96_000, 2), (48_000, 8), (48_000, 5)]
)
def test_a_wav_of_any_rate_is_heard_whole(tmp_path: Path, rate_hz: int, channels: int) -> None:
    heard = play(write_wav(tmp_path / "a.wav", 1.5, rate_hz, channels))
    assert np.abs(heard[: round(1.5 * 16_000)] - tone(1.5, 16_000))[500:-500].max() < 0.02


def test_a_flac_is_heard_as_well(tmp_path: Path) -> None:
    heard = play(write_flac(tmp_path / "a.flac", 1.0, 48_000))
    assert np.abs(heard[:16_000] - tone(1.0, 16_000))[500:-500].max() < 0.02


def test_a_moment_of_silence_follows_so_that_the_last_word_ends(tmp_path: Path) -> None:
    heard = play(write_wav(tmp_path / "a.wav", 1.0, 16_000))
    rest = heard[17_000:]
    assert not rest.any()
    assert len(heard) / 16_000 == pytest.approx(1.0 + TRAILING_SILENCE_S, abs=0.03)


def test_a_recording_takes_the_time_that_it_lasts(tmp_path: Path) -> None:
    clock = JumpingClock(50.0)
    heard = play(write_wav(tmp_path / "a.wav", 2.0, 44_100), clock)
    assert clock.now_s() - 50.0 == pytest.approx(len(heard) / 16_000)


def test_a_recording_ends_when_it_is_closed(tmp_path: Path) -> None:
    with Recording(write_wav(tmp_path / "a.wav", 2.0, 16_000), JumpingClock()) as recording:
        frames = recording.frames()
        next(frames)
        recording.close()
        assert list(frames) == []


def test_what_cannot_be_played_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("these are words and no sound at all")
    for name, complaint in (
        ("missing.wav", "no such file"),
        ("text.wav", "not a sound file"),
        (".", "cannot be read|not a sound"),
    ):
        path = tmp_path / name
        with pytest.raises(RecordingError, match=complaint) as caught, Recording(path):
            pass
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_truncated_recording_is_played_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = write_flac(tmp_path / "whole.flac", 5.0, 16_000).read_bytes()
    (tmp_path / "half.flac").write_bytes(whole[: len(whole) // 2])
    heard = play(tmp_path / "half.flac")
    assert np.abs(heard[:16_000] - tone(1.0, 16_000)).max() < 0.02
