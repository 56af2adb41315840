"""A clock that jumps to whatever it is asked to wait for."""

from __future__ import annotations


class JumpingClock:
    """Starts at `now_s` and moves only when somebody waits."""

    def __init__(self, now_s: float = 100.0) -> None:
        self._now_s = now_s

    def now_s(self) -> float:
        """The present."""
        return self._now_s

    def sleep_until(self, due_s: float) -> None:
        """Jump there."""
        self._now_s = max(self._now_s, due_s)
