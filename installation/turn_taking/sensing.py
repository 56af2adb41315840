"""Asks about the sound of an utterance whether its speaker has finished, while the ears still look for its words."""

from __future__ import annotations

import threading
from collections.abc import Callable

from installation.events import (
    Event,
)
from installation.thread import start
from models.audio import Audio
from models.protocols import ModelError, TurnSense


class Sensing:
    """A context manager: asks on a thread of its own, which has answered when the `with` ends."""

    def __init__(self, sense: TurnSense | None, audio: Audio, post: Callable[[Event], None]) -> None:
        self._sense = sense
        self._audio = audio
        self._post = post
        self._thread: threading.Thread | None = None
        self.finished: float | None = None
        """Probability, 0..1; None where there is nobody to ask, and where that failed."""
        self.error: ModelError | None = None

    def __enter__(self) -> Sensing:
        if self._sense is not None:
            self._thread = start("turn sense", self._ask, self._post)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._thread is not None:
            self._thread.join()

    def _ask(self) -> None:
        assert self._sense is not None
        try:
            self.finished = self._sense.finished(self._audio.samples)
        except ModelError as error:
            self.error = error
