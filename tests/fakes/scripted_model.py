"""A language model that says what it was given, and remembers what it was asked and whether it was closed in time."""

from __future__ import annotations

from collections.abc import Sequence

from models.protocols import Message, ModelError, Sampling, TokenStream


class ScriptedModel:
    """Streams its pieces; fails after the last one if told to."""

    name = "scripted"

    def __init__(self, *pieces: str, fails: bool = False) -> None:
        self._pieces = pieces
        self._fails = fails
        self.asked: list[Message] = []
        self.language = ""
        self.sampling: Sampling | None = None
        self.pulled = 0
        self.closed_streams = 0

    def stream(self, messages: Sequence[Message], language: str, sampling: Sampling) -> TokenStream:
        self.asked, self.language, self.sampling = list(messages), language, sampling
        return self._stream()

    def _stream(self) -> TokenStream:
        try:
            for piece in self._pieces:
                self.pulled += 1
                yield piece
            if self._fails:
                raise ModelError("the script is torn: mend it")
        finally:
            self.closed_streams += 1

    def abort(self) -> None:
        pass

    def close(self) -> None:
        pass
