"""Examples for the pocket ears: sentences said by espeak-ng in rooms, as faster-whisper will present them.

Words, voice and room of example number n are the same in every run, so that a training that was interrupted goes on as
if it had not been; only the flutter of espeak-ng's voices goes on from one sentence to the next.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import numpy as np
import soxr
from faster_whisper.feature_extractor import FeatureExtractor

from scripts.pocket import noises
from scripts.pocket.ear_text import EarText
from scripts.pocket.espeak_library import EspeakLibrary, Spoken
from scripts.pocket.noises import RATE_HZ, Sound
from scripts.pocket.voices import HELD_OUT_VARIANTS, TRAINED_VARIANTS, any_manner

FRAMES_PER_S = 100
_NOT_SPEECH = 0.07
_LONGEST_S = 20.0
_SHARES = {"en": 0.4, "fr": 0.6}
"""Of the languages: in French, more words sound like others."""


@dataclass(frozen=True, slots=True)
class Example:
    """What is heard, and what was said; the rest is empty when nobody spoke."""

    features: np.ndarray
    """Log-mel spectrum, float32, shape (80, frames)."""
    text: str
    phonemes: str
    language: str
    places: tuple[tuple[int, float], ...] = ()
    """Characters of the text, each with the frame in which it begins to be said; the last are the ends of both."""


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
        (text,) = rng.choices(self._texts, [_SHARES.get(text.language, 1.0) for text in self._texts])
        if rng.random() < _NOT_SPEECH:
            return Example(self.features_of(_empty_room(rng, 2.0 if phrases == 1 else 5.0)), "", "", text.language)
        while True:
            sentence = text.phrase(rng) if rng.random() < phrases else text.draw(rng)
            speech = self.speech(sentence, text.language, TRAINED_VARIANTS, rng)
            if 0 < len(speech.sound) < _LONGEST_S * RATE_HZ:
                sound, before_s = _in_a_room(speech.sound, rng, easy)
                words = (*speech.words, (len(sentence), len(speech.sound) / RATE_HZ))
                places = tuple((character, (at_s + before_s) * FRAMES_PER_S) for character, at_s in words)
                return Example(self.features_of(sound), sentence, speech.phonemes, text.language, places)

    def trial(self, number: int, text: EarText) -> tuple[Sound, str]:
        """Sound and words of trial sentence `number`: new words in a new voice, in a quiet room."""
        rng = random.Random(f"trial/{text.language}/{number}")
        sentence = text.draw(rng, for_trial=True)
        speech = self.speech(sentence, text.language, HELD_OUT_VARIANTS, rng).sound
        noise = np.random.default_rng(number)
        sound = np.concatenate((np.zeros(round(0.25 * RATE_HZ)), speech, np.zeros(round(0.45 * RATE_HZ))))
        return (sound + 10 ** (-60 / 20) * noise.standard_normal(len(sound))).astype(np.float32), sentence

    def speech(self, sentence: str, language: str, variants: tuple[str, ...], rng: random.Random) -> Spoken:
        """`sentence` at 16 kHz without the silence around it."""
        spoken = self._voice.say(sentence, any_manner(language, variants, rng))
        loud = np.flatnonzero(np.abs(spoken.sound) > 0.003)
        if not len(loud):
            return replace(spoken, sound=np.zeros(0, np.float32))
        sound = soxr.resample(spoken.sound[loud[0] : loud[-1] + 1], self._voice.rate_hz, RATE_HZ)
        begin_s = loud[0] / self._voice.rate_hz
        return replace(spoken, sound=sound, words=[(character, at_s - begin_s) for character, at_s in spoken.words])

    def features_of(self, sound: Sound) -> np.ndarray:
        """As faster-whisper computes them before it pads them with zeros."""
        return self._features(sound)[:, :-1].astype(np.float32)


def _in_a_room(speech: Sound, rng: random.Random, easy: bool) -> tuple[Sound, float]:
    """The speech as a microphone takes it, and how many seconds later it begins there."""
    noise = np.random.default_rng(rng.getrandbits(32))
    late_s = rng.uniform(0.0, 0.05) if rng.random() < 0.12 else 0.0  # the microphone misses a first sound
    speech = speech[round(late_s * RATE_HZ) :]
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
    return (sound + level * other).astype(np.float32), before - late_s


def _empty_room(rng: random.Random, longest_s: float) -> Sound:
    noise = np.random.default_rng(rng.getrandbits(32))
    sound = noises.anything(round(rng.uniform(0.3, longest_s) * RATE_HZ), noise)
    if rng.random() < 0.3:
        sound = noises.echo(sound, rng.uniform(0.2, 1.5), rng.uniform(-5, 10), noise)
    return sound / (np.max(np.abs(sound)) + 1e-6) * np.float32(10 ** (rng.uniform(-60, -3) / 20))
