"""Watches the processes of hosted engines from outside, and waits for what comes of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

from models.hosted import Hosted
from models.protocols import ModelError

AGAIN_S = 60.0
"""How long a busy machine may take to start a process again."""


@contextmanager
def nothing_left() -> Iterator[None]:
    """Fails at its end when a process or a thread is left that was not there before."""
    threads, here = set(threading.enumerate()), psutil.Process()
    processes = set(here.children(recursive=True))
    yield
    # a thread of tqdm's is faster-whisper's, in this process
    assert {thread.name for thread in set(threading.enumerate()) - threads} - {"tqdm_monitor"} == set()
    assert set(here.children(recursive=True)) - processes == set()


def eventually(condition: Callable[[], bool], within_s: float = AGAIN_S) -> None:
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def again(task: Callable[[], object]) -> object:
    """What comes of a task when the engine is there again."""
    outcome: list[object] = []

    def works() -> bool:
        with suppress(ModelError):
            outcome.append(task())
        return bool(outcome)

    eventually(works)
    return outcome[0]


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def process_of(engine: Hosted) -> int:
    assert engine._host._child is not None
    return engine._host._child.pid
