"""Tells one person who speaks from laughter, coughs, music and many who talk at once: a judge of whole utterances.

Speech goes from vowel to vowel: its spectral envelope changes far and fast, its voice has a pitch that holds for a
syllable. Laughter repeats one vowel, a cough has no pitch, and of many voices at once only a mean is left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.audio import HEARING_RATE_HZ, Samples
from models.settings import read_toml

Matrix = npt.NDArray[np.float64]

_WINDOW_SAMPLES = 512
_HOP_SAMPLES = 160
_BANDS = 26
_LOWEST_HZ, _HIGHEST_HZ = 100.0, 6_000.0
_CEPSTRA = slice(1, 8)
"""Of the envelope: its level does not count, nor its finest detail."""
_ACTIVE_DB = 25.0
"""Frames further below the loudest are pauses."""
_PITCHED = 0.6
"""Autocorrelation from which on a frame has a pitch."""
_PITCH_LAGS = slice(40, 230)
"""Of 70 to 400 Hz."""
_SAME_PITCH = 0.12
"""Logarithm of two pitches that may follow each other within a syllable."""


@dataclass(frozen=True, slots=True)
class Features:
    """What is measured on an utterance."""

    articulation: float
    """How far the spectral envelope moves: mean standard deviation of its cepstra."""
    flux: float
    """How fast it moves: mean change of its cepstra in 10 ms."""
    pitch_strength: float
    """Median autocorrelation at the pitch, 0..1."""
    pitched_share: float
    """Share of frames with a pitch, 0..1."""
    longest_pitch_s: float
    """Longest stretch in which the pitch moves smoothly."""
    level_spread_db: float
    """Standard deviation of the level: a crowd is as loud all the time."""
    certainty: float
    """Mean probability of a voice, 0..1, as the detector told while it heard one."""

    def values(self) -> tuple[float, ...]:
        """All of them, in the order in which they are written here."""
        return (
            self.articulation,
            self.flux,
            self.pitch_strength,
            self.pitched_share,
            min(self.longest_pitch_s, 0.3),
            self.level_spread_db,
            self.certainty,
        )


def measure(samples: Samples, certainty: float) -> Features:
    """The features of an utterance, shape (n,) at 16 kHz, n > 0."""
    padded = np.pad(samples.astype(np.float64), (0, _WINDOW_SAMPLES))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW_SAMPLES)[::_HOP_SAMPLES] * _HANN
    spectra = np.fft.rfft(frames, 2 * _WINDOW_SAMPLES)
    power = np.abs(spectra) ** 2
    level_db = 10 * np.log10(power.sum(axis=1) + 1e-9)
    active = level_db > level_db.max() - _ACTIVE_DB
    # einsum: a product of matrices would wake numpy's threads, which then spin for a while beside the sound
    bands = np.einsum("tf,bf->tb", power, _MEL)
    cepstra = np.einsum("tb,cb->tc", np.log10(bands + 1e-9), _COSINES)[:, _CEPSTRA]
    strength, lag = _pitch(power)
    pitched = active & (strength > _PITCHED)
    return Features(
        articulation=float(cepstra[active].std(axis=0).mean()),
        flux=float(np.abs(np.diff(cepstra, axis=0))[active[1:]].mean()) if active[1:].any() else 0.0,
        pitch_strength=float(np.median(strength[active])),
        pitched_share=float(pitched.sum() / active.sum()),
        level_spread_db=float(level_db[active].std()),
        longest_pitch_s=_longest(pitched, lag) * _HOP_SAMPLES / HEARING_RATE_HZ,
        certainty=certainty,
    )


@dataclass(frozen=True, slots=True)
class Weights:
    """A network of one hidden layer over the features, as scripts/train_speech_likeness makes it."""

    mean: tuple[float, ...]
    """Of each feature, as it was trained; so that they can be compared."""
    deviation: tuple[float, ...]
    hidden: tuple[tuple[float, ...], ...]
    """For each hidden unit: its weight of each feature, then its bias."""
    output: tuple[float, ...]
    """The weight of each hidden unit, then the bias."""

    def likeness(self, features: Features) -> float:
        """Probability, 0..1, that one person speaks."""
        inputs = (np.array(features.values()) - self.mean) / self.deviation
        hidden = np.tanh(np.array(self.hidden) @ np.append(inputs, 1.0))
        score = float(np.array(self.output) @ np.append(hidden, 1.0))
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, score))))


class SpeechJudge:
    """Judges utterances with the weights that are shipped."""

    def __init__(self) -> None:
        self._weights = read_toml(Path(__file__).with_suffix(".toml"), Weights)

    def likeness(self, samples: Samples, certainty: float) -> float:
        """Probability, 0..1, that one person speaks in `samples`, shape (n,) at 16 kHz, n > 0.

        `certainty` is the detector's mean probability, 0..1, of a voice in them.
        """
        return self._weights.likeness(measure(samples, certainty))


def _pitch(power: Matrix) -> tuple[Matrix, npt.NDArray[np.int64]]:
    """Autocorrelation at the best pitch, without the window's own, and its lag in samples; for each frame."""
    correlation = np.fft.irfft(power, axis=1)[:, : _PITCH_LAGS.stop]
    correlation = correlation / (correlation[:, :1] + 1e-9) / _HANN_CORRELATION
    lags = correlation[:, _PITCH_LAGS]
    return lags.max(axis=1), lags.argmax(axis=1) + _PITCH_LAGS.start


def _longest(pitched: npt.NDArray[np.bool_], lag: npt.NDArray[np.int64]) -> int:
    """Frames of the longest run with a pitch that moves smoothly."""
    longest = run = 0
    smooth = np.abs(np.diff(np.log(lag))) < _SAME_PITCH
    for here, before, goes_on in zip(pitched[1:], pitched[:-1], smooth, strict=True):
        run = run + 1 if here and before and goes_on else 0
        longest = max(longest, run)
    return longest


def _mel() -> Matrix:
    """Triangular bands, equally wide for the ear, shape (_BANDS, _WINDOW_SAMPLES + 1)."""
    bins_hz = np.linspace(0, HEARING_RATE_HZ / 2, _WINDOW_SAMPLES + 1)
    low, high = (1127 * math.log(1 + hz / 700) for hz in (_LOWEST_HZ, _HIGHEST_HZ))
    edges = 700 * (np.exp(np.linspace(low, high, _BANDS + 2) / 1127) - 1)[:, None]
    rising = (bins_hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins_hz) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)), np.float64)


def _cosines() -> Matrix:
    """The discrete cosine transform that makes cepstra of bands, shape (13, _BANDS)."""
    angle = np.pi * np.arange(13)[:, None] * (np.arange(_BANDS)[None] + 0.5) / _BANDS
    return np.asarray(np.cos(angle) * math.sqrt(2 / _BANDS), np.float64)


_HANN = np.hanning(_WINDOW_SAMPLES)
_HANN_SPECTRUM = np.abs(np.fft.rfft(_HANN, 2 * _WINDOW_SAMPLES)) ** 2
_HANN_CORRELATION = np.fft.irfft(_HANN_SPECTRUM)[: _PITCH_LAGS.stop] / np.fft.irfft(_HANN_SPECTRUM)[0] + 1e-3
_MEL = _mel()
_COSINES = _cosines()
