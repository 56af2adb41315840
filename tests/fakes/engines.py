"""Engines that do as a test tells them, behind the real protocols."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np

from models.audio import Audio
from models.protocols import (
    AnswerCut,
    Cancelled,
    Language,
    Message,
    ModelError,
    Sampling,
    TokenStream,
    Transcript,
    never,
)


class ScriptedEars:
    """Hears what it is told to; raises when `broken`."""

    name = "scripted ears"

    def __init__(self, text: str = "Who are you?", language: Language = "en") -> None:
        self.heard = Transcript(text, language)
        self.broken = False

    def transcribe(self, audio: Audio, languages: Sequence[Language], cancelled: Cancelled = never) -> Transcript:
        if self.broken:
            raise ModelError("The ears are broken.")
        return self.heard

    def abort(self) -> None: ...

    def close(self) -> None: ...


class ScriptedPersona:
    """Writes what it is told to; `fails_after` pieces it raises, or is `cut_off`; `blocks` until it is aborted."""

    name = "scripted persona"

    def __init__(self, *pieces: str) -> None:
        self.pieces = pieces
        self.fails_after: int | None = None
        self.cut_off = False
        self.blocks = False
        self.waiting = threading.Event()
        self.prompts: list[tuple[Message, ...]] = []
        self._aborted = threading.Event()

    def stream(self, messages: Sequence[Message], language: Language, sampling: Sampling) -> TokenStream:
        self.prompts.append(tuple(messages))
        return self._pieces()

    def _pieces(self) -> Iterator[str]:
        for number, piece in enumerate(self.pieces):
            if number == self.fails_after:
                raise AnswerCut("The line broke.") if self.cut_off else ModelError("The persona is broken.")
            yield piece
        if self.blocks:
            self.waiting.set()
            self._aborted.wait()

    def abort(self) -> None:
        self._aborted.set()

    def close(self) -> None: ...


class AdaptedPersona(ScriptedPersona):
    """A persona with an adapter, at a scale."""

    double_scale = 1.0

    def set_double_scale(self, scale: float) -> None:
        self.double_scale = scale


class ScriptedVoice:
    """Speaks a tenth of a second for each word; raises when `broken`, and `fails_after` that many words."""

    name = "scripted voice"
    rate_hz = 16_000

    def __init__(self) -> None:
        self.broken = False
        self.fails_after: int | None = None
        self.spoken: list[tuple[str, Language]] = []

    def synthesize(self, text: str, language: Language) -> Iterator[Audio]:
        if self.broken:
            raise ModelError("The voice is broken.")
        self.spoken.append((text, language))
        for number, _ in enumerate(text.split()):
            if number == self.fails_after:
                raise ModelError("The voice is broken.")
            yield Audio(np.full(1600, 0.1, np.float32), self.rate_hz)

    def abort(self) -> None: ...

    def close(self) -> None: ...
