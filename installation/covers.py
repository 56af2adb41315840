"""The character's cover lines, their sound made before the doors open: they are there when the engines are not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.audio import Audio, Samples
from models.protocols import Language, Synthesizer
from persona.actor import Actor


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence to be spoken, in its language."""

    text: str
    language: Language


class Covers:
    """Cover lines, one after the other; used by one thread at a time."""

    def __init__(self, actor: Actor, languages: tuple[Language, ...]) -> None:
        self._actor = actor
        self._languages = languages
        self._sounds: dict[Line, Audio] = {}
        self._count = 0

    def prepare(self, voice: Synthesizer) -> None:
        """Let `voice` speak each of them once, in every language of the show.

        Raises:
            ModelError: the voice failed.
        """
        for language in self._languages:
            for text in self._actor.covers(language):
                pieces = [piece.samples for piece in voice.synthesize(text, language)]
                samples: Samples = np.concatenate([np.zeros(0, np.float32), *pieces])
                self._sounds[Line(text, language)] = Audio(samples, voice.rate_hz)

    def next(self, language: Language) -> Line:
        """Another one every time."""
        self._count += 1
        lines = self._actor.covers(language)
        return Line(lines[self._count % len(lines)], language)

    def sound(self, line: Line) -> Audio | None:
        """The whole sound of a line, if it was prepared."""
        return self._sounds.get(line)
