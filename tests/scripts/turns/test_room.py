"""The simulated room: its echo is as long and as loud as promised, and sound goes through it as it should."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio import Samples
from scripts.turns.room import EchoPath, impulse_response, measured_rt60_s, speech_gain

RATE_HZ = 16_000
BLOCK = 320


def noise(count: int, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).normal(0, 0.1, count).astype(np.float32)


def decaying(rt60_s: float) -> Samples:
    time_s = np.arange(round(rt60_s * RATE_HZ)) / RATE_HZ
    return (noise(len(time_s), 1) * 10 ** (-3 * time_s / rt60_s)).astype(np.float32)


@pytest.mark.parametrize("rt60_s", [0.3, 0.8, 1.5])
def test_the_echo_of_a_room_lasts_as_long_as_promised(rt60_s: float):
    pytest.importorskip("pyroomacoustics")
    assert measured_rt60_s(impulse_response(rt60_s, RATE_HZ), RATE_HZ) == pytest.approx(rt60_s, rel=0.1)


def test_speech_comes_back_as_loud_as_promised_and_the_direct_sound_first():
    pytest.importorskip("pyroomacoustics")
    response = impulse_response(0.3, RATE_HZ, echo_db=-6.0)
    assert 20 * np.log10(speech_gain(response, RATE_HZ)) == pytest.approx(-6.0, abs=0.1)
    assert np.argmax(np.abs(response)) < 0.001 * RATE_HZ


def test_the_measure_of_an_echo_is_right_on_an_echo_that_is_known():
    assert measured_rt60_s(decaying(0.8), RATE_HZ) == pytest.approx(0.8, rel=0.1)


def test_block_by_block_the_room_sounds_as_in_one_go():
    response, played = decaying(0.25), noise(RATE_HZ)
    heard = EchoPath(response, BLOCK).through(played)
    assert heard == pytest.approx(np.convolve(played, response)[: len(played)], abs=1e-5)


def test_a_delay_holds_the_echo_back_by_so_many_samples():
    played = noise(RATE_HZ)
    heard = EchoPath(np.ones(1, np.float32), BLOCK, delay_samples=1_000).through(played)
    assert not heard[:1_000].any()
    assert heard[1_000:] == pytest.approx(played[:-1_000], abs=1e-6)


def test_a_delay_need_not_be_a_whole_number_of_samples():
    time_s = np.arange(RATE_HZ) / RATE_HZ
    tone = np.sin(2 * np.pi * 300 * time_s).astype(np.float32)
    heard = EchoPath(np.ones(1, np.float32), BLOCK, delay_samples=100.5).through(tone)
    expected = np.sin(2 * np.pi * 300 * (time_s - 100.5 / RATE_HZ))
    assert heard[200:] == pytest.approx(expected[200:], abs=1e-3)


def test_clocks_that_run_apart_let_the_delay_grow():
    path = EchoPath(np.ones(1, np.float32), BLOCK, delay_samples=800, drift_ppm=50)
    path.through(noise(10 * RATE_HZ))
    assert path.delay_samples == pytest.approx(800 + 50e-6 * 10 * RATE_HZ, abs=0.1)


def test_a_delay_can_be_changed_while_sound_goes_through():
    path, played = EchoPath(np.ones(1, np.float32), BLOCK), noise(20 * BLOCK)
    path.through(played)
    path.set_delay(BLOCK)
    assert path.feed(np.zeros(BLOCK, np.float32)) == pytest.approx(played[-BLOCK:], abs=1e-6)
