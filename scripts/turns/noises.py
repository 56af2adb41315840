"""What is heard of a public that does not speak to the double: claps, laughs, coughs, doors, music, many voices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count as count_from

import numpy as np

from models.audio import Audio
from scripts.pocket.noises import RATE_HZ, Sound, coloured, echo, music
from scripts.turns import sentences, spoken

LOUDEST_DB, SOFTEST_DB = -3.0, -30.0
"""Peaks, in dBFS."""
_HALL_RT60_S, _DIRECT_TO_TAIL_DB = 0.5, 6.0
_VOWEL_HZ = (750.0, 1250.0, 2600.0)
"""Resonances of an open "a"."""
Maker = Callable[[np.random.Generator], Sound]


@dataclass(frozen=True, slots=True)
class Noise:
    """One noise, at 16 kHz, in a hall."""

    name: str
    kind: str
    audio: Audio


def noise(number: int, kinds: tuple[str, ...] | None = None) -> Noise:
    """The noise with that number: always the same, and no two alike."""
    chosen = kinds or tuple(KINDS)
    kind = chosen[number % len(chosen)]
    random = np.random.default_rng([number, 4])
    wet = echo(KINDS[kind](random), _HALL_RT60_S, _DIRECT_TO_TAIL_DB, random)
    peak_db = random.uniform(SOFTEST_DB, LOUDEST_DB)
    samples = (wet * 10 ** (peak_db / 20) / np.max(np.abs(wet))).astype(np.float32)
    return Noise(f"{kind} {number}, {peak_db:.0f} dB", kind, Audio(samples, RATE_HZ))


def noises(kinds: tuple[str, ...] | None = None) -> Iterator[Noise]:
    """All kinds in turn, without end."""
    return (noise(number, kinds) for number in count_from())


def clapping(hands: int, duration_s: float, random: np.random.Generator) -> Sound:
    """Applause of so many people, who begin and stop one after the other."""
    sound = np.zeros(round(duration_s * RATE_HZ))
    for _ in range(hands):
        clap = _clap(random)
        at_s, every_s = random.uniform(0, 0.3 * duration_s), random.uniform(0.18, 0.32)
        end_s, gain = random.uniform(0.6, 1.0) * duration_s, random.uniform(0.3, 1.0)
        while at_s < end_s:
            _add(sound, gain * random.uniform(0.7, 1.0) * clap, at_s)
            at_s += every_s * random.uniform(0.9, 1.1)
    return sound


def laughter(random: np.random.Generator) -> Sound:
    """Two to six people: "ha ha ha", each at a pitch of their own that falls."""
    sound = np.zeros(round(2.5 * RATE_HZ))
    for _ in range(random.integers(2, 7)):
        pitch_hz, at_s = random.uniform(130, 380), random.uniform(0, 0.8)
        tract, gain = random.uniform(0.9, 1.2), random.uniform(0.4, 1.0)
        for number in range(random.integers(3, 9)):
            length_s = random.uniform(0.07, 0.12)
            _add(sound, gain * 0.93**number * _ha(pitch_hz * 0.97**number, length_s, tract, random), at_s)
            at_s += random.uniform(0.17, 0.24)
    return sound


def cough(random: np.random.Generator) -> Sound:
    """One to three coughs: a burst, breath, and a little voice at the end."""
    sound, at_s = np.zeros(round(2.0 * RATE_HZ)), 0.02
    for _ in range(random.integers(1, 4)):
        burst = coloured(round(0.05 * RATE_HZ), 0.5, random) * _decay(0.05, 0.02)
        breath = _through(random.standard_normal(round(0.18 * RATE_HZ)), (600, 1500, 2800), 300) * _decay(0.18, 0.07)
        voice = _ha(random.uniform(110, 250), 0.09, 1.0, random)
        _add(sound, 1.5 * burst, at_s)
        _add(sound, breath, at_s + 0.03)
        _add(sound, random.uniform(0, 0.5) * voice, at_s + 0.15)
        at_s += random.uniform(0.35, 0.55)
    return sound


def door(random: np.random.Generator) -> Sound:
    """A door that slams: the latch, and the wood."""
    time_s = np.arange(round(0.9 * RATE_HZ)) / RATE_HZ
    wood = [
        np.sin(2 * np.pi * pitch_hz * time_s) * np.exp(-time_s / random.uniform(0.05, 0.2))
        for pitch_hz in random.uniform(50, 260, 5)
    ]
    crack = 2 * coloured(len(time_s), 1.0, random) * np.exp(-time_s / 0.02)
    sound = np.zeros(round(1.2 * RATE_HZ))
    _add(sound, 0.3 * random.standard_normal(160) * np.hanning(160), 0.0)
    _add(sound, np.sum(wood, axis=0) + crack, random.uniform(0.05, 0.15))
    return sound


def dropped(random: np.random.Generator) -> Sound:
    """A thing that falls and bounces, of metal or of wood."""
    sound, at_s, between_s = np.zeros(round(1.6 * RATE_HZ)), 0.02, random.uniform(0.15, 0.4)
    ring_s = 10 ** random.uniform(-2.0, -0.7)
    pitches_hz = random.uniform(300, 5000, 6)
    gain = 1.0
    while between_s > 0.02 and at_s < 1.4:
        time_s = np.arange(round(0.3 * RATE_HZ)) / RATE_HZ
        modes = [np.sin(2 * np.pi * pitch_hz * time_s + random.uniform(0, 6)) for pitch_hz in pitches_hz]
        _add(sound, gain * np.sum(modes, axis=0) * np.exp(-time_s / ring_s), at_s)
        _add(sound, gain * coloured(320, 0.5, random) * _decay(0.02, 0.004), at_s)
        at_s, between_s, gain = at_s + between_s, between_s * 0.65, gain * 0.6
    return sound


def chair(random: np.random.Generator) -> Sound:
    """A chair that is pushed over the floor: it sticks and slips."""
    duration_s = random.uniform(0.4, 1.2)
    count = round(duration_s * RATE_HZ)
    slips_hz = random.uniform(60, 180) * (1 + 0.2 * np.cumsum(random.standard_normal(count)) / np.sqrt(count))
    phase = np.cumsum(slips_hz) / RATE_HZ
    strikes = np.diff(np.floor(phase), prepend=0.0) * random.uniform(0.3, 1, count)
    body = _through(strikes, tuple(random.uniform(200, 2500, 3)), 150)
    return body + 0.1 * coloured(count, 1.0, random) * np.std(body)


def babble(random: np.random.Generator) -> Sound:
    """Six to ten people who talk to each other, none louder than the others."""
    count = round(random.uniform(2.0, 3.5) * RATE_HZ)
    sound = np.zeros(count)
    for _ in range(random.integers(6, 11)):
        language = str(random.choice(["en", "fr"]))
        texts = sentences.QUESTIONS[language] + sentences.WITH_COMMAS[language]
        voice = str(random.choice(sentences.VOICES[language]))
        words = np.concatenate([spoken.voiced(str(text), voice) for text in random.choice(texts, 2)])
        sound += np.roll(np.resize(words, count), random.integers(count)) * random.uniform(0.6, 1.0)
    return sound


KINDS: dict[str, Maker] = {
    "a little applause": lambda random: clapping(int(random.integers(1, 5)), random.uniform(1, 2.5), random),
    "laughter": laughter,
    "cough": cough,
    "door": door,
    "dropped thing": dropped,
    "music": lambda random: music(round(random.uniform(1.5, 3.0) * RATE_HZ), random),
    "babble": babble,
    "great applause": lambda random: clapping(int(random.integers(20, 80)), random.uniform(1.5, 3.0), random),
    "chair": chair,
}
BY_PEOPLE = ("cough", "laughter")
"""Noises that come out of a throat: the likeliest to be taken for words."""


def _ha(pitch_hz: float, length_s: float, tract: float, random: np.random.Generator) -> Sound:
    """One "ha": breath that becomes a voiced "a"."""
    count = round(length_s * RATE_HZ)
    fall = np.linspace(1.05, 0.9, count)
    phase = np.cumsum(pitch_hz * fall) / RATE_HZ
    pulses = np.diff(np.floor(phase), prepend=0.0)
    voice = _through(pulses, tuple(tract * hz for hz in _VOWEL_HZ), 110)
    breath = _through(random.standard_normal(count), tuple(tract * hz for hz in _VOWEL_HZ), 400)
    voice, breath = (part / (np.std(part) + 1e-9) for part in (voice, breath))
    onset = np.minimum(np.linspace(0, 4, count), 1)
    return (onset * voice + 0.4 * (1.2 - onset) * breath) * np.hanning(count) ** 0.5


def _clap(random: np.random.Generator) -> Sound:
    time_s = np.arange(round(0.03 * RATE_HZ)) / RATE_HZ
    tone = np.sin(2 * np.pi * random.uniform(700, 2500) * time_s) * np.exp(-time_s / 0.006)
    return random.standard_normal(len(time_s)) * np.exp(-time_s / random.uniform(0.003, 0.008)) + tone


def _through(sound: Sound, resonances_hz: tuple[float, ...], width_hz: float) -> Sound:
    """`sound` through a body that rings at these frequencies."""
    count = len(sound) + round(0.05 * RATE_HZ)
    hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    response = np.sum([1 / (1 + 1j * (hz - centre) / width_hz) for centre in resonances_hz], axis=0)
    return np.fft.irfft(np.fft.rfft(sound, count) * response, count)[: len(sound)]


def _decay(length_s: float, by_s: float) -> Sound:
    return np.exp(-np.arange(round(length_s * RATE_HZ)) / RATE_HZ / by_s)


def _add(sound: Sound, piece: Sound, at_s: float) -> None:
    start = round(at_s * RATE_HZ)
    piece = piece[: max(0, len(sound) - start)]
    sound[start : start + len(piece)] += piece
