"""Examples for the pocket ears: sentences said by espeak-ng in rooms, as faster-whisper will present them.

Example number n is the same in every run, so that a training that was interrupted goes on as if it had not been.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import soxr
from faster_whisper.feature_extractor import FeatureExtractor

from scripts.pocket import noises
from scripts.pocket.ear_text import EarText
from scripts.pocket.espeak_library import EspeakLibrary
from scripts.pocket.noises import RATE_HZ, Sound
from scripts.pocket.voices import HELD_OUT_VARIANTS, TRAINED_VARIANTS, any_manner

FRAMES_PER_S = 100
_NOT_SPEECH = 0.07
_LONGEST_S = 20.0


@dataclass(frozen=True, slots=True)
class Example:
    """What is heard, and what was said; `text` and `phonemes` are empty, and `span` is 0, when nobody spoke."""

    features: np.ndarray
    """Log-mel spectrum, float32, shape (80, frames)."""
    text: str
    phonemes: str
    language: str
    span: tuple[int, int] = (0, 0)
    """The frames in which somebody speaks: from the first to before the last."""


class Studio:
    """Makes examples; one for each process."""

    def __init__(self, texts: tuple[EarText, ...], seed: int) -> None:
        self._texts = texts
        self._seed = seed
        self._voice = EspeakLibrary()
        self._features = FeatureExtractor()

    def example(self, number: int, phrases: float = 0.0, easy: bool = False) -> Example:
        """Example `number` of the training.

        Args:
            number: of the example.
            phrases: the share of examples that are a few words of a sentence.
            easy: near, and in a quiet room.
        """
        rng = random.Random(f"{self._seed}/{number}")
        text = rng.choice(self._texts)
        if rng.random() < _NOT_SPEECH:
            return Example(self.features_of(_empty_room(rng, 2.0 if phrases == 1 else 5.0)), "", "", text.language)
        while True:
            sentence = text.phrase(rng) if rng.random() < phrases else text.draw(rng)
            speech, phonemes = self.speech(sentence, text.language, TRAINED_VARIANTS, rng)
            if 0 < len(speech) < _LONGEST_S * RATE_HZ:
                sound, span = _in_a_room(speech, rng, easy)
                return Example(self.features_of(sound), sentence, phonemes, text.language, span)

    def trial(self, number: int, text: EarText) -> tuple[Sound, str]:
        """Sound and words of trial sentence `number`: new words in a new voice, in a quiet room."""
        rng = random.Random(f"trial/{text.language}/{number}")
        sentence = text.draw(rng, for_trial=True)
        speech, _ = self.speech(sentence, text.language, HELD_OUT_VARIANTS, rng)
        noise = np.random.default_rng(number)
        sound = np.concatenate((np.zeros(round(0.25 * RATE_HZ)), speech, np.zeros(round(0.45 * RATE_HZ))))
        return (sound + 10 ** (-60 / 20) * noise.standard_normal(len(sound))).astype(np.float32), sentence

    def speech(self, sentence: str, language: str, variants: tuple[str, ...], rng: random.Random) -> tuple[Sound, str]:
        """`sentence` at 16 kHz without the silence around it, and its phonemes."""
        sound, phonemes = self._voice.say(sentence, any_manner(language, variants, rng))
        loud = np.flatnonzero(np.abs(sound) > 0.003)
        if not len(loud):
            return np.zeros(0, np.float32), phonemes
        return soxr.resample(sound[loud[0] : loud[-1] + 1], self._voice.rate_hz, RATE_HZ), phonemes

    def features_of(self, sound: Sound) -> np.ndarray:
        """As faster-whisper computes them before it pads them with zeros."""
        return self._features(sound)[:, :-1].astype(np.float32)


def _in_a_room(speech: Sound, rng: random.Random, easy: bool) -> tuple[Sound, tuple[int, int]]:
    """The speech as a microphone takes it, and the frames in which it is."""
    noise = np.random.default_rng(rng.getrandbits(32))
    if rng.random() < 0.12:  # a first sound that the microphone came too late for
        speech = speech[round(rng.uniform(0.0, 0.05) * RATE_HZ) :]
    if rng.random() < 0.4 and not easy:
        speech = noises.echo(speech, rng.uniform(0.15, 0.9), rng.uniform(0, 15), noise)
    before, after = rng.uniform(0.02, 0.5), rng.uniform(0.05, 0.7)
    sound = np.concatenate((np.zeros(round(before * RATE_HZ)), speech, np.zeros(round(after * RATE_HZ))))
    sound *= 10 ** (rng.uniform(-26, -2) / 20) / (np.max(np.abs(sound)) + 1e-6)
    level = np.sqrt(np.mean(sound**2)) * 10 ** (-(50 if easy else rng.triangular(5, 55, 40)) / 20)
    other = (
        noises.anything(len(sound), noise)
        if rng.random() < 0.3 and not easy
        else noises.coloured(len(sound), 1.0, noise)
    )
    first, last = round(before * FRAMES_PER_S), round((before + len(speech) / RATE_HZ) * FRAMES_PER_S)
    return (sound + level * other).astype(np.float32), (first, last)


def _empty_room(rng: random.Random, longest_s: float) -> Sound:
    noise = np.random.default_rng(rng.getrandbits(32))
    sound = noises.anything(round(rng.uniform(0.3, longest_s) * RATE_HZ), noise)
    if rng.random() < 0.3:
        sound = noises.echo(sound, rng.uniform(0.2, 1.5), rng.uniform(-5, 10), noise)
    return sound / (np.max(np.abs(sound)) + 1e-6) * np.float32(10 ** (rng.uniform(-60, -3) / 20))
