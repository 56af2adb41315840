"""What a room sounds like when nobody speaks: hiss, hum, applause, music, knocks; and its echo. All at 16 kHz."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

RATE_HZ = 16_000
Sound = np.ndarray
"""float32, shape (samples,)."""


def coloured(count: int, exponent: float, rng: np.random.Generator) -> Sound:
    """Noise whose power falls with frequency to the power of `exponent` (0 white, 1 pink, 2 brown), at RMS 1."""
    whole = _fast_length(count)
    spectrum = np.fft.rfft(rng.standard_normal(whole))
    spectrum /= np.maximum(np.arange(len(spectrum)), 1.0) ** (exponent / 2)
    return _at_rms_1(np.fft.irfft(spectrum, whole)[:count])


def hum(count: int, rng: np.random.Generator) -> Sound:
    """Mains and their overtones."""
    time_s = np.arange(count) / RATE_HZ
    base_hz = rng.choice([50.0, 60.0])
    tones = [np.sin(2 * np.pi * base_hz * n * time_s + rng.uniform(0, 6)) * rng.uniform(0, 1) / n for n in range(1, 9)]
    return _at_rms_1(np.sum(tones, axis=0) + 0.05 * rng.standard_normal(count))


def applause(count: int, rng: np.random.Generator) -> Sound:
    """Claps, each a short burst through a band of its own, by few or by many hands."""
    per_s = 10 ** rng.uniform(0.3, 2.6)
    onsets = np.zeros(count)
    claps = max(1, rng.poisson(per_s * count / RATE_HZ))
    np.add.at(onsets, rng.integers(0, count, claps), rng.uniform(0.2, 1.0, claps))
    clap_s = np.arange(round(0.03 * RATE_HZ)) / RATE_HZ
    centre_hz = rng.uniform(800, 2500)
    clap = rng.standard_normal(len(clap_s)) * np.exp(-clap_s / rng.uniform(0.003, 0.008))
    clap += np.sin(2 * np.pi * centre_hz * clap_s) * np.exp(-clap_s / 0.006)
    return _at_rms_1(_convolved(onsets, clap)[:count])


def music(count: int, rng: np.random.Generator) -> Sound:
    """Notes of a scale with overtones, struck or held, one to four at a time."""
    sound = np.zeros(count)
    start, beat = 0, round(rng.uniform(0.12, 0.7) * RATE_HZ)
    decay_s = rng.uniform(0.1, 1.5)
    while start < count:
        for _ in range(rng.integers(1, 5)):
            pitch_hz = 110 * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 11]) / 12 + rng.integers(0, 4))
            time_s = np.arange(min(count - start, 3 * beat)) / RATE_HZ
            overtones = [np.sin(2 * np.pi * pitch_hz * n * time_s) / n ** rng.uniform(0.8, 2) for n in range(1, 6)]
            attack = np.minimum(time_s / rng.uniform(0.004, 0.05), 1)
            sound[start : start + len(time_s)] += np.sum(overtones, axis=0) * attack * np.exp(-time_s / decay_s)
        start += beat * int(rng.integers(1, 3))
    return _at_rms_1(sound)


def knocks(count: int, rng: np.random.Generator) -> Sound:
    """Doors, coughs and chairs: a few bursts of dull noise."""
    sound = 0.01 * rng.standard_normal(count)
    for _ in range(rng.integers(1, 5)):
        start, length = int(rng.integers(0, count)), round(rng.uniform(0.02, 0.3) * RATE_HZ)
        burst = coloured(length, rng.uniform(0, 2), rng) * np.exp(-np.arange(length) / (length * rng.uniform(0.1, 0.5)))
        sound[start : start + length] += burst[: count - start]
    return _at_rms_1(sound)


def silence(count: int, rng: np.random.Generator) -> Sound:
    """Digital silence, or what is left of it after a converter."""
    return (rng.choice([0.0, 3e-5]) * rng.standard_normal(count)).astype(np.float32)


def hiss(count: int, rng: np.random.Generator) -> Sound:
    """Noise of one colour or another."""
    return coloured(count, rng.uniform(0, 2), rng)


KINDS: dict[str, Callable[[int, np.random.Generator], Sound]] = {
    "hiss": hiss,
    "hum": hum,
    "applause": applause,
    "music": music,
    "knocks": knocks,
    "silence": silence,
}


def anything(count: int, rng: np.random.Generator) -> Sound:
    """One of all of these."""
    return list(KINDS.values())[rng.integers(len(KINDS))](count, rng).astype(np.float32)


def echo(sound: Sound, rt60_s: float, direct_to_tail_db: float, rng: np.random.Generator) -> Sound:
    """`sound` in a room whose echo falls by 60 dB in `rt60_s`: noise under an exponential, after Polack's model."""
    time_s = np.arange(round(rt60_s * RATE_HZ)) / RATE_HZ
    tail = rng.standard_normal(len(time_s)) * 10 ** (-3 * time_s / rt60_s)
    tail[: round(0.002 * RATE_HZ)] = 0
    tail *= 10 ** (-direct_to_tail_db / 20) / np.sqrt(np.sum(tail**2) + 1e-12)
    tail[0] = 1.0
    return _convolved(sound, tail)[: len(sound) + round(0.2 * RATE_HZ)].astype(np.float32)


def _at_rms_1(sound: Sound) -> Sound:
    return (sound / (np.sqrt(np.mean(sound**2)) + 1e-9)).astype(np.float32)


def _convolved(sound: np.ndarray, response: np.ndarray) -> np.ndarray:
    count = len(sound) + len(response) - 1
    whole = _fast_length(count)
    return np.fft.irfft(np.fft.rfft(sound, whole) * np.fft.rfft(response, whole), whole)[:count]


def _fast_length(count: int) -> int:
    """The shortest length from `count` on that is a power of two, or 3, 5, 9 or 15 times one: quick to transform."""
    return min(odd << max(0, -(-count // odd) - 1).bit_length() for odd in (1, 3, 5, 9, 15))
