"""A thread that calls the engines: jobs are done one after the other."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable

from installation.events import (
    Event,
)
from installation.thread import start


class Worker:
    """A context manager; jobs still waiting when it closes are done first (a cancelled turn's job ends at once)."""

    def __init__(self, post: Callable[[Event], None], name: str = "worker") -> None:
        self._post = post
        self._name = name
        self._urgent: deque[Callable[[], None]] = deque()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Worker:
        self._thread = start(self._name, self._work, self._post)
        return self

    def __exit__(self, *exc: object) -> None:
        self._jobs.put(None)
        if self._thread is not None:
            self._thread.join()

    def submit(self, job: Callable[[], None], urgent: bool = False) -> None:
        """Do `job` after those that wait already; an `urgent` one before them. Never blocks."""
        if urgent:
            self._urgent.append(job)
            job = self.give_way
        self._jobs.put(job)

    def give_way(self) -> None:
        """Do the urgent jobs now: for a long job, between two of its steps."""
        while self._urgent:
            self._urgent.popleft()()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self.give_way()
            job()
