"""The log-mel spectrogram that Whisper's encoder hears, in numpy: of what models are given that grew out of it."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from models.audio import HEARING_RATE_HZ, Samples

MEL_BANDS = 80
HOP_SAMPLES = 160
"""10 ms from one column to the next."""
_WINDOW_SAMPLES = 400
_HIGHEST_HZ = HEARING_RATE_HZ / 2

# Slaney's mel scale: straight up to 1 kHz, then 27 steps for each factor of 6.4
_HZ_PER_MEL = 200 / 3
_KNEE_HZ = 1000.0
_KNEE_MEL = _KNEE_HZ / _HZ_PER_MEL
_MEL_PER_E_FOLD = 27 / np.log(6.4)

_FLOOR = 1e-10
_RANGE_DECADES = 8.0
"""What is so much weaker than the loudest point is drawn as if it were that weak: 80 dB."""


def log_mel(samples: Samples) -> npt.NDArray[np.float32]:
    """Shape (80, n // 160), about -1..1, of a sound of shape (n,) at 16 kHz, n > 200; its level is taken as it is."""
    half = _WINDOW_SAMPLES // 2
    padded = np.pad(samples.astype(np.float64), half, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW_SAMPLES)[::HOP_SAMPLES]
    # the window centred on the very end of the sound is left out, as Whisper does
    spectra = np.fft.rfft(windows[: len(samples) // HOP_SAMPLES] * _hann(), axis=1)
    power = spectra.real**2 + spectra.imag**2
    decades = np.log10(np.maximum(_mel_bands() @ power.T, _FLOOR))
    decades = np.maximum(decades, decades.max() - _RANGE_DECADES)
    return np.asarray(decades / 4 + 1, np.float32)


@functools.cache
def _hann() -> npt.NDArray[np.float64]:
    """One period of it: its last sample would be the first of the next."""
    return np.hanning(_WINDOW_SAMPLES + 1)[:-1]


@functools.cache
def _mel_bands() -> npt.NDArray[np.float64]:
    """What each band takes of each frequency, shape (80, 201): triangles of equal area."""
    top_mel = _KNEE_MEL + np.log(_HIGHEST_HZ / _KNEE_HZ) * _MEL_PER_E_FOLD
    corners_hz = _hz(np.linspace(0.0, top_mel, MEL_BANDS + 2))[:, None]
    low_hz, mid_hz, high_hz = corners_hz[:-2], corners_hz[1:-1], corners_hz[2:]
    of_hz = np.fft.rfftfreq(_WINDOW_SAMPLES, 1 / HEARING_RATE_HZ)
    rising, falling = (of_hz - low_hz) / (mid_hz - low_hz), (high_hz - of_hz) / (high_hz - mid_hz)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(triangles * 2 / (high_hz - low_hz), np.float64)


def _hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    above = np.maximum(0.0, mel - _KNEE_MEL)
    return np.where(above > 0, _KNEE_HZ * np.exp(above / _MEL_PER_E_FOLD), mel * _HZ_PER_MEL)
