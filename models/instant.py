"""Deterministic engines that cost nothing: with them the house measures nothing but itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Event

import numpy as np

from models.audio import Audio, Samples
from models.protocols import Cancelled, Language, Message, Sampling, TokenStream, Transcript, never

_ATTACK_S = 0.001
_RELEASE_S = 0.005
_SHORTEST_S = 0.1


@dataclass(frozen=True, slots=True)
class InstantSettings:
    """What the instant engines hear, say and sound like; the delays stand in for the work of real engines."""

    heard: str = "What do you remember of the sea?"
    heard_language: Language = "en"
    answer: str = "I remember that it was cold. We swam there each morning. My sister held my hand then."
    speech_s: float = 6.0
    """Length of the whole answer spoken, however it is cut into clauses; other texts last in proportion."""
    level_dbfs: float = -12.0
    rate_hz: int = 48_000
    transcribe_s: float = 0.0
    first_token_s: float = 0.0
    token_s: float = 0.0
    first_sound_s: float = 0.0


def words_of(text: str) -> list[str]:
    """The words of `text`, each with the space before it: joined, they are the text again."""
    return re.findall(r"\s*\S+", text)


def voice_like(duration_s: float, level_dbfs: float, rate_hz: int) -> Samples:
    """A buzz of 150 Hz with falling harmonics, shape (n,), RMS `level_dbfs`, at full level after 1 ms."""
    time_s = np.arange(round(duration_s * rate_hz), dtype=np.float64) / rate_hz
    buzz = np.zeros_like(time_s)
    for harmonic in range(1, 12):
        # cosines: the very first sample already carries the full swing
        buzz += np.cos(2 * np.pi * 150.0 * harmonic * time_s + harmonic * harmonic) / harmonic
    buzz *= 10 ** (level_dbfs / 20) / max(1e-9, float(np.sqrt(np.mean(np.square(buzz)))))
    ramp = np.minimum(1.0, time_s / _ATTACK_S)
    return np.asarray(np.clip(buzz * ramp, -1.0, 1.0), np.float32)


class InstantTranscriber:
    """Hears the same question whatever is said."""

    def __init__(self, settings: InstantSettings) -> None:
        self.name = "instant"
        self._settings = settings
        self._aborted = Event()

    def transcribe(
        self,
        audio: Audio,  # noqa: ARG002 - protocol
        languages: Sequence[Language],
        cancelled: Cancelled = never,
    ) -> Transcript:
        """The fixed question, in its language when that is allowed."""
        self._aborted.clear()
        language = self._settings.heard_language
        if languages and language not in languages:
            language = languages[0]
        interrupted = cancelled() or _pause(self._aborted, self._settings.transcribe_s)
        return Transcript("" if interrupted else self._settings.heard, language)

    def abort(self) -> None:
        """End a delay under way."""
        self._aborted.set()

    def close(self) -> None:
        """Nothing to free."""


class InstantLanguageModel:
    """Gives the same answer to everything, word by word."""

    def __init__(self, settings: InstantSettings) -> None:
        self.name = "instant"
        self._settings = settings
        self._words = words_of(settings.answer)
        self._aborted = Event()

    def stream(self, messages: Sequence[Message], language: Language, sampling: Sampling) -> TokenStream:  # noqa: ARG002
        """The fixed answer."""
        self._aborted.clear()
        return self._pieces()

    def _pieces(self) -> TokenStream:
        delay_s = self._settings.first_token_s
        for word in self._words:
            if _pause(self._aborted, delay_s):
                return
            yield word
            delay_s = self._settings.token_s

    def abort(self) -> None:
        """End the stream under way."""
        self._aborted.set()

    def close(self) -> None:
        """Nothing to free."""


class InstantSynthesizer:
    """Speaks any text as a buzz, as long as its letters are many; the sound is rendered once, at start."""

    def __init__(self, settings: InstantSettings) -> None:
        self.name = "instant"
        self.rate_hz = settings.rate_hz
        self._settings = settings
        self._s_per_letter = settings.speech_s / max(1, _letters(settings.answer))
        self._buzz = voice_like(max(settings.speech_s, _SHORTEST_S), settings.level_dbfs, settings.rate_hz)
        release = round(_RELEASE_S * settings.rate_hz)
        self._release = np.linspace(1.0, 0.0, release, dtype=np.float32)
        self._aborted = Event()

    def synthesize(self, text: str, language: Language) -> Iterator[Audio]:  # noqa: ARG002 - protocol
        """One piece of buzz for `text`; nothing for a text without letters or digits."""
        self._aborted.clear()
        return self._pieces(_letters(text))

    def _pieces(self, letters: int) -> Iterator[Audio]:
        if letters == 0 or _pause(self._aborted, self._settings.first_sound_s):
            return
        wanted = round(max(_SHORTEST_S, letters * self._s_per_letter) * self.rate_hz)
        while wanted > 0 and not self._aborted.is_set():
            piece = self._buzz[:wanted]
            wanted -= len(piece)
            if wanted <= 0:
                piece = piece.copy()
                piece[-len(self._release) :] *= self._release[-len(piece) :]
            yield Audio(piece, self.rate_hz)

    def abort(self) -> None:
        """End the sound under way."""
        self._aborted.set()

    def close(self) -> None:
        """Nothing to free."""


def _letters(text: str) -> int:
    # spaces and marks do not count: however the answer is cut into clauses, its length stays the same
    return sum(character.isalnum() for character in text)


def _pause(aborted: Event, delay_s: float) -> bool:
    """Wait; whether the wait was aborted."""
    return aborted.wait(delay_s) if delay_s > 0 else aborted.is_set()
