"""Sound as a value: mono float32 samples with their rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr

Samples = npt.NDArray[np.float32]
"""Mono samples, shape (n,), dtype float32, range -1..1."""

HEARING_RATE_HZ = 16_000
"""Everything that listens (detectors, transcribers) works at this rate."""


@dataclass(frozen=True, slots=True)
class Audio:
    """A stretch of mono sound: `samples` float32 of shape (n,) in -1..1, at `rate_hz`."""

    samples: Samples
    rate_hz: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate_hz

    def at_rate(self, rate_hz: int) -> Audio:
        """The same sound at another rate (soxr, high quality)."""
        if rate_hz == self.rate_hz:
            return self
        return Audio(np.asarray(soxr.resample(self.samples, self.rate_hz, rate_hz), np.float32), rate_hz)

    def __add__(self, other: Audio) -> Audio:
        if other.rate_hz != self.rate_hz:
            raise ValueError(f"cannot join sound at {self.rate_hz} Hz and {other.rate_hz} Hz")
        return Audio(np.concatenate((self.samples, other.samples)), self.rate_hz)


@dataclass(frozen=True, slots=True)
class Frame:
    """A short stretch of what the microphone hears.

    `start_s` is on the sample clock: samples delivered before this frame divided by the rate, and the time for which
    the microphone was lost.
    """

    audio: Audio
    start_s: float

    @property
    def end_s(self) -> float:
        """Where the next frame begins, on the sample clock."""
        return self.start_s + self.audio.duration_s


def silence(duration_s: float, rate_hz: int) -> Audio:
    """That many seconds of digital silence."""
    return Audio(np.zeros(round(duration_s * rate_hz), np.float32), rate_hz)


def from_pcm16(pcm: bytes, rate_hz: int) -> Audio:
    """Sound from little-endian 16-bit mono PCM; a trailing odd byte is dropped."""
    usable = pcm[: len(pcm) // 2 * 2]
    return Audio(np.frombuffer(usable, "<i2").astype(np.float32) / 32768.0, rate_hz)


def to_pcm16(samples: Samples) -> bytes:
    """Little-endian 16-bit PCM, clipped at full scale."""
    return (np.clip(samples, -1.0, 32767 / 32768) * 32768.0).astype("<i2").tobytes()


def level_db(samples: Samples) -> float:
    """RMS level in dBFS (0 is full scale; digital silence and an empty stretch are -120)."""
    if len(samples) == 0:
        return -120.0
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    return max(-120.0, 20.0 * float(np.log10(max(rms, 1e-6))))


class Resampler:
    """A streaming rate converter for one mono channel (soxr); it keeps its filter between chunks.

    soxr hands over in bursts that are up to 40 ms behind; `prompt` makes it 14 ms at most, for what cannot wait.
    """

    def __init__(self, from_hz: int, to_hz: int, prompt: bool = False) -> None:
        same = from_hz == to_hz
        self._stream = None if same else soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", vr=prompt)

    def feed(self, samples: Samples, last: bool = False) -> Samples:
        """Convert the next chunk, shape (n,); `last` flushes what the filter still holds."""
        if self._stream is None:
            return samples
        return np.asarray(self._stream.resample_chunk(samples, last=last), np.float32)
