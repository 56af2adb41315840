"""A simulated room between loudspeaker and microphone: its impulse response, and sound through it block by block."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from models.audio import Samples
from scripts.pocket.noises import coloured

ECHO_DB = -6.0
"""Speech of the loudspeaker at the microphone, against what the house plays: an open loudspeaker, turned up."""
_LOUDSPEAKER_TO_MICROPHONE_M = (2.2, 0.9, 0.6)
_FADE_S = 0.02


@dataclass(frozen=True, slots=True)
class Room:
    """A shoebox whose walls give it its echo."""

    size_m: tuple[float, float, float]
    absorption: float
    """Of the energy, at each wall; found by trial, as the formulas overrate the echo of a shoebox."""
    orders: int
    """Reflections that are followed: enough for 60 dB."""


ROOMS: dict[float, Room] = {
    0.3: Room((6.0, 5.0, 3.0), 0.384, 40),
    0.8: Room((10.0, 8.0, 4.0), 0.246, 60),
    1.5: Room((16.0, 12.0, 6.0), 0.2, 90),
}
"""By RT60 in seconds."""


@lru_cache(maxsize=8)
def impulse_response(rt60_s: float, rate_hz: int, echo_db: float = ECHO_DB) -> Samples:
    """What the microphone hears of one sample at the loudspeaker, shape (n,), from the direct sound on.

    `rt60_s` is one of ROOMS. Speech through it comes out at `echo_db`. The way through the air is left out: the delay
    is told apart, so that it is the whole delay.
    """
    import pyroomacoustics

    room = ROOMS[rt60_s]
    box = pyroomacoustics.ShoeBox(
        room.size_m, fs=rate_hz, materials=pyroomacoustics.Material(room.absorption), max_order=room.orders
    )
    loudspeaker = np.array(room.size_m) * (0.3, 0.4, 0.5)
    box.add_source(loudspeaker)
    box.add_microphone(loudspeaker + _LOUDSPEAKER_TO_MICROPHONE_M)
    box.compute_rir()
    response = np.asarray(box.rir[0][0])
    direct = int(np.argmax(np.abs(response) > 0.5 * np.abs(response).max()))
    response = response[direct : direct + round(rt60_s * rate_hz)]
    fade = round(_FADE_S * rate_hz)
    response[-fade:] *= np.linspace(1, 0, fade)
    return (response * 10 ** (echo_db / 20) / speech_gain(response, rate_hz)).astype(np.float32)


def speech_gain(response: np.ndarray, rate_hz: int) -> float:
    """By which factor the RMS of speech changes on its way through `response`."""
    random = np.random.default_rng(0)
    speech = coloured(4 * rate_hz, 1.0, random)
    count = len(speech) + len(response)
    spectrum = np.fft.rfft(speech, count)
    hz = np.fft.rfftfreq(count, 1 / rate_hz)
    spectrum[(hz < 100) | (hz > 4000)] = 0  # where a voice has its power
    dry, wet = np.fft.irfft(spectrum, count), np.fft.irfft(spectrum * np.fft.rfft(response, count), count)
    return float(np.sqrt(np.sum(wet**2) / np.sum(dry**2)))


def measured_rt60_s(response: np.ndarray, rate_hz: int) -> float:
    """The time in which the echo falls by 60 dB, from its fall between -5 and -35 dB (Schroeder's integral)."""
    energy = np.cumsum(np.square(response[::-1], dtype=np.float64))[::-1]
    fall_db = 10 * np.log10(energy / energy[0] + 1e-15)
    begin, end = int(np.argmax(fall_db < -5)), int(np.argmax(fall_db < -35))
    return 2 * (end - begin) / rate_hz


class EchoPath:
    """What the microphone hears of the loudspeaker, block by block: echo, delay, and clocks that run apart.

    One block takes a few tenths of a millisecond: the response is cut into blocks that are multiplied as spectra.
    """

    def __init__(
        self, response: Samples, block_samples: int, delay_samples: float = 0.0, drift_ppm: float = 0.0
    ) -> None:
        """`drift_ppm`: so much faster the microphone's clock counts than the loudspeaker's; the delay grows with it."""
        self.block_samples = block_samples
        self._drift = drift_ppm * 1e-6
        parts = -(-len(response) // block_samples)
        padded = np.zeros(parts * block_samples, np.float32)
        padded[: len(response)] = response
        self._parts = np.fft.rfft(padded.reshape(parts, block_samples), 2 * block_samples).astype(np.complex64)
        self._spectra = np.zeros_like(self._parts)
        self._newest = 0
        self._before = np.zeros(block_samples, np.float32)
        self._line = _DelayLine(block_samples, delay_samples)

    @property
    def delay_samples(self) -> float:
        """What the way takes by now."""
        return self._line.delay_samples

    def set_delay(self, samples: float) -> None:
        """From the next block on."""
        self._line.delay_samples = samples

    def feed(self, played: Samples) -> Samples:
        """What is heard while this is played, both of shape (block_samples,)."""
        self._newest = (self._newest - 1) % len(self._spectra)
        self._spectra[self._newest] = np.fft.rfft(np.concatenate((self._before, played)))
        self._before = played
        # The newest spectrum meets the first part of the response, the one before it the second, and so on.
        turned = len(self._spectra) - self._newest
        mixed = np.einsum("pf,pf->f", self._spectra[self._newest :], self._parts[:turned])
        mixed += np.einsum("pf,pf->f", self._spectra[: self._newest], self._parts[turned:])
        heard = np.fft.irfft(mixed)[self.block_samples :].astype(np.float32)
        delayed = self._line.feed(heard)
        self._line.delay_samples += self._drift * self.block_samples
        return delayed

    def through(self, played: Samples) -> Samples:
        """The same for a whole recording, shape (n,): as long as it is."""
        blocks = -(-len(played) // self.block_samples)
        padded = np.zeros(blocks * self.block_samples, np.float32)
        padded[: len(played)] = played
        heard = [self.feed(block) for block in padded.reshape(blocks, self.block_samples)]
        return np.concatenate(heard)[: len(played)] if heard else padded


class _DelayLine:
    """Holds sound back by a delay that need not be a whole number of samples."""

    def __init__(self, block_samples: int, delay_samples: float) -> None:
        self._block = np.arange(block_samples)
        self._kept = np.zeros(0, np.float32)
        self.delay_samples = delay_samples

    def feed(self, block: Samples) -> Samples:
        """The block that is due now."""
        whole = int(np.floor(self.delay_samples))
        kept = np.concatenate((self._kept, block))
        needed = len(block) + whole + 3
        if len(kept) < needed:
            kept = np.concatenate((np.zeros(needed - len(kept), np.float32), kept))
        # A delay may grow: somewhat more is kept than is needed now.
        self._kept = kept[-(needed + 4 * len(block)) :]
        start = len(kept) - len(block) - whole
        part = self.delay_samples - whole
        if part < 1e-9:
            return kept[start : start + len(block)]
        now, older, oldest = (kept[start + self._block - step] for step in (0, 1, 2))
        if whole == 0:  # nothing is newer than the newest sample
            return ((1 - part) * now + part * older).astype(np.float32)
        newer = kept[start + self._block + 1]
        weights = _lagrange(part)
        return (weights[0] * newer + weights[1] * now + weights[2] * older + weights[3] * oldest).astype(np.float32)


def _lagrange(part: float) -> tuple[float, float, float, float]:
    """Weights of the samples at -1, 0, 1 and 2 before the one that is wanted at `part` behind sample 0."""
    return (
        -part * (part - 1) * (part - 2) / 6,
        (part + 1) * (part - 1) * (part - 2) / 2,
        -(part + 1) * part * (part - 2) / 2,
        (part + 1) * part * (part - 1) / 6,
    )
