"""Writes lines into the show log's file, a batch to a transaction."""

from __future__ import annotations

import csv
import os
import sqlite3
import tempfile
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from installation.entries import LineEntry, WaterfallEntry
from installation.show_log_file import (
    APPLICATION_ID,
    STEP_TABLE,
    STEPS_SINCE_VERSION,
    TABLES,
    VERSION,
    Evening,
    LogError,
    check_version,
    explain,
)

WAIT_FOR_LOCK_S = 0.5

COLUMNS = ("number", "turn", "part", "who", "state", "text", "language", "at", "at_s", "note")

INSERT_LINE = f"""
    INSERT INTO line (evening, {", ".join(COLUMNS)})
    VALUES (?{", ?" * len(COLUMNS)})
    ON CONFLICT (evening, number) DO NOTHING
"""

INSERT_STEP = """
    INSERT INTO step (evening, turn, step, passed_ms)
    VALUES (?, ?, ?, ?)
    ON CONFLICT (evening, turn, step) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """A change of a line with its place in the evening, from 1."""

    number: int
    line: LineEntry


class LogWriter:
    """One evening's way into the file; for one thread. After a failure it opens the file anew."""

    def __init__(self, path: Path, evening: Evening) -> None:
        self._path = path
        self._evening = evening
        self._connection: sqlite3.Connection | None = None
        self._id: int | None = None
        self._unsynced = False

    @property
    def unsynced(self) -> bool:
        """Whether something was written that a power cut could still take away."""
        return self._unsynced

    def open(self) -> None:
        """Open the file, making it if it is not there. Raises LogError."""
        try:
            self._opened()
        except (sqlite3.Error, OSError) as error:
            raise self._failed(error) from error

    def write(self, lines: Collection[NumberedLine], waterfalls: Collection[WaterfallEntry] = ()) -> None:
        """Write all of them or none; what is already there stays as it is. Raises LogError."""
        try:
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            evening = self._evening_id(connection)
            connection.executemany(INSERT_LINE, [(evening, *row(numbered)) for numbered in lines])
            steps = [(w.turn_id, step.value, passed_ms) for w in waterfalls for step, passed_ms in w.passed_ms]
            connection.executemany(INSERT_STEP, [(evening, *step) for step in steps])
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise self._failed(error) from error
        self._unsynced = True

    def end(self, at: datetime) -> None:
        """Note that the evening ended as it should; an evening without lines has left no trace. Raises LogError."""
        if self._id is None:
            return
        try:
            self._opened().execute(
                "UPDATE evening SET ended_at = ? WHERE id = ? AND started_at = ?",
                (_iso(at), self._id, _iso(self._evening.started_at)),
            )
        except (sqlite3.Error, OSError) as error:
            raise self._failed(error) from error

    def sync(self) -> None:
        """Put what was written where a power cut cannot reach it. Raises LogError."""
        try:
            self._opened().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except (sqlite3.Error, OSError) as error:
            raise self._failed(error) from error
        self._unsynced = False

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, timeout=WAIT_FOR_LOCK_S, isolation_level=None)
            try:
                _prepare(self._connection, self._path)
            except BaseException:
                self.close()
                raise
        return self._connection

    def _evening_id(self, connection: sqlite3.Connection) -> int:
        """The evening's row, made with its first line, and again when another file has taken the place of the first."""
        started_at = _iso(self._evening.started_at)
        found = connection.execute("SELECT id FROM evening WHERE id = ? AND started_at = ?", (self._id, started_at))
        if found.fetchone() is None:
            self._id = connection.execute(
                "INSERT INTO evening (show, character, mode, started_at) VALUES (?, ?, ?, ?)",
                (
                    storable(self._evening.show),
                    storable(self._evening.character),
                    self._evening.mode.value,
                    started_at,
                ),
            ).lastrowid
        assert self._id is not None
        return self._id

    def _failed(self, error: Exception) -> LogError:
        with suppress(sqlite3.Error):  # the first failure is the one to tell
            self.close()
        return LogError(explain(self._path, error, "written"))


def rescue(lines: Collection[NumberedLine]) -> Path:
    """Put lines that the log would not take into a CSV file of their own, away from its disk. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix="souffleur-unwritten-", suffix=".csv")
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(row(numbered) for numbered in lines)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def storable(text: str) -> str:
    """`text` with what no file can hold (halves of a surrogate pair) replaced by question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def row(numbered: NumberedLine) -> tuple[str | int | float, ...]:
    """The line's columns, in the order of COLUMNS."""
    line = numbered.line
    return (
        numbered.number,
        line.turn_id,
        line.part,
        line.who.value,
        line.state.value,
        storable(line.text),
        storable(line.language),
        _iso(line.at),
        line.at_s,
        storable(line.note),
    )


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make a connection fit to write: right version, tables there, readers not in the way.

    In WAL mode with synchronous=NORMAL a commit is in the system's hands at once, which is all that a killed process
    needs, and the disk is not waited for: a line must not reach the panel late because a disk is slow.
    """
    version = check_version(connection, path)
    connection.execute("PRAGMA journal_mode = WAL").fetchone()
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    if version == 0:
        connection.execute("BEGIN IMMEDIATE")
        if check_version(connection, path) == 0:  # another house may have been quicker
            for table in TABLES:
                connection.execute(table)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    elif version < VERSION:
        connection.execute("BEGIN IMMEDIATE")
        if check_version(connection, path) < STEPS_SINCE_VERSION:
            connection.execute(STEP_TABLE)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
