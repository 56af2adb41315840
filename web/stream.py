"""Server-Sent Events: each open page gets a snapshot first, then every change."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime

from installation.entries import (
    Entry,
    LevelEntry,
    LineEntry,
    PaceEntry,
    SceneEntry,
    Snapshot,
    TuningEntry,
    WaterfallEntry,
)
from web.house import House
from web.refusal import Refusal

MAX_STREAMS = 30
"""Pages open at once; each holds a thread."""

BEAT_S = 5.0
"""After so long a silence a beat is sent: the house notices pages that are gone, and a page a house that is gone."""


class EventStream:
    """One page's stream: an iterable of event texts that WSGI closes."""

    def __init__(self, house: House, streams: Streams, beat_s: float) -> None:
        self._house = house
        self._beat_s = beat_s
        self._lifetime = ExitStack()
        self._lifetime.callback(streams.forget, self)
        self._subscription = self._lifetime.enter_context(house.bus.subscribe())

    def __iter__(self) -> Iterator[str]:
        # Subscribed before the snapshot is taken: a change in between comes twice, which a page does not mind.
        yield event_text(self._house.snapshot())
        while True:
            entry = self._subscription.next(0.0 if self._subscription.ended else self._beat_s)
            if entry is not None:
                yield event_text(entry)
            elif self._subscription.ended:
                return
            else:
                yield "event: beat\ndata: {}\n\n"

    def end(self) -> None:
        """Let it finish what is queued and end; from any thread."""
        self._subscription.offer(None)

    def close(self) -> None:
        """Give its place back."""
        self._lifetime.close()


class Streams:
    """The streams that are open: bounded in number, and ended together."""

    def __init__(self, house: House, beat_s: float = BEAT_S) -> None:
        self._house = house
        self._beat_s = beat_s
        self._lock = threading.Lock()
        self._open: set[EventStream] = set()
        self._closed = False

    def open(self) -> EventStream:
        """A new stream, subscribed from now on.

        Raises:
            Refusal: the server is closing, or too many are open.
        """
        with self._lock:
            if self._closed:
                raise Refusal(503, "The panel is closing.", "La régie ferme.")
            if len(self._open) >= MAX_STREAMS:
                raise Refusal(
                    503,
                    f"{MAX_STREAMS} panels are open already; close one.",
                    f"{MAX_STREAMS} régies sont déjà ouvertes ; fermez-en une.",
                )
            stream = EventStream(self._house, self, self._beat_s)
            self._open.add(stream)
            return stream

    def forget(self, stream: EventStream) -> None:
        """A stream has come to its end."""
        with self._lock:
            self._open.discard(stream)

    def close(self) -> None:
        """Have all of them end, and open no more."""
        with self._lock:
            self._closed = True
            for stream in self._open:
                stream.end()


def event_text(value: Entry | Snapshot) -> str:
    """One event as it goes over the wire; JSON escapes everything that could break a line."""
    match value:
        case Snapshot():
            name = "snapshot"
        case LineEntry():
            name = "line"
        case SceneEntry():
            name = "scene"
        case LevelEntry():
            name = "level"
        case WaterfallEntry():
            name = "waterfall"
        case PaceEntry():
            name = "pace"
        case TuningEntry():
            name = "tuning"
    return f"event: {name}\ndata: {json.dumps(asdict(value), default=_plain)}\n\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
