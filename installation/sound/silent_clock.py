"""Renders the playback into nothing, in real time: a loudspeaker's stand-in, so that turns end without one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from installation.events import (
    Event,
)
from installation.sound.playback import Playback
from installation.thread import start

STEP_S = 0.01
LONGEST_RENDER_S = 1.0
RATE_HZ = 48_000


class SilentClock:
    """Lets the playback go on as if it sounded; `now_s` arguments are on one monotonic clock."""

    def __init__(self, playback: Playback, now_s: float) -> None:
        self._playback = playback
        self._rendered_to_s = now_s

    def restart(self, now_s: float) -> None:
        """Begin at `now_s`: what was before has sounded."""
        self._rendered_to_s = now_s

    def advance(self, now_s: float) -> None:
        """Render what has become due; after a long stand-still at most the last second of it at once."""
        self._rendered_to_s = max(self._rendered_to_s, now_s - LONGEST_RENDER_S)
        due_samples = int((now_s - self._rendered_to_s) * self._playback.rate_hz)
        if due_samples > 0:
            self._playback.render(due_samples)
            self._rendered_to_s += due_samples / self._playback.rate_hz


class SilentSpeaker:
    """A loudspeaker for a machine without one: what is said takes its time, and nobody hears it."""

    name = "no loudspeaker"
    underruns = 0

    def __init__(self, post: Callable[[Event], None]) -> None:
        self.playback = Playback(RATE_HZ, post)
        self._post = post
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> SilentSpeaker:
        self._thread = start("silent loudspeaker", self._run, self._post)
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        clock = SilentClock(self.playback, time.monotonic())
        while not self._closing.wait(STEP_S):
            clock.advance(time.monotonic())
