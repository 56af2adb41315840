"""Keeps one stream of PortAudio open: sees when its device is lost, tells it once, and opens it again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from installation.events import (
    Event,
    FaultCleared,
    FaultRaised,
    Room,
)
from installation.sound.devices import DeviceError, portaudio_errors, restart_portaudio
from installation.thread import start

log = logging.getLogger(__name__)

POLL_S = 0.2
LOST_POLL_S = 0.01
DEAF_S = 1.0
"""A device whose callback has not come for so long is lost, whatever PortAudio says."""
WELL_AFTER_S = 0.1
"""A dead loudspeaker calls back as well, while its buffer fills: only later callbacks show that the sound moves."""
FIRST_RETRY_S = 0.5
LONGEST_RETRY_S = 5.0
PATIENCE_S = 150.0
"""No utterance is longer: a room in which the talk never ends must not keep a lost device away for ever."""


class Line(Protocol):
    """One direction of sound, as its keeper sees it; its methods are called with the registry's lock held."""

    room: Room

    @property
    def beat_s(self) -> float:
        """When its callback came last, on the monotonic clock."""

    @property
    def may_pause(self) -> bool:
        """Whether nobody would notice if it were closed and opened again now."""

    def open_stream(self) -> Any:
        """A started stream. Raises DeviceError, or what PortAudio raises."""

    def describe(self, reason: str) -> str:
        """One sentence for people: what is lost, where, what to do."""

    def while_lost(self) -> None:
        """Called every LOST_POLL_S while there is no stream."""


class Registry:
    """The streams of this process: PortAudio opens, closes and lists devices on one thread at a time.

    PortAudio lists devices only when it starts, and may start again only while no stream is open.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.keepers: list[StreamKeeper] = []

    def refresh(self, now_s: float, insist: bool) -> bool:
        """List the devices afresh, unless a stream is open that may not pause now and nobody insists.

        Returns whether they were listed.
        """
        with self.lock:
            busy = [keeper for keeper in self.keepers if keeper.is_open]
            if not insist and not all(keeper.line.may_pause for keeper in busy):
                return False
            for keeper in busy:
                keeper.suspend()
            restart_portaudio()
            for keeper in busy:
                keeper.resume(now_s)
            return True


REGISTRY = Registry()


class StreamKeeper:
    """A context manager that opens the stream of `line`, watches over it on a thread of its own, and closes it."""

    def __init__(self, line: Line, post: Callable[[Event], None]) -> None:
        self.line = line
        self._post = post
        self._stream: Any = None
        self._faulty = False
        self._retry_s = FIRST_RETRY_S
        self._next_try_s = 0.0
        self._opened_s = 0.0
        self._listed_s = 0.0
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a stream, dead or alive."""
        return self._stream is not None

    def __enter__(self) -> StreamKeeper:
        with REGISTRY.lock:
            REGISTRY.keepers.append(self)
            self._listed_s = time.monotonic()
            self._try(self._listed_s)
        self._thread = start(f"{self.line.room} keeper", self._watch, self._post)
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
        with REGISTRY.lock:
            REGISTRY.keepers.remove(self)
            self.suspend()

    def suspend(self) -> None:
        """Close the stream; the registry's lock is held."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.abort()
            stream.close()

    def resume(self, now_s: float) -> None:
        """Open the stream again after `suspend`; the registry's lock is held."""
        self._try(now_s)

    def look(self, now_s: float) -> None:
        """See whether the stream is alive, or whether it is time to try the device again."""
        with REGISTRY.lock:
            if self._stream is None:
                self.line.while_lost()
                if now_s >= self._next_try_s:
                    self._search(now_s)
            elif not self._stream.active:
                self._lose("the device has gone, check its cable", now_s)
            elif now_s - self.line.beat_s > DEAF_S:
                self._lose("it has stopped answering, check its cable", now_s)
            elif self.line.beat_s - self._opened_s > WELL_AFTER_S:
                self._find_well(now_s)

    def _watch(self) -> None:
        while not self._closing.wait(POLL_S if self.is_open else LOST_POLL_S):
            self.look(time.monotonic())

    def _search(self, now_s: float) -> None:
        if REGISTRY.refresh(now_s, insist=now_s - self._listed_s > PATIENCE_S):
            self._listed_s = now_s
        self._try(now_s)

    def _try(self, now_s: float) -> None:
        if self._stream is not None:
            return
        refusals: tuple[type[Exception], ...] = (DeviceError, ValueError, *portaudio_errors())
        try:
            self._stream = self.line.open_stream()
        except refusals as error:
            self._lose(str(error).splitlines()[0], now_s)
        else:
            self._opened_s = self.line.beat_s

    def _find_well(self, now_s: float) -> None:
        self._retry_s, self._listed_s = FIRST_RETRY_S, now_s
        if self._faulty:
            self._faulty = False
            self._post(FaultCleared(self.line.room))

    def _lose(self, reason: str, now_s: float) -> None:
        self.suspend()
        self._next_try_s = now_s + self._retry_s
        self._retry_s = min(2 * self._retry_s, LONGEST_RETRY_S)
        if not self._faulty:
            self._faulty = True
            message = self.line.describe(reason)
            log.warning("%s", message)
            self._post(FaultRaised(self.line.room, message))
