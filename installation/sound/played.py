"""What the loudspeaker has played, for the ears that must not hear it: its callback writes, the listener reads."""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from models.audio import HEARING_RATE_HZ, Resampler, Samples

KEPT_S = 2.0
_HALF_TAPS = 8
_STEPS = 256
"""Fractions of a sample that are told apart."""
_CUT = 0.97


def _kernels() -> Samples:
    """Windowed sincs, one for each fraction of a sample, shape (_STEPS + 1, 2 * _HALF_TAPS)."""
    taps = np.arange(-_HALF_TAPS + 1, _HALF_TAPS + 1)[None, :] - np.arange(_STEPS + 1)[:, None] / _STEPS
    window = np.where(np.abs(taps) < _HALF_TAPS, np.cos(np.pi * taps / (2 * _HALF_TAPS)) ** 2, 0.0)
    return np.asarray(np.sinc(taps * _CUT) * _CUT * window, np.float32)


_KERNELS = _kernels()
_OFFSETS = np.arange(-_HALF_TAPS + 1, _HALF_TAPS + 1)


class PlayedSound:
    """The last seconds that were handed to the loudspeaker, at 16 kHz, by position.

    `write` is for the thread that renders, everything else for the one that listens.
    """

    def __init__(self) -> None:
        self._blocks: deque[tuple[Samples, int]] = deque(maxlen=1_000)
        self._resampler = Resampler(HEARING_RATE_HZ, HEARING_RATE_HZ)
        self._rate_hz = HEARING_RATE_HZ
        self._kept: Samples = np.zeros(0, np.float32)
        self._end = 0
        """Position behind the last sample kept."""

    def write(self, samples: Samples, rate_hz: int) -> None:
        """The next stretch, shape (n,), which must not be changed after; never blocks."""
        self._blocks.append((samples, rate_hz))

    def end(self) -> int:
        """The position behind the newest sample."""
        self._take_in()
        return self._end

    def read(self, position: float, n: int, rate: float = 0.0) -> Samples:
        """`n` samples from `position` on, a fraction too; silence where nothing is kept, shape (n,).

        `rate` is how much faster than it was played (50e-6: 50 ppm).
        """
        at = position + np.arange(n) * (1.0 + rate)
        whole = np.floor(at).astype(np.int64)
        kernel = _KERNELS[np.round((at - whole) * _STEPS).astype(np.int64)]
        return np.asarray((self._at(whole[:, None] + _OFFSETS) * kernel).sum(axis=1), np.float32)

    def _at(self, positions: npt.NDArray[np.int64]) -> Samples:
        index = positions - (self._end - len(self._kept))
        inside = (index >= 0) & (index < len(self._kept))
        if not inside.any():
            return np.zeros(positions.shape, np.float32)
        return np.where(inside, self._kept[np.clip(index, 0, len(self._kept) - 1)], np.float32(0.0))

    def _take_in(self) -> None:
        pieces = []
        while self._blocks:
            samples, rate_hz = self._blocks.popleft()
            if rate_hz != self._rate_hz:
                self._rate_hz, self._resampler = rate_hz, Resampler(rate_hz, HEARING_RATE_HZ, prompt=True)
            pieces.append(self._resampler.feed(samples))
        if pieces:
            new = np.concatenate(pieces)
            self._end += len(new)
            self._kept = np.concatenate((self._kept, new))[-round(KEPT_S * HEARING_RATE_HZ) :]
