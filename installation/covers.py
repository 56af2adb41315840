"""Lines of the character's own whose sound is made before the doors open: they are there when the engines are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from installation.sound.breath import breath
from models.audio import Audio, Samples
from models.protocols import Language, Synthesizer

BREATHS = ("(breath)", "(souffle)")
"""A line that is no words: somebody who draws breath before speaking."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence to be spoken, in its language."""

    text: str
    language: Language


class Covers:
    """Lines, one after the other; used by one thread at a time."""

    def __init__(self, lines_in: Callable[[Language], tuple[str, ...]], languages: tuple[Language, ...]) -> None:
        """`lines_in` gives the lines in a language: none, or at least two."""
        self._lines_in = lines_in
        self._languages = languages
        self._sounds: dict[Line, Audio] = {}
        self._count = 0

    def prepare(self, voice: Synthesizer) -> None:
        """Let `voice` speak each of them once, in every language of the show.

        Raises:
            ModelError: the voice failed.
        """
        for language in self._languages:
            for text in self._lines_in(language):
                if text in BREATHS:
                    self._sounds[Line(text, language)] = breath(voice.rate_hz)
                    continue
                pieces = [piece.samples for piece in voice.synthesize(text, language)]
                samples: Samples = np.concatenate([np.zeros(0, np.float32), *pieces])
                self._sounds[Line(text, language)] = Audio(samples, voice.rate_hz)

    def next(self, language: Language) -> Line:
        """Another one every time. Raises ValueError: there are none."""
        self._count += 1
        lines = self._lines_in(language)
        if not lines:
            raise ValueError(f"there are no lines in {language}")
        return Line(lines[self._count % len(lines)], language)

    def sound(self, line: Line) -> Audio | None:
        """The whole sound of a line, if it was prepared."""
        return self._sounds.get(line)
