"""The event bus: carries entries up to whoever watches, and never blocks the one who publishes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from installation.entries import Entry

CAPACITY = 500
"""Entries that a watcher may be behind before it is dropped and has to begin again from a snapshot."""


class Subscription:
    """One watcher's queue."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Entry | None] = queue.Queue(CAPACITY)
        self.ended = False
        """True when the bus has closed or this watcher was too slow: take a new snapshot and subscribe again."""

    def next(self, timeout_s: float) -> Entry | None:
        """The next entry, or None when there was none in time or the subscription has ended."""
        try:
            return self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def offer(self, entry: Entry | None) -> None:
        """Hand over an entry (None: the end); a full queue ends the subscription."""
        try:
            self._queue.put_nowait(entry)
        except queue.Full:
            self.ended = True
        if entry is None:
            self.ended = True


class Bus:
    """Fans entries out to watchers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watchers: list[Subscription] = []
        self._closed = False

    def publish(self, entry: Entry) -> None:
        """Give `entry` to every watcher; a watcher that does not keep up is dropped."""
        with self._lock:
            for watcher in self._watchers:
                watcher.offer(entry)
            self._watchers = [watcher for watcher in self._watchers if not watcher.ended]

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """Watch from now on; take a snapshot after entering, so that nothing falls between."""
        subscription = Subscription()
        with self._lock:
            if self._closed:
                subscription.offer(None)
            else:
                self._watchers.append(subscription)
        try:
            yield subscription
        finally:
            with self._lock:
                if subscription in self._watchers:
                    self._watchers.remove(subscription)

    def close(self) -> None:
        """End every subscription, and those to come."""
        with self._lock:
            self._closed = True
            for watcher in self._watchers:
                watcher.offer(None)
            self._watchers.clear()
