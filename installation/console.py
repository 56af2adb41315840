"""The conversation on the terminal, for whoever starts the house by hand; nothing is printed into a file or a pipe."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from installation.bus import Bus
from installation.changes import SOUNDING
from installation.entries import Entry, LineEntry, LineState, SceneEntry, Who
from installation.events import (
    Event,
)
from installation.thread import start

log = logging.getLogger(__name__)

MARKS = {Who.VISITOR: "visitor  ", Who.DOUBLE: "double   ", Who.PERFORMER: "performer", Who.DESK: "desk     "}
LOOK_S = 0.25


def console_line(entry: Entry) -> str | None:
    """What the terminal shows of an entry, or None."""
    if not isinstance(entry, LineEntry):
        return None
    text = "".join(c if c.isprintable() else " " for c in entry.text)
    if entry.state is LineState.HEARD:
        return f"{MARKS[entry.who]} {text}"
    if entry.state is LineState.RELEASED and entry.note == SOUNDING:
        return f"{MARKS[entry.who]} {text}"
    if entry.state is LineState.CUT:
        return f"          — cut ({entry.note}) after: {text}"
    return None


class Console:
    """A context manager whose thread prints what is heard and said, and faults as they come."""

    def __init__(self, bus: Bus, write: Callable[[str], None], post: Callable[[Event], None]) -> None:
        self._bus = bus
        self._write = write
        self._post = post
        self._closing = threading.Event()
        self._faults: set[str] = set()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Console:
        self._thread = start("console", self._print, self._post)
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _print(self) -> None:
        while not self._closing.is_set():
            with self._bus.subscribe() as subscription:
                while not subscription.ended and not self._closing.is_set():
                    if (entry := subscription.next(LOOK_S)) is not None:
                        try:
                            self._show(entry)
                        except OSError as error:
                            log.info("Nobody reads the terminal any more (%s); the house plays on.", error)
                            return
            if subscription.ended:
                self._closing.wait(LOOK_S)

    def _show(self, entry: Entry) -> None:
        line = console_line(entry)
        if line is not None:
            self._write(line)
        if isinstance(entry, SceneEntry):
            messages = {fault.message for fault in entry.faults}
            for message in sorted(messages - self._faults):
                self._write(f"FAULT     {message}")
            self._faults = messages
