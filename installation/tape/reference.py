"""What the loudspeaker played while a frame was heard: as the echo canceller saw it, or beside ears without one."""

from __future__ import annotations

import numpy as np

from installation.sound.echo_canceller import EchoCanceller
from installation.sound.played import PlayedSound
from installation.sound.sources import FRAME_SAMPLES
from models.audio import Frame, Samples

_FIRST_SLACK = FRAME_SAMPLES
_MOST_SLACK = 5 * FRAME_SAMPLES


class Reference:
    """For the listener's thread, once for each frame, after that has been heard."""

    def __init__(self, played: PlayedSound, canceller: EchoCanceller | None) -> None:
        self._played = played
        self._canceller = canceller
        self._position: int | None = None

    def of(self, frame: Frame) -> Samples:
        """Shape (n,), as long as `frame`, at its rate."""
        if self._canceller is not None:
            return self._canceller.reference
        n = len(frame.audio.samples)
        end = self._played.end()
        if self._position is None or not 0 <= end - n - self._position <= _MOST_SLACK:
            self._position = end - n - _FIRST_SLACK
        sound = self._played.read(self._position, n)
        self._position += n
        return np.asarray(sound, np.float32)
