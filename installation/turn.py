"""A turn: one answer of the double, drafted first, then released or cancelled, once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum


class CancelReason(StrEnum):
    """Why a turn was cancelled."""

    VISITOR_RESUMED = "visitor resumed"
    BARGE_IN = "barge-in"
    PERFORMER = "performer"
    REJECTED = "rejected"
    PANIC = "panic"
    ENGINE_FAILED = "engine failed"
    NOTHING_HEARD = "nothing heard"
    BACK_CHANNEL = "back-channel"
    OWN_VOICE = "own voice"
    MODE_CHANGED = "mode changed"
    TOO_MANY_WAIT = "too many wait"
    LOUDSPEAKER_LOST = "loudspeaker lost"
    CLOSING = "closing"


class TurnCancelled(Exception):  # noqa: N818 - not an error: the normal way in which a turn ends early
    """The turn was cancelled while somebody worked on it."""


class Turn:
    """The state that threads share about one answer; safe to use from any thread."""

    def __init__(self, turn_id: int) -> None:
        self.id = turn_id
        self._lock = threading.Lock()
        self._released = False
        self._reason: CancelReason | None = None
        self._abort: Callable[[], None] | None = None

    @property
    def released(self) -> bool:
        """Whether its sound may reach the loudspeaker."""
        return self._released and self._reason is None

    @property
    def cancelled(self) -> bool:
        """Whether it is over before its end."""
        return self._reason is not None

    @property
    def reason(self) -> CancelReason | None:
        """Why it was cancelled, or None."""
        return self._reason

    def release(self) -> None:
        """Let its sound out; does nothing on a cancelled turn."""
        with self._lock:
            self._released = True

    def cancel(self, reason: CancelReason) -> None:
        """End it; the first reason stands. Wakes the engine that works on it, if one does."""
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason
            # Under the lock: a moment later the engine may be working on another turn.
            if self._abort is not None:
                self._abort()

    def check(self) -> None:
        """Raise TurnCancelled if it is cancelled. An aborted stream looks like a finished one: test at its end too."""
        if self._reason is not None:
            raise TurnCancelled(self._reason)

    @contextmanager
    def abortable(self, abort: Callable[[], None]) -> Iterator[None]:
        """While inside, `cancel` calls `abort` (an engine's).

        Raises:
            TurnCancelled: at the start or the end, when the turn was cancelled.
        """
        with self._lock:
            self.check()
            self._abort = abort
        try:
            yield
        finally:
            with self._lock:
                self._abort = None
        self.check()
