"""Finds by how much the clocks of loudspeaker and microphone differ, from the echo itself.

Where the echo comes later and later than the filter expects, its phase turns in proportion to frequency. The slope of
the phase of their cross-spectrum is a delay, and a phase-locked loop turns that into a rate.
"""

from __future__ import annotations

import numpy as np

from installation.sound.echo_filter import Spectrum, in_bins
from installation.sound.sources import FRAME_SAMPLES
from models.audio import Samples

MOST_DRIFT = 200e-6
"""Crystals of cheap sound cards differ by 100 ppm at most."""
_KEEPS = 0.98
"""Of the cross-spectrum, per frame: about a second."""
_LOW_BIN, _HIGH_BIN = 8, 200
"""200 Hz to 5 kHz: where a voice has power."""
_MOST_DELAY_SAMPLES = 1.0
_RATE_GAIN, _DELAY_GAIN = 1e-6, 0.01


class ClockDrift:
    """Steers where the played sound is read."""

    def __init__(self) -> None:
        self._turn = 2 * np.pi * np.arange(FRAME_SAMPLES + 1, dtype=np.float32) / (2 * FRAME_SAMPLES)
        self.rate = 0.0
        """How much faster than it was played the played sound must be read, as a share (50e-6: 50 ppm)."""
        self.restart()

    def restart(self) -> None:
        """The room is learnt anew; the clocks are the same."""
        self._cross: Spectrum = np.zeros(FRAME_SAMPLES + 1, np.complex64)

    def feed(self, heard: Samples, echo: Samples) -> float:
        """Samples by which to read on less, this once; `echo` is what the filter expected in `heard`."""
        self._cross = np.asarray(_KEEPS * self._cross + np.conj(in_bins(echo)) * in_bins(heard), np.complex64)
        band = slice(_LOW_BIN, _HIGH_BIN)
        weight, turn = np.abs(self._cross[band]), self._turn[band]
        slope = (weight * np.angle(self._cross[band]) * turn).sum() / ((weight * turn**2).sum() + 1e-12)
        late_samples = float(np.clip(-slope, -_MOST_DELAY_SAMPLES, _MOST_DELAY_SAMPLES))
        self.rate = float(np.clip(self.rate - _RATE_GAIN * late_samples, -MOST_DRIFT, MOST_DRIFT))
        return _DELAY_GAIN * late_samples
