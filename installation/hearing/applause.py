"""Notices applause: loud, of all frequencies at once, for a while, and no voice."""

from __future__ import annotations

import numpy as np

from models.audio import Samples

_OVER_ROOM_DB = 10.0
_FLAT = 0.25
"""Spectral flatness (geometric by arithmetic mean of the power, 0..1) of claps; a voice has a tenth of it."""
_NO_VOICE = 0.35
_BAND = slice(20, 120)
"""Bins of a frame of 20 ms: 1 to 6 kHz, where hands are loud."""
_KEEPS = 0.975
"""Per frame: 0.8 s, so that a slammed door is no applause."""
_BEGINS, _ENDS = 0.7, 0.2


class Applause:
    """Feed it frame by frame."""

    def __init__(self) -> None:
        self._share = 0.0
        self.on = False
        """Whether the public claps."""

    def feed(self, samples: Samples, over_room_db: float, certainty: float) -> bool:
        """Whether the answer has changed with this frame, shape (320,) at 16 kHz.

        `over_room_db` is by how much it stands out, `certainty` the probability of a voice in it, 0..1.
        """
        claps = over_room_db >= _OVER_ROOM_DB and certainty < _NO_VOICE and _flatness(samples) >= _FLAT
        self._share = _KEEPS * self._share + (1 - _KEEPS) * claps
        before = self.on
        self.on = self._share >= (_ENDS if self.on else _BEGINS)
        return self.on != before


def _flatness(samples: Samples) -> float:
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))[_BAND] ** 2 + 1e-12
    return float(np.exp(np.mean(np.log(power))) / np.mean(power))
