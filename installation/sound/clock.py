"""The clock by which a source that is no device keeps real time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol

from models.audio import Frame


class Clock(Protocol):
    """A monotonic clock that can be waited on."""

    def now_s(self) -> float:
        """Seconds since some fixed moment."""

    def sleep_until(self, due_s: float) -> None:
        """Return when it is `due_s`, at once if that has passed."""


class MonotonicClock:
    """The machine's own."""

    def now_s(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic()

    def sleep_until(self, due_s: float) -> None:
        """Return when it is `due_s`, at once if that has passed."""
        time.sleep(max(0.0, due_s - time.monotonic()))


def in_real_time(frames: Iterator[Frame], clock: Clock, closed: Callable[[], bool]) -> Iterator[Frame]:
    """Each frame when a microphone would deliver it, at its end; no drift. Ends early when `closed`."""
    began_s = clock.now_s()
    for frame in frames:
        clock.sleep_until(began_s + frame.end_s)
        if closed():
            return
        yield frame
