"""The double's own voice is taken out of what the microphone hears, in rooms of pyroomacoustics, in virtual time."""

from __future__ import annotations

import numpy as np
import pytest

from installation.sound.echo_canceller import EchoCanceller
from installation.sound.played import PlayedSound
from installation.sound.sources import FRAME_SAMPLES
from models.audio import HEARING_RATE_HZ, Audio, Frame, Samples
from scripts.turns.room import EchoPath
from tests.fakes.open_room import LONG_ANSWER, path, room_tone, said

pytest.importorskip("pyroomacoustics")

OURS = said(LONG_ANSWER * 2, "en-gb+m3", -18.0)
VISITOR = said("Excuse me, but why did you never write back to him?", "en-gb+f2", -26.0)


def through(way: EchoPath, ours: Samples, visitor: Samples | None = None) -> tuple[Samples, Samples, EchoCanceller]:
    """What the microphone hears of `ours` and of a visitor, what is left of it, and the canceller."""
    heard = way.through(ours) + room_tone(len(ours) / HEARING_RATE_HZ)[: len(ours)]
    if visitor is not None:
        heard = heard + visitor
    played = PlayedSound()
    canceller = EchoCanceller(played)
    left = [
        clean(canceller, played, ours, heard, begin) for begin in range(0, len(ours) - FRAME_SAMPLES, FRAME_SAMPLES)
    ]
    return heard, np.concatenate(left), canceller


def clean(canceller: EchoCanceller, played: PlayedSound, ours: Samples, heard: Samples, begin: int) -> Samples:
    played.write(ours[begin : begin + FRAME_SAMPLES], HEARING_RATE_HZ)
    frame = Frame(Audio(heard[begin : begin + FRAME_SAMPLES], HEARING_RATE_HZ), begin / HEARING_RATE_HZ)
    return canceller.clean(frame).frame.audio.samples


def taken_out_db(heard: Samples, left: Samples, from_s: float, to_s: float) -> float:
    part = slice(round(from_s * HEARING_RATE_HZ), round(to_s * HEARING_RATE_HZ))
    return float(10 * np.log10(np.mean(heard[part] ** 2) / np.mean(left[part] ** 2)))


@pytest.mark.parametrize("rt60_s", [0.3, 0.8, 1.5])
@pytest.mark.parametrize("drift_ppm", [0.0, 50.0, -50.0])
def test_our_voice_is_gone_in_a_dry_room_and_in_a_hall_and_with_clocks_that_differ(
    rt60_s: float, drift_ppm: float
) -> None:
    heard, left, canceller = through(path(rt60_s, drift_ppm=drift_ppm), OURS)
    assert taken_out_db(heard, left, 0.5, 4.0) > 8, "from the first word on"
    assert taken_out_db(heard, left, 15.0, 30.0) > 20
    assert canceller.trusted


@pytest.mark.parametrize("delay_s", [0.06, 0.25])
def test_the_delay_of_the_devices_need_not_be_known(delay_s: float) -> None:
    heard, left, _ = through(path(0.8, delay_s), OURS)
    assert taken_out_db(heard, left, 12.0, 30.0) > 18


def test_a_visitor_who_speaks_at_the_same_time_is_left_as_they_are() -> None:
    visitor = np.zeros_like(OURS)
    begin = 15 * HEARING_RATE_HZ
    visitor[begin : begin + len(VISITOR)] = VISITOR
    _, left, _ = through(path(0.8), OURS, visitor)
    part = slice(begin, begin + len(VISITOR))
    lost = left[part] - visitor[part]
    assert np.mean(lost**2) < 0.1 * np.mean(visitor[part] ** 2)


def test_with_headphones_nothing_is_changed() -> None:
    silent = EchoPath(np.zeros(FRAME_SAMPLES, np.float32), FRAME_SAMPLES)
    visitor = np.zeros_like(OURS)
    for begin in range(HEARING_RATE_HZ, len(OURS) - len(VISITOR), 6 * HEARING_RATE_HZ):
        visitor[begin : begin + len(VISITOR)] += VISITOR
    heard, left, _ = through(silent, OURS, visitor)
    assert abs(taken_out_db(heard, left, 10.0, 30.0)) < 3


def test_a_microphone_that_is_moved_is_learnt_anew() -> None:
    half = len(OURS) // 2 // FRAME_SAMPLES * FRAME_SAMPLES
    before, after = path(0.3), path(0.8, 0.15)
    heard = np.concatenate((before.through(OURS[:half]), after.through(OURS[half:])))
    played = PlayedSound()
    canceller = EchoCanceller(played)
    begins = range(0, len(OURS) - FRAME_SAMPLES, FRAME_SAMPLES)
    left = np.concatenate([clean(canceller, played, OURS, heard, begin) for begin in begins])
    assert taken_out_db(heard, left, half / HEARING_RATE_HZ + 8, half / HEARING_RATE_HZ + 14) > 14


def test_a_room_in_which_we_are_silent_is_heard_as_it_is() -> None:
    canceller, played = EchoCanceller(PlayedSound()), PlayedSound()
    tone = room_tone(1.0)
    assert (clean(canceller, played, np.zeros_like(tone), tone, 0) == tone[:FRAME_SAMPLES]).all()


def test_sound_that_the_microphone_lost_does_not_put_the_two_out_of_step() -> None:
    way = path(0.3)
    heard = way.through(OURS)
    played = PlayedSound()
    canceller = EchoCanceller(played)
    left = []
    lost = range(15 * HEARING_RATE_HZ, 15 * HEARING_RATE_HZ + 40 * FRAME_SAMPLES)
    for begin in range(0, len(OURS) - FRAME_SAMPLES, FRAME_SAMPLES):
        if begin in lost:
            played.write(OURS[begin : begin + FRAME_SAMPLES], HEARING_RATE_HZ)
            left.append(np.zeros(FRAME_SAMPLES, np.float32))
        else:
            left.append(clean(canceller, played, OURS, heard, begin))
    assert taken_out_db(heard, np.concatenate(left), 17.0, 20.0) > 18
