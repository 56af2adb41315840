"""Engines that lean on a server of the company's, and go on with one of this machine's when it fails."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Generic, TypeVar

import numpy as np

from models.audio import Audio, Resampler
from models.protocols import (
    Adaptable,
    AnswerCut,
    Cancelled,
    Language,
    LanguageModel,
    Message,
    ModelError,
    Sampling,
    Synthesizer,
    TokenLogProb,
    TokenStream,
    Transcriber,
    Transcript,
    as_scorer,
    never,
)
from models.reach import Reach

_PAUSE = re.compile(r"[.!?…,;:—–\n-]")
_LONGEST_HELD_CHARS = 200

T = TypeVar("T")
E = TypeVar("E", Transcriber, LanguageModel, Synthesizer)


class _Pair(Generic[E]):
    """What the three have in common: a server's engine, and this machine's behind it."""

    def __init__(self, server: E, here: E, reach: Reach) -> None:
        self.name = f"{server.name}, else {here.name}"
        self._server: E = server
        self._here: E = here
        self._reach = reach
        self._aborted = Event()

    def abort(self) -> None:
        """Wake whichever is at work."""
        self._aborted.set()
        self._server.abort()
        self._here.abort()

    def close(self) -> None:
        """Close both."""
        self._server.close()
        self._here.close()

    @contextmanager
    def _pulled(self, stream: Iterator[T]) -> Iterator[Iterator[T]]:
        """A stream of one of the two that has just begun; it is closed when nobody pulls it any more."""
        try:
            # it may have forgotten an abort when it began
            yield iter(()) if self._aborted.is_set() else stream
        finally:
            if isinstance(stream, Generator):
                stream.close()


class FallbackTranscriber(_Pair[Transcriber]):
    """Asks the server's ears; what they cannot tell, this machine's are asked at once."""

    def transcribe(self, audio: Audio, languages: Sequence[Language], cancelled: Cancelled = never) -> Transcript:
        """The words of `audio` (16 kHz). Raises ModelError when this machine's ears failed, too."""
        self._aborted.clear()
        if cancelled():
            return Transcript("", languages[0], 0.0)
        if self._reach.may_ask("ears"):
            try:
                heard = self._server.transcribe(audio, languages, self._aborted.is_set)
            except ModelError as error:
                if self._aborted.is_set():
                    return Transcript("", languages[0], 0.0)
                self._reach.failed("ears", error)
            else:
                if not self._aborted.is_set():
                    self._reach.worked("ears")
                return heard
        return self._here.transcribe(audio, languages, self._aborted.is_set)


class FallbackLanguageModel(_Pair[LanguageModel]):
    """Asks the server's persona; when it fails before anything can have been said, this machine's answers.

    Nothing can have been said before the first mark where a speaker may pause: until then the answer is held back,
    which costs no time. When the server fails later, AnswerCut tells: what came stands, because a second answer after
    the beginning of a first one would make no sense.

    The adapter and the scores are those of this machine's model: a server has neither.
    """

    @property
    def double_scale(self) -> float | None:
        """How much of this machine's adapter is added: 0 nothing, 1 as it was trained; None where there is none."""
        return self._here.double_scale if isinstance(self._here, Adaptable) else None

    def set_double_scale(self, scale: float) -> None:
        """Add so much, 0 to MAX_DOUBLE_SCALE, from this machine's next answer on. May be called from any thread.

        Raises:
            ValueError: it is out of range.
        """
        if isinstance(self._here, Adaptable):
            self._here.set_double_scale(scale)

    def log_probabilities(self, messages: Sequence[Message], text: str) -> tuple[TokenLogProb, ...]:
        """Every token of `text` as the beginning of the assistant's next message, as this machine's model finds it.

        Raises:
            ModelError: that failed, was aborted, or cannot tell.
        """
        return as_scorer(self._here).log_probabilities(messages, text)

    def stream(self, messages: Sequence[Message], language: Language, sampling: Sampling) -> TokenStream:
        """The next message of the assistant, piece by piece.

        Raises:
            AnswerCut: while it is pulled: the server failed in the middle.
            ModelError: while it is pulled: this machine's model failed, too.
        """
        self._aborted.clear()
        return self._pieces(messages, language, sampling)

    def _pieces(self, messages: Sequence[Message], language: Language, sampling: Sampling) -> TokenStream:
        begun = False
        if self._reach.may_ask("persona"):
            try:
                with self._pulled(self._server.stream(messages, language, sampling)) as pieces:
                    for piece in _from_first_pause(pieces):
                        begun = True
                        yield piece
            except ModelError as error:
                if self._aborted.is_set():
                    return
                self._reach.failed("persona", error)
                if begun:
                    raise AnswerCut(str(error)) from error
            else:
                if not self._aborted.is_set():
                    self._reach.worked("persona")
                return
        with self._pulled(self._here.stream(messages, language, sampling)) as pieces:
            for piece in pieces:
                if self._aborted.is_set():
                    return
                yield piece


class FallbackSynthesizer(_Pair[Synthesizer]):
    """Lets the server's voice speak; a sentence of which nothing came is spoken by this machine's.

    Of a sentence that breaks off the rest is lost: two voices in one sentence, or its beginning twice, are worse.
    """

    def __init__(self, server: Synthesizer, here: Synthesizer, reach: Reach) -> None:
        super().__init__(server, here, reach)
        self.rate_hz = server.rate_hz

    def synthesize(self, text: str, language: Language) -> Iterator[Audio]:
        """Sound of `text`, at the server's rate. Raises ModelError when this machine's voice failed, too."""
        self._aborted.clear()
        return self._sound(text, language)

    def _sound(self, text: str, language: Language) -> Iterator[Audio]:
        begun = False
        if self._reach.may_ask("voice"):
            try:
                with self._pulled(self._server.synthesize(text, language)) as pieces:
                    for piece in pieces:
                        begun = True
                        yield piece
            except ModelError as error:
                if self._aborted.is_set():
                    return
                self._reach.failed("voice", error)
                if begun:
                    return
            else:
                if begun and not self._aborted.is_set():
                    self._reach.worked("voice")
                return
        yield from self._sound_here(text, language)

    def _sound_here(self, text: str, language: Language) -> Iterator[Audio]:
        resampler = Resampler(self._here.rate_hz, self.rate_hz)
        with self._pulled(self._here.synthesize(text, language)) as pieces:
            for piece in pieces:
                if self._aborted.is_set():
                    return
                yield Audio(resampler.feed(piece.samples), self.rate_hz)
        yield Audio(resampler.feed(np.zeros(0, np.float32), last=True), self.rate_hz)


def _from_first_pause(pieces: Iterator[str]) -> Iterator[str]:
    """The same text, its beginning in one piece up to where a speaker may first pause."""
    held = ""
    for piece in pieces:
        held += piece
        if _PAUSE.search(held) or len(held) > _LONGEST_HELD_CHARS:
            yield held
            yield from pieces
            return
    if held:
        yield held
