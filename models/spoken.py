"""A voice that is given words as they are said, whatever stands on the page."""

from __future__ import annotations

from collections.abc import Iterator

from models.audio import Audio
from models.pronunciation import Pronunciation
from models.protocols import Language, Synthesizer
from models.spoken_form import spoken_form


class SpokenSynthesizer:
    """Any engine, behind the show's pronunciation and words for numbers; panel and memory keep the written text."""

    def __init__(self, engine: Synthesizer, pronunciation: Pronunciation) -> None:
        self.name = engine.name
        self.rate_hz = engine.rate_hz
        self._engine = engine
        self._pronunciation = pronunciation

    def synthesize(self, text: str, language: Language) -> Iterator[Audio]:
        """As the engine does, of the spoken form of `text`. Raises ModelError."""
        return self._engine.synthesize(spoken_form(self._pronunciation.applied(text, language), language), language)

    def abort(self) -> None:
        """Wake the engine's call under way."""
        self._engine.abort()

    def close(self) -> None:
        """Free what the engine holds."""
        self._engine.close()
