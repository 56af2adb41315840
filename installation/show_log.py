"""The show log: every change of a line is on the disk before anybody is shown it."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from installation.bus import Bus
from installation.entries import Entry, LineEntry, PaceEntry, SceneEntry, WaterfallEntry, Who
from installation.events import (
    Event,
    FaultCleared,
    FaultRaised,
    Mode,
    Room,
)
from installation.pace import pace
from installation.show_log_file import Evening, LogError
from installation.show_log_reading import refuse_newer
from installation.show_log_writer import LogWriter, NumberedLine, rescue
from installation.thread import start

log = logging.getLogger(__name__)

RECENT_LINES = 300
"""Changes that a page is given when it (re)connects; more only where older lines still wait for a curator."""

UNWRITTEN_LINES = 100_000
"""Changes kept in memory while the file cannot be written: two days of a busy gallery, about 60 MB."""

WATERFALLS_KEPT = 10_000
"""Answers whose pace counts tonight, and that wait to be written: two days of a busy gallery, about 10 MB."""

BATCH_LINES = 500
"""Changes in one transaction at most: a failed attempt to write many must not hold up the panel."""

RETRY_S = 1.0
"""Pause between attempts to write after a failure."""

QUIET_S = 1.0
"""After this long without a line, what was written is secured against a power cut."""

NOT_KEPT = "words not kept"
"""How the note of a visitor's line ends whose words were left out of the log."""


@dataclass(frozen=True, slots=True)
class _Item:
    entry: Entry
    keep: bool


