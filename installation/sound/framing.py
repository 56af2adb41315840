"""Cuts a stream of samples into frames of equal length on the sample clock."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from installation.sound.sources import FRAME_SAMPLES
from models.audio import HEARING_RATE_HZ, Audio, Frame, Samples


class Framer:
    """Keeps what does not fill a frame until more comes."""

    def __init__(self) -> None:
        self._rest: Samples = np.zeros(0, np.float32)
        self._began_s = 0.0
        self._delivered_samples = 0

    def begin_at(self, start_s: float) -> None:
        """Drop what does not fill a frame: after a gap the next one begins at `start_s`, never before the last end."""
        self._rest = np.zeros(0, np.float32)
        self._began_s = max(start_s, self._next_s)
        self._delivered_samples = 0

    def feed(self, samples: Samples) -> Iterator[Frame]:
        """The frames that `samples`, shape (n,) at 16 kHz, complete."""
        self._rest = np.concatenate((self._rest, samples))
        while len(self._rest) >= FRAME_SAMPLES:
            window, self._rest = self._rest[:FRAME_SAMPLES], self._rest[FRAME_SAMPLES:]
            start_s = self._next_s
            self._delivered_samples += FRAME_SAMPLES
            yield Frame(Audio(window, HEARING_RATE_HZ), start_s)

    def finish(self) -> Iterator[Frame]:
        """The last, incomplete frame, filled up with silence."""
        if len(self._rest):
            yield from self.feed(np.zeros(FRAME_SAMPLES - len(self._rest), np.float32))

    @property
    def _next_s(self) -> float:
        return self._began_s + self._delivered_samples / HEARING_RATE_HZ
