"""The thread that pulls frames from the microphone and posts what it hears."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np

from installation.entries import LevelEntry
from installation.events import (
    Event,
    InputEnded,
)
from installation.hearing.hearing import Hearing
from installation.sound.sources import FrameSource
from installation.thread import start
from models.audio import Frame, Samples, level_db

LEVEL_EVERY_FRAMES = 5
"""100 ms: quick enough for a meter, slow enough to cost nothing."""


Keep = Callable[[Frame, bool, Sequence[Event]], None]
"""Takes a frame, whether the ears were open to it, and what it made known; must not block."""


def keep_nothing(_: Frame, __: bool, ___: Sequence[Event]) -> None:
    """What is heard is gone."""


class Listener:
    """Owns the hearing thread; a context manager. The source must be open before and closed after."""

    def __init__(
        self,
        source: FrameSource,
        hearing: Hearing,
        post: Callable[[Event], None],
        show_level: Callable[[LevelEntry], None],
        keep: Keep = keep_nothing,
    ) -> None:
        self.hearing = hearing
        self._source = source
        self._post = post
        self._show_level = show_level
        self._keep = keep
        self._open = True
        self._thread: threading.Thread | None = None
        self._levels: list[Samples] = []
        self.first_frame = threading.Event()
        """Set when the room is being heard."""

    def __enter__(self) -> Listener:
        self._thread = start("listener", self._listen, self._post)
        return self

    def __exit__(self, *exc: object) -> None:
        self._source.close()
        if self._thread is not None:
            self._thread.join()

    def set_ears(self, are_open: bool) -> None:
        """Hear (or not); an utterance under way is forgotten when the ears close. From any thread."""
        self._open = are_open

    def _listen(self) -> None:
        for frame in self._source.frames():
            self.first_frame.set()
            self._meter(frame)
            is_open = self._open
            events = self.hearing.feed(frame) if is_open else self.hearing.pass_over(frame)
            self._keep(frame, is_open, events)
            for event in events:
                self._post(event)
        for event in self.hearing.forget():
            self._post(event)
        self._post(InputEnded())

    def _meter(self, frame: Frame) -> None:
        self._levels.append(frame.audio.samples)
        if len(self._levels) >= LEVEL_EVERY_FRAMES:
            self._show_level(LevelEntry(round(level_db(np.concatenate(self._levels)), 1)))
            self._levels.clear()