class Recorder:
    """Takes every entry, writes the lines, and only then publishes on the bus, in order.

    A thread of its own does that. While the file cannot be written, entries are published all the same, the lines wait
    in memory, and they are written in order when there is room again.
    """

    def __init__(
        self,
        path: Path,
        bus: Bus,
        evening: Evening,
        keep_visitor_words: bool,
        post: Callable[[Event], None],
    ) -> None:
        self._path = path
        self._bus = bus
        self._keep_visitor_words = keep_visitor_words
        self._post = post
        self._writer = LogWriter(path, evening)
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._unwritten: deque[NumberedLine] = deque(maxlen=UNWRITTEN_LINES)
        self._unwritten_waterfalls: deque[WaterfallEntry] = deque(maxlen=WATERFALLS_KEPT)
        self._numbered = 0
        self._fault: str | None = None
        self._retry_at_s = 0.0
        self._quiet_from_s = 0.0
        self._recent: deque[_Item] = deque()
        self._waterfalls: deque[tuple[WaterfallEntry, bool]] = deque(maxlen=WATERFALLS_KEPT)
        self._pace = PaceEntry()
        self._pending: tuple[int, ...] = ()
        self._recent_lock = threading.Lock()
        self._closed = False
        self._lost: str | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to record.

        Raises:
            NewerLogError: the file was written by a later version. Every other failure is a standing fault.
        """
        refuse_newer(self._path)
        self._thread = start("show-log", self._run, self._post)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write and publish what is queued, and end the evening.

        Raises:
            LogError: the file would not take the last lines; the message says where they are.
        """
        self.close()
        if self._lost is not None:
            raise LogError(self._lost)

    def close(self, within_s: float | None = None) -> bool:
        """Write what is queued and end the evening; false when that took longer than `within_s`, or failed."""
        self._closed = True
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join(within_s)
            return not self._thread.is_alive() and self._lost is None
        return self._lost is None

    def record(self, entry: Entry, keep: bool = True) -> None:
        """Take an entry; never blocks. One with `keep=False` (rehearsal) is published but not written."""
        if self._closed:
            raise RuntimeError(f"the show log is closed, but was given {entry}")
        self._queue.put(_Item(entry, keep))

    def recent(self) -> tuple[LineEntry, ...]:
        """The last changes that were published, oldest first.

        Who subscribes to the bus first and asks then may be given the newest twice, but misses none.
        """
        with self._recent_lock:
            return tuple(item.entry for item in self._recent if isinstance(item.entry, LineEntry))

    @property
    def waterfall(self) -> WaterfallEntry | None:
        """How the latest answer to a voice came about."""
        with self._recent_lock:
            return self._waterfalls[-1][0] if self._waterfalls else None

    @property
    def pace(self) -> PaceEntry:
        """How long tonight's visitors waited for their answers."""
        with self._recent_lock:
            return self._pace

    # --- from here on, the recorder's own thread ----------------------------------------------------------------------

    def _run(self) -> None:
        self._attempt(self._writer.open)
        closing = False
        while not closing:
            items, closing = self._take()
            for item in items:
                if item.keep and isinstance(item.entry, LineEntry):
                    self._numbered += 1
                    self._unwritten.append(NumberedLine(self._numbered, self._redacted(item.entry)))
                elif item.keep and isinstance(item.entry, WaterfallEntry):
                    self._unwritten_waterfalls.append(item.entry)
            self._write(at_once=closing)
            for item in items:
                self._publish(item)
            if self._fault is None and self._writer.unsynced and time.monotonic() >= self._quiet_from_s:
                self._attempt(self._writer.sync)
        self._end()

    def _take(self) -> tuple[list[_Item], bool]:
        """Everything that is queued, waiting for the first; and whether the end has come."""
        wait_s = None
        if self._fault is not None:
            wait_s = max(0.0, self._retry_at_s - time.monotonic())
        elif self._writer.unsynced:
            wait_s = max(0.0, self._quiet_from_s - time.monotonic())
        items: list[_Item] = []
        try:
            item = self._queue.get(timeout=wait_s)
            while item is not None:
                items.append(item)
                item = self._queue.get_nowait()
        except queue.Empty:
            return items, False
        return items, True

    def _redacted(self, line: LineEntry) -> LineEntry:
        if line.who is Who.VISITOR and not self._keep_visitor_words:
            return replace(line, text="", note=f"{line.note}, {NOT_KEPT}" if line.note else NOT_KEPT)
        return line

    def _write(self, at_once: bool) -> None:
        if self._fault is not None and not at_once and time.monotonic() < self._retry_at_s:
            return
        if self._unwritten or self._unwritten_waterfalls:
            self._attempt(self._write_all)
            self._quiet_from_s = time.monotonic() + QUIET_S
        elif self._fault is not None:
            self._attempt(self._writer.sync)

    def _write_all(self) -> None:
        while self._unwritten:
            batch = list(islice(self._unwritten, BATCH_LINES))
            self._writer.write(batch)
            for _ in batch:
                self._unwritten.popleft()
        if self._unwritten_waterfalls:
            self._writer.write((), tuple(self._unwritten_waterfalls))
            self._unwritten_waterfalls.clear()

    def _attempt(self, work: Callable[[], None]) -> None:
        """Do something with the file; raise the fault when that fails, clear it when it works again."""
        try:
            work()
        except LogError as error:
            self._retry_at_s = time.monotonic() + RETRY_S
            self._raise_fault(str(error))
            return
        if self._fault is not None:
            self._fault = None
            self._post(FaultCleared(Room.LOG))

    def _raise_fault(self, message: str) -> None:
        if len(self._unwritten) == self._unwritten.maxlen:
            message += " The oldest unwritten lines are being lost."
        if message != self._fault:
            self._fault = message
            log.warning("%s", message)
            self._post(FaultRaised(Room.LOG, message))

    def _publish(self, item: _Item) -> None:
        before = self._pace
        with self._recent_lock:
            if isinstance(item.entry, WaterfallEntry):
                self._waterfalls.append((item.entry, item.keep))
                self._pace = pace(waterfall for waterfall, _ in self._waterfalls)
            elif isinstance(item.entry, LineEntry):
                self._recent.append(item)
                if len(self._recent) > RECENT_LINES:
                    self._forget_oldest()
            elif isinstance(item.entry, SceneEntry):
                self._pending = item.entry.pending
                # What was said in a rehearsal leaves the memory, too, when it is over.
                if item.entry.mode is not Mode.REHEARSAL:
                    self._forget_rehearsal()
        self._bus.publish(item.entry)
        if self._pace != before:
            self._bus.publish(self._pace)

    def _forget_rehearsal(self) -> None:
        self._recent = deque(line for line in self._recent if line.keep)
        if not all(kept for _, kept in self._waterfalls):
            kept = ((waterfall, True) for waterfall, kept in self._waterfalls if kept)
            self._waterfalls = deque(kept, maxlen=WATERFALLS_KEPT)
            self._pace = pace(waterfall for waterfall, _ in self._waterfalls)

    def _forget_oldest(self) -> None:
        """Make room, but keep the lines that a curator still has to decide on."""
        for item in self._recent:
            if isinstance(item.entry, LineEntry) and item.entry.turn_id not in self._pending:
                self._recent.remove(item)
                return

    def _end(self) -> None:
        if self._unwritten:
            self._lost = f"{self._fault} {_rescued(self._unwritten)}"
        else:
            self._attempt(lambda: self._writer.end(datetime.now().astimezone()))
            self._lost = self._fault
        self._writer.close()


def _rescued(unwritten: Collection[NumberedLine]) -> str:
    """Save what the file did not take, and say how that went."""
    try:
        refuge = rescue(unwritten)
    except OSError as error:
        return f"The last {len(unwritten)} changes of the evening are lost: {error}."
    return f"The last {len(unwritten)} changes of the evening are in {refuge}: keep that file."
