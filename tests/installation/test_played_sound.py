"""What the loudspeaker plays is there for the ears, at 16 kHz, at any position; and it fades as it is told."""

from __future__ import annotations

import numpy as np
import pytest

from installation.sound.echo_filter import EchoFilter
from installation.sound.fader import Fader
from installation.sound.playback import Playback
from installation.sound.played import KEPT_S, PlayedSound
from installation.sound.sources import FRAME_SAMPLES
from installation.turn import Turn
from models.audio import HEARING_RATE_HZ, Audio, Samples


def tone(seconds: float, rate_hz: int = HEARING_RATE_HZ, hz: float = 440.0) -> Samples:
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.asarray(0.5 * np.sin(2 * np.pi * hz * time_s), np.float32)


def test_what_was_written_is_read_again_at_its_position() -> None:
    played, sound = PlayedSound(), tone(0.5)
    for begin in range(0, len(sound), 160):
        played.write(sound[begin : begin + 160], HEARING_RATE_HZ)
    assert played.end() == len(sound)
    assert played.read(2_000.0, 320) == pytest.approx(sound[2_000:2_320], abs=0.02)


def test_between_two_samples_is_read_what_would_be_there() -> None:
    played = PlayedSound()
    played.write(tone(0.5), HEARING_RATE_HZ)
    played.end()
    at = 2_000.37 + np.arange(320)
    wanted = 0.5 * np.sin(2 * np.pi * 440 * at / HEARING_RATE_HZ)
    assert played.read(2_000.37, 320) == pytest.approx(wanted, abs=0.02)


def test_another_clock_is_followed() -> None:
    played = PlayedSound()
    played.write(tone(1.0), HEARING_RATE_HZ)
    played.end()
    at = 3_000 + np.arange(320) * 1.001
    wanted = 0.5 * np.sin(2 * np.pi * 440 * at / HEARING_RATE_HZ)
    assert played.read(3_000.0, 320, rate=0.001) == pytest.approx(wanted, abs=0.02)


def test_the_devices_rate_does_not_matter() -> None:
    played, sound = PlayedSound(), tone(1.0, 48_000)
    for begin in range(0, len(sound), 480):
        played.write(sound[begin : begin + 480], 48_000)
    level = float(np.sqrt(np.mean(played.read(played.end() - 4_000.0, 1_600) ** 2)))
    assert level == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


def test_what_has_not_been_played_or_is_long_gone_is_silence() -> None:
    played = PlayedSound()
    played.write(tone(KEPT_S + 1.0), HEARING_RATE_HZ)
    end = played.end()
    assert not played.read(end + 100.0, 320).any()
    assert not played.read(0.0, 320).any()


def test_a_filter_that_is_shifted_takes_out_the_same_echo() -> None:
    random = np.random.default_rng(1)
    echo_filter, played = EchoFilter(), random.normal(0, 0.1, 1_000 * FRAME_SAMPLES).astype(np.float32)
    delay = 5 * FRAME_SAMPLES
    heard = 0.5 * np.concatenate((np.zeros(delay, np.float32), played[:-delay]))

    def left_at(frame: int, later: int) -> float:
        begin = frame * FRAME_SAMPLES
        reference = played[begin - later * FRAME_SAMPLES :][:FRAME_SAMPLES]
        left, _ = echo_filter.feed(heard[begin : begin + FRAME_SAMPLES], reference)
        return float(np.mean(left**2))

    known = [left_at(frame, 0) for frame in range(300)][-1]
    echo_filter.shift(-2)
    after = [left_at(frame, 2) for frame in range(300, 310)]
    assert max(after[1:]) < 100 * known
    assert max(after[1:]) < 0.01 * float(np.mean(heard**2))


def test_the_voice_is_lowered_within_30_ms_and_comes_back_softly() -> None:
    playback = Playback(24_000, lambda _: None)
    turn = Turn(1)
    turn.release()
    playback.add(turn, 0, Audio(np.full(48_000, 0.5, np.float32), 24_000), last=True)
    playback.release(turn)
    playback.render(240)
    playback.duck(0.25)
    assert playback.render(960)[-1] == pytest.approx(0.125), "40 ms later it is 12 dB lower"
    playback.duck(1.0)
    risen = np.concatenate([playback.render(240) for _ in range(25)])
    assert risen[1_200] < 0.26
    assert risen[-1] == pytest.approx(0.5)
    assert np.abs(np.diff(risen)).max() < 0.001


def test_what_the_ears_read_is_what_was_heard_lowered_and_all() -> None:
    playback = Playback(HEARING_RATE_HZ, lambda _: None)
    turn = Turn(1)
    playback.add(turn, 0, Audio(np.full(16_000, 0.5, np.float32), HEARING_RATE_HZ), last=True)
    playback.release(turn)
    playback.duck(0.25)
    out = np.concatenate([playback.render(160) for _ in range(50)])
    end = playback.played.end()
    assert playback.played.read(end - 2_000.0, 1_600) == pytest.approx(out[-2_000:-400], abs=0.02)


def test_a_fader_reaches_its_goal_and_stays() -> None:
    fader = Fader()
    ramp = fader.toward(0.0, 0.25, 6)
    assert list(ramp) == [0.75, 0.5, 0.25, 0.0, 0.0, 0.0]
    assert (fader.toward(0.0, 0.25, 3) == 0).all()
    assert list(fader.toward(1.0, 0.5, 3)) == [0.5, 1.0, 1.0]
