"""Sound at another rate: all of it, and soon."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio import Resampler, Samples


def tone(rate_hz: int) -> Samples:
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(rate_hz) / rate_hz)).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("prompt", [False, True])
def test_a_tone_keeps_its_length_its_pitch_and_its_level(rate_hz: int, prompt: bool) -> None:
    resampler = Resampler(rate_hz, 16_000, prompt)
    blocks = np.array_split(tone(rate_hz), 100)
    heard = np.concatenate([resampler.feed(block, last=number == 99) for number, block in enumerate(blocks)])
    assert len(heard) == pytest.approx(16_000, abs=3)
    assert np.abs(np.fft.rfft(heard)).argmax() * 16_000 / len(heard) == pytest.approx(440, abs=1)
    assert np.abs(heard[1_000:-1_000]).max() == pytest.approx(0.5, abs=0.001)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_a_prompt_one_is_never_more_than_fourteen_milliseconds_behind(rate_hz: int) -> None:
    resampler, fed, given = Resampler(rate_hz, 16_000, prompt=True), 0, 0
    for block in np.array_split(tone(rate_hz), 200):
        fed += len(block)
        given += len(resampler.feed(block))
        assert fed / rate_hz - given / 16_000 <= 0.014
