"""Deterministic engines that cost nothing: with them the house measures nothing but itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np

from models.audio import Audio, Samples
from models.protocols import Cancelled, Language, Message, ModelError, Sampling, TokenStream, Transcript, never

_ATTACK_S = 0.001
_RELEASE_S = 0.005
_SHORTEST_S = 0.1
_NO_WORDS = "-"
_NAMED_LANGUAGE = re.compile(r"([a-z]{2,3}):\s*")


@dataclass(frozen=True, slots=True)
class InstantSettings:
    """What the instant engines hear, say and sound like; the delays stand in for the work of real engines."""

    heard: str = "What do you remember of the sea?"
    heard_language: Language = "en"
    script: Path | None = None
    """What is heard instead, one line for each draft: see `InstantScript`."""
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


class InstantScript:
    """The lines of a file, one for each draft; the last one again and again when they are used up.

    "fr: Qui êtes-vous ?" is a line in French; an empty one, or "-", means that there were no words. The file is begun
    anew whenever it has been written, so that whoever measures can say before each visitor what will be heard.
    """

    def __init__(self, path: Path) -> None:
        """Raises ModelError: the file cannot be read."""
        self._path = path
        self._written: tuple[int, int] | None = None
        self._lines: list[str] = []
        self._next = 0
        self._read()

    def take(self) -> tuple[Language | None, str] | None:
        """Language, where the line names it, and words of the next draft; None from an empty file."""
        self._read()
        if not self._lines:
            return None
        line = self._lines[min(self._next, len(self._lines) - 1)].strip()
        self._next += 1
        named = _NAMED_LANGUAGE.match(line)
        language, words = (named[1], line[named.end() :]) if named else (None, line)
        return language, "" if words == _NO_WORDS else words

    def _read(self) -> None:
        try:
            status = self._path.stat()
            written = (status.st_mtime_ns, status.st_size)
            if written != self._written:
                self._lines = self._path.read_text(encoding="utf-8").splitlines()
                self._next, self._written = 0, written
        except OSError as error:
            raise ModelError(f"{self._path}: cannot be read ({error.strerror}); it must hold what is heard.") from error
        except UnicodeDecodeError as error:
            raise ModelError(f"{self._path}: is not UTF-8 text; save the file as UTF-8.") from error


class InstantTranscriber:
    """Hears the same question whatever is said, or the lines of a script."""

    def __init__(self, settings: InstantSettings) -> None:
        """Raises ModelError: the script cannot be read."""
        self.name = "instant"
        self._settings = settings
        self._script = InstantScript(settings.script) if settings.script else None
        self._aborted = Event()

    def transcribe(self, audio: Audio, languages: Sequence[Language], cancelled: Cancelled = never) -> Transcript:
        """The fixed question or the script's next line, in its language when that is allowed."""
        self._aborted.clear()
        language, words = self._heard(audio)
        if languages and language not in languages:
            language = languages[0]
        interrupted = cancelled() or _pause(self._aborted, self._settings.transcribe_s)
        return Transcript("" if interrupted else words, language)

    def _heard(self, audio: Audio) -> tuple[Language, str]:
        usual = self._settings.heard_language, self._settings.heard
        # The first small task of every engine is digital silence: no draft, and no line is used up for it.
        if self._script is None or not audio.samples.any():
            return usual
        line = self._script.take()
        return (line[0] or self._settings.heard_language, line[1]) if line else usual

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
