"""Learns the way from loudspeaker to microphone, and takes out what came along it: a linear echo canceller.

A partitioned block frequency-domain Kalman filter: G. Enzner and P. Vary, "Frequency-domain adaptive Kalman filter for
acoustic echo control in hands-free telephones", Signal Processing 86 (2006); partitioned as in F. Kuech, E. Mabande and
G. Enzner, "State-space architecture of the partitioned-block-based acoustic echo controller", ICASSP 2014. It follows
the room while both speak, because it knows how unsure it is of every bin, and it leaves the visitor's voice as it was.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from installation.sound.sources import FRAME_SAMPLES
from models.audio import Samples

Spectrum = npt.NDArray[np.complex64]
"""Shape (FRAME_SAMPLES + 1,), or (partitions, FRAME_SAMPLES + 1)."""

PARTITIONS = 40
"""Of 20 ms: 0.8 s, for the delay of the devices and the tail of a hall."""
_FORGETTING = 0.9995
"""Per frame: rooms change slowly, and a faster filter learns the visitor's voice."""
_FIRST_DOUBT = 0.05
_DOUBT_FADES = 8.0
"""Partitions in which the expected power of an unknown room falls to 1/e."""
_NOISE_KEEPS = 0.6
_FLOOR = 1e-7
_TURNS = 2
_REMEMBERED = 25
"""Frames from which an eager filter learns again: half a second."""
_AGAIN = 4
"""Of these so many with every new one: a room is learnt in 2 s of speech, and not in 5."""


class EchoFilter:
    """Feed it frame by frame, each with the frame that was played then."""

    def __init__(self) -> None:
        self._turn = 0
        self._random = np.random.default_rng(0)
        self.reset()

    def reset(self) -> None:
        """Forget the room."""
        bins = FRAME_SAMPLES + 1
        fades = np.exp(-np.arange(PARTITIONS) / _DOUBT_FADES).astype(np.float32)
        self._played = np.zeros((PARTITIONS + _REMEMBERED, bins), np.complex64)
        self._heard = np.zeros((_REMEMBERED, FRAME_SAMPLES), np.float32)
        self._room = np.zeros((PARTITIONS, bins), np.complex64)
        self._doubt: npt.NDArray[np.float32] = np.repeat(_FIRST_DOUBT * fades[:, None], bins, axis=1)
        self._noise = np.full(bins, 1e-3, np.float32)
        self._before: Samples = np.zeros(FRAME_SAMPLES, np.float32)

    def shift(self, frames: int) -> None:
        """From now on what is played is given so many frames (not 0) sooner than before; less than 0: later."""
        for part in (self._room, self._played):
            part[:] = np.roll(part, frames, axis=0)
            part[slice(0, frames) if frames > 0 else slice(frames, None)] = 0

    def feed(self, heard: Samples, played: Samples, eager: bool = False) -> tuple[Samples, Samples]:
        """What is left of `heard`, and the echo that was taken out of it; all of shape (FRAME_SAMPLES,) at 16 kHz.

        `played` may be early by the delay of the devices, and must not be late. `eager`: learn as fast as can be.
        """
        self._played = np.roll(self._played, 1, axis=0)
        self._played[0] = np.fft.rfft(np.concatenate((self._before, played)))
        self._heard = np.roll(self._heard, 1, axis=0)
        self._heard[0] = heard
        self._before = played
        echo = self._echo(0)
        left = heard - echo
        self._learn(0, in_bins(left))
        for _ in range(_AGAIN if eager else 0):
            ago = int(self._random.integers(1, _REMEMBERED))
            self._learn(ago, in_bins(self._heard[ago] - self._echo(ago)))
        return left, echo

    def _echo(self, ago: int) -> Samples:
        """What should come back in the frame so many frames ago."""
        spectrum = (self._played[ago : ago + PARTITIONS] * self._room).sum(axis=0)
        return np.asarray(np.fft.irfft(spectrum)[FRAME_SAMPLES:], np.float32)

    def _learn(self, ago: int, left: Spectrum) -> None:
        played = self._played[ago : ago + PARTITIONS]
        power, noise = power_of(played), power_of(left)
        if ago == 0:
            noise = self._noise = _NOISE_KEEPS * self._noise + (1 - _NOISE_KEEPS) * noise
        else:
            noise = np.maximum(noise, self._noise)
        gain = self._doubt / (0.5 * (power * self._doubt).sum(axis=0) + noise + _FLOOR)
        self._room += gain * np.conj(played) * left
        # A partition is as long as a frame: what lies behind is circular. Every second one a frame is soon enough; with
        # every third one a hall was heard as a voice.
        self._turn = (self._turn + 1) % _TURNS
        some = self._room[self._turn :: _TURNS]
        response = np.fft.irfft(some, axis=1)
        response[:, FRAME_SAMPLES:] = 0
        some[:] = np.fft.rfft(response, axis=1)
        if ago == 0:  # what is heard again is no news: the doubt stays
            kept = np.float32(_FORGETTING**2)
            self._doubt = kept * (1 - 0.5 * gain * power) * self._doubt + (1 - kept) * power_of(self._room)


def in_bins(frame: Samples) -> Spectrum:
    """The spectrum of one frame behind one of silence, as the filter's output is."""
    return np.asarray(np.fft.rfft(np.concatenate((np.zeros(FRAME_SAMPLES, np.float32), frame))), np.complex64)


def power_of(spectrum: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Squared magnitudes."""
    return np.asarray(spectrum.real**2 + spectrum.imag**2, np.float32)
