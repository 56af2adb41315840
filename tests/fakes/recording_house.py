"""A process that only records lines: `recording_house.py talk|fill LOG`. Tests kill it, or take its disk space away."""

from __future__ import annotations

import json
import queue
import resource
import sys
from pathlib import Path

from installation.bus import Bus, Subscription
from installation.entries import LineEntry
from installation.events import (
    Event,
    FaultCleared,
    FaultRaised,
)
from installation.show_log import Recorder
from tests.fakes.show_lines import evening, visitor

LIMIT_BYTES = 150_000
"""Largest file that the system lets this process write while its disk is "full"."""


def talk(path: Path) -> None:
    """Record without end, in bursts of changing size, and print the text of every line that was published."""
    bus = Bus()
    with Recorder(path, bus, evening(), True, lambda event: None) as recorder, bus.subscribe() as page:
        number = 0
        while True:
            burst = number % 17 + 1
            for _ in range(burst):
                recorder.record(visitor(f"line {number}"))
                number += 1
            for _ in range(burst):
                print(_next(page).text, flush=True)


def fill(path: Path) -> None:
    """Record until the file can grow no more, go on, make room again; print what happened as JSON."""
    bus = Bus()
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    shown: list[str] = []
    with Recorder(path, bus, evening(), True, events.put) as recorder, bus.subscribe() as page:
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, resource.RLIM_INFINITY))
        while events.empty():
            _say(recorder, page, shown)
        fault = events.get()
        for _ in range(20):
            _say(recorder, page, shown)
        quiet = events.empty()
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        cleared = events.get(timeout=60)
    told = {
        "raised": fault.message if isinstance(fault, FaultRaised) else "",
        "raised_once": quiet,
        "cleared": isinstance(cleared, FaultCleared),
        "shown": shown,
    }
    print(json.dumps(told))


def _say(recorder: Recorder, page: Subscription, shown: list[str]) -> None:
    recorder.record(visitor(f"line {len(shown)}" + " and so on" * 200))
    shown.append(_next(page).text)


def _next(page: Subscription) -> LineEntry:
    entry = page.next(timeout_s=60)
    if not isinstance(entry, LineEntry):
        raise SystemExit(f"expected a line, got {entry}")
    return entry


if __name__ == "__main__":
    {"talk": talk, "fill": fill}[sys.argv[1]](Path(sys.argv[2]))
