"""The sweep that sounds a room out, and the room's impulse response from what comes back of it (Farina 2000).

Its pitch rises by equal intervals in equal times. Divided by the sweep, what was recorded becomes the room's answer to
one click, at the place in the recording where the click would have been heard; what the loudspeaker distorts comes
before it, and apart from it.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from models.audio import HEARING_RATE_HZ, Audio, Samples

Spectrum = npt.NDArray[np.complex128]
Curve = npt.NDArray[np.float64]

SWEEP_S = 6.0
"""Twice as long finds an echo that is 3 dB fainter, and is twice as long for those who sit in the room."""
FROM_HZ, TO_HZ = 90.0, 7_400.0
"""What a small loudspeaker still plays, and what the ears' rate still holds."""
FADE_IN_S = 0.5
"""Nobody in the room is to be startled."""
FADE_OUT_S = 0.02
GENTLE_DB = -20.0
LOUDEST_DB = -6.0
"""Louder is of no use: loudspeakers begin to distort, and somebody may stand in front of one."""

SPEECH_HZ = (300.0, 4_000.0)
WHOLE_HZ = (160.0, 6_200.0)
"""Well inside the sweep, where its fades leave all of it: outside there is nothing to divide by but noise."""
_EDGE = 1.15
"""A band fades out between its edge divided by this, and its edge times this: a steep edge would ring."""


def sweep(level_db: float) -> Audio:
    """The sweep at 16 kHz; `level_db` is its RMS in dBFS between the fades, at most LOUDEST_DB."""
    if level_db > LOUDEST_DB:
        raise ValueError(f"level_db must be at most {LOUDEST_DB:g}")
    time_s = np.arange(round(SWEEP_S * HEARING_RATE_HZ)) / HEARING_RATE_HZ
    octaves = math.log(TO_HZ / FROM_HZ)
    phase = 2 * np.pi * FROM_HZ * SWEEP_S / octaves * np.expm1(time_s / SWEEP_S * octaves)
    fade = np.minimum(np.clip(time_s / FADE_IN_S, 0, 1), np.clip((SWEEP_S - time_s) / FADE_OUT_S, 0, 1))
    peak = math.sqrt(2) * 10 ** (level_db / 20)
    return Audio((peak * np.sin(np.pi / 2 * fade) ** 2 * np.sin(phase)).astype(np.float32), HEARING_RATE_HZ)


def impulse_response(recorded: Samples, played: Samples, band_hz: tuple[float, float]) -> Curve:
    """What the microphone would have heard of one click, in `band_hz` alone; shape (len(recorded) - len(played),).

    Sample i of it answers a click that was heard at sample i of `recorded`; 1.0 is as loud as it was played. Both are
    at 16 kHz, and `recorded` is longer than `played`.
    """
    return _divided(recorded, played, band(_size(recorded, played), band_hz))


def response_around(recorded: Samples, played: Samples, hz: float, spread_hz: float) -> Curve:
    """As `impulse_response`, of the notes around `hz` alone (a bell of that standard deviation), which do not ring."""
    frequencies_hz = np.fft.rfftfreq(_size(recorded, played), 1 / HEARING_RATE_HZ)
    bell = np.exp(-np.square((frequencies_hz - hz) / spread_hz) / 2)
    low_hz, high_hz = WHOLE_HZ[0] / _EDGE, WHOLE_HZ[1] * _EDGE
    return _divided(recorded, played, np.where((frequencies_hz > low_hz) & (frequencies_hz < high_hz), bell, 0.0))


def _divided(recorded: Samples, played: Samples, gains: Curve) -> Curve:
    size, inside = _size(recorded, played), gains > 0
    heard, known = np.fft.rfft(recorded, size), np.fft.rfft(played, size)
    response = np.zeros_like(heard)
    response[inside] = gains[inside] * heard[inside] / known[inside]
    return np.fft.irfft(response, size)[: len(recorded) - len(played)]


def _size(recorded: Samples, played: Samples) -> int:
    return 1 << (len(recorded) + len(played) - 1).bit_length()


def band(size: int, band_hz: tuple[float, float]) -> Curve:
    """Gains (0..1) of the frequencies of `numpy.fft.rfft` over `size` samples at 16 kHz that let `band_hz` through."""
    low_hz, high_hz = band_hz
    octaves = np.log(np.maximum(np.fft.rfftfreq(size, 1 / HEARING_RATE_HZ), 1e-3))
    width = 2 * math.log(_EDGE)
    rising = np.clip((octaves - math.log(low_hz / _EDGE)) / width, 0, 1)
    falling = np.clip((math.log(high_hz * _EDGE) - octaves) / width, 0, 1)
    # amplitudes whose squares add up to one across an edge: the band holds as much energy as one with steep edges
    return np.asarray(np.sin(np.pi / 2 * rising) * np.sin(np.pi / 2 * falling))


def click_energy(band_hz: tuple[float, float]) -> float:
    """The energy of a click that comes back as loud as it was played, when only `band_hz` of it is heard."""
    gains = band(HEARING_RATE_HZ, band_hz)
    return float(np.mean(np.square(gains)))


def click_peak(band_hz: tuple[float, float]) -> float:
    """The peak of the same click."""
    return float(np.mean(band(HEARING_RATE_HZ, band_hz)))


def envelope(response: Curve) -> Curve:
    """How loud `response` is at each sample, whatever its phase (the magnitude of the analytic signal)."""
    size = len(response)
    spectrum = np.fft.fft(response)
    spectrum[1 : (size + 1) // 2] *= 2
    spectrum[size // 2 + 1 :] = 0
    return np.asarray(np.abs(np.fft.ifft(spectrum)))


def in_band(samples: Samples, band_hz: tuple[float, float]) -> Samples:
    """What `samples`, shape (n,) at 16 kHz, hold in `band_hz`."""
    size = len(samples)
    return np.fft.irfft(np.fft.rfft(samples) * band(size, band_hz), size).astype(np.float32)
