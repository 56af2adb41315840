"""Rooms that answer a sweep: an impulse response, a way, a noise, and two clocks that do not agree."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field

import numpy as np
import numpy.typing as npt
import soxr

from installation.sound.acoustics import Take
from installation.sound.sweep import SPEECH_HZ, sweep
from models.audio import HEARING_RATE_HZ, Samples

LISTENED_S = 2.013
TAIL_S = 3.3
_CLICK = np.ones(1)


@dataclass(frozen=True)
class FakeRoom:
    """What stands between a loudspeaker and a microphone."""

    response: npt.NDArray[np.float64] = field(default_factory=lambda: _CLICK)
    """Of the room alone; its first sample is the direct sound."""
    _: KW_ONLY
    delay_ms: float = 80.0
    gain_db: float = -20.0
    noise_db: float = -70.0
    distortion: float = 0.0
    """How much of its square the loudspeaker adds to what it plays."""
    drift_ppm: float = 0.0
    """So much faster the microphone counts than the loudspeaker."""

    @property
    def return_loss_db(self) -> float:
        """In the band of speech."""
        size = 1 << 18
        hz = np.fft.rfftfreq(size, 1 / HEARING_RATE_HZ)
        power = np.abs(np.fft.rfft(self.response, size)[(hz >= SPEECH_HZ[0]) & (hz <= SPEECH_HZ[1])]) ** 2
        return -self.gain_db - 10 * float(np.log10(np.mean(power)))

    def answer(self, level_db: float = -20.0) -> Take:
        """What the microphone makes of a sweep."""
        played = sweep(level_db).samples
        size = round((LISTENED_S + len(played) / HEARING_RATE_HZ + TAIL_S) * HEARING_RATE_HZ)
        noise = np.random.default_rng(7).standard_normal(size) * 10 ** (self.noise_db / 20)
        return Take(
            (noise + 10 ** (self.gain_db / 20) * self._echo(played, size)).astype(np.float32), played, LISTENED_S
        )

    def _echo(self, played: Samples, size: int) -> npt.NDArray[np.float64]:
        long = 1 << (2 * size).bit_length()
        echo = np.fft.irfft(
            np.fft.rfft(played + self.distortion * np.square(played), long) * np.fft.rfft(self.response, long)
        )[:size]
        if self.drift_ppm:
            echo = soxr.resample(echo, 1e6, 1e6 + self.drift_ppm)
        # As turned phases, so that a delay need not be a whole number of samples.
        hz = np.fft.rfftfreq(long, 1 / HEARING_RATE_HZ)
        late = np.exp(-2j * np.pi * hz * (LISTENED_S + self.delay_ms / 1000))
        return np.fft.irfft(np.fft.rfft(echo, long) * late)[:size]


def hall(reverberation_s: float, tail_db: float = -6.0) -> npt.NDArray[np.float64]:
    """Direct sound, and noise that fades by 60 dB in that time; beside the direct sound all of it is so loud."""
    time_s = np.arange(round(min(2.9, 1.3 * reverberation_s) * HEARING_RATE_HZ)) / HEARING_RATE_HZ
    tail = np.random.default_rng(11).standard_normal(len(time_s)) * 10 ** (-3 * time_s / reverberation_s)
    tail[:40] = 0
    tail *= 10 ** (tail_db / 20) / np.sqrt(np.sum(np.square(tail)))
    tail[0] = 1
    return np.asarray(tail)
