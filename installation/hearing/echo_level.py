"""How much of the double's own voice usually comes through the echo canceller, learnt while it speaks."""

from __future__ import annotations

_SMOOTHS = 0.05
"""Per frame of 20 ms: 0.4 s."""
_VOICE_DB = 6.0
"""What stands out more than this is not learnt from: it may be a visitor."""


class EchoLevel:
    """Feed it frame by frame, while our voice is in the room."""

    def __init__(self) -> None:
        self._leak_db = 0.0
        self.over_echo_db = 0.0
        """By how much the last frame stands out from what usually comes through."""

    def feed(self, now_db: float, echo_db: float) -> None:
        """`now_db` of what is left, `echo_db` of our voice before it was taken out, both in dBFS."""
        leak_db = now_db - echo_db
        self.over_echo_db = leak_db - self._leak_db
        if self.over_echo_db < _VOICE_DB:
            self._leak_db += _SMOOTHS * self.over_echo_db
