"""A recording in the microphone's place, played in real time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import av
import av.error
import numpy as np

from installation.sound.clock import Clock, MonotonicClock, in_real_time
from installation.sound.framing import Framer
from models.audio import HEARING_RATE_HZ, Frame, Resampler, Samples, silence
from models.sound_file import channels

log = logging.getLogger(__name__)

TRAILING_SILENCE_S = 3.0
"""Room after the last word, so that its end is found."""


class RecordingError(Exception):
    """A recording cannot be played; the message says which and why."""


class Recording:
    """A frame source that plays a sound file (WAV, FLAC, MP3: what ffmpeg reads), then a little silence, then ends."""

    overruns = 0

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self.name = path.name
        self._path = path
        self._clock = clock or MonotonicClock()
        self._closed = False

    def __enter__(self) -> Recording:
        """Raises RecordingError: the file is missing, or holds no sound that can be read."""
        try:
            with av.open(str(self._path)) as container:
                if next(container.decode(audio=0), None) is None:
                    raise RecordingError(f"{self._path}: there is no sound in this file.")
        except FileNotFoundError:
            raise RecordingError(f"{self._path}: there is no such file.") from None
        except IndexError:
            raise RecordingError(f"{self._path}: there is no sound in this file.") from None
        except (OSError, av.error.FFmpegError) as error:
            raise RecordingError(
                f"{self._path}: this is not a sound file that can be read ({_reason(error)})."
            ) from error
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def frames(self) -> Iterator[Frame]:
        """Frames of FRAME_SAMPLES at 16 kHz in real time, until the file has been played or `close` is called."""
        return in_real_time(self._cut(), self._clock, lambda: self._closed)

    def close(self) -> None:
        """End `frames`, from any thread."""
        self._closed = True

    def at_once(self) -> Iterator[Frame]:
        """The same frames, as fast as they can be read."""
        return self._cut()

    def _cut(self) -> Iterator[Frame]:
        framer = Framer()
        for samples in self._decode():
            yield from framer.feed(samples)
        yield from framer.feed(silence(TRAILING_SILENCE_S, HEARING_RATE_HZ).samples)
        yield from framer.finish()

    def _decode(self) -> Iterator[Samples]:
        """The file's sound at 16 kHz, shape (n,), mixed down to one channel."""
        resampler, rate_hz = Resampler(HEARING_RATE_HZ, HEARING_RATE_HZ), HEARING_RATE_HZ
        try:
            with av.open(str(self._path)) as container:
                for decoded in container.decode(audio=0):
                    if decoded.sample_rate != rate_hz:
                        rate_hz = decoded.sample_rate
                        resampler = Resampler(rate_hz, HEARING_RATE_HZ)
                    yield resampler.feed(_mixed(decoded))
        except (OSError, av.error.FFmpegError) as error:
            log.warning("%s: cannot be read to its end (%s); what could be read was played", self._path, _reason(error))
        yield resampler.feed(np.zeros(0, np.float32), last=True)


def _mixed(frame: av.AudioFrame) -> Samples:
    """The mean of all channels, shape (n,); ffmpeg's own mixer crashes on a layout that it has no name for."""
    return np.asarray(channels(frame).mean(axis=0), np.float32)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
