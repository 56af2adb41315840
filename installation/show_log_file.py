"""The show log's file: its tables, its version, and what to do when it cannot be used."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from installation.events import (
    Mode,
)

APPLICATION_ID = 0x536F7566
"""Marks an SQLite file as a show log ("Souf")."""

VERSION = 3
"""2 also has changes made at the desk, its tables are those of 1; 3 also has how answers came about."""

STEPS_SINCE_VERSION = 3

STEP_TABLE = """
    CREATE TABLE step (
        evening INTEGER NOT NULL REFERENCES evening (id),
        turn INTEGER NOT NULL,
        step TEXT NOT NULL,
        passed_ms REAL NOT NULL, -- after the visitor's last voiced sample
        PRIMARY KEY (evening, turn, step)
    ) STRICT, WITHOUT ROWID
    """

TABLES = (
    """
    CREATE TABLE evening (
        id INTEGER PRIMARY KEY,
        show TEXT NOT NULL,
        character TEXT NOT NULL,
        mode TEXT NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT -- NULL while it lasts, and for ever when the house was killed
    ) STRICT
    """,
    # `number` counts the changes of one evening: a change that is written a second time after a failure is known by it.
    """
    CREATE TABLE line (
        evening INTEGER NOT NULL REFERENCES evening (id),
        number INTEGER NOT NULL,
        turn INTEGER NOT NULL,
        part INTEGER NOT NULL,
        who TEXT NOT NULL,
        state TEXT NOT NULL,
        text TEXT NOT NULL,
        language TEXT NOT NULL,
        at TEXT NOT NULL,
        at_s REAL NOT NULL,
        note TEXT NOT NULL,
        PRIMARY KEY (evening, number)
    ) STRICT, WITHOUT ROWID
    """,
    STEP_TABLE,
)

LITTLE_SPACE_BYTES = 1_000_000
"""With less than this on the disk, any failure to write is put down to the full disk."""


class LogError(Exception):
    """The show log cannot be read or written; the message says what, where and what to do."""


class NewerLogError(LogError):
    """The file was written by a later version of the program."""


@dataclass(frozen=True, slots=True)
class Evening:
    """One run of the house, as it stands at the head of its lines."""

    show: str
    character: str
    mode: Mode
    """The mode that it began in."""
    started_at: datetime
    """Wall clock, with time zone."""


def check_version(connection: sqlite3.Connection, path: Path) -> int:
    """The version of an open file; 0 for one without tables.

    Raises:
        NewerLogError: it is newer than this program.
        LogError: it is an SQLite file, but not a show log.
        sqlite3.Error: it cannot be read.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    mark = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    if mark != APPLICATION_ID and tables:
        raise LogError(f"{path} is a database of another program, not a show log: move it to another place.")
    if version > VERSION:
        raise NewerLogError(
            f"The show log {path} was written by a later version of Souffleur (format {version}, this one knows "
            f"{VERSION}): update Souffleur, or move the file away and a new log is begun."
        )
    return version


def explain(path: Path, error: Exception, doing: str) -> str:
    """One sentence for a failure of SQLite or of the disk: what, where, what to do. `doing`: "written" or "read"."""
    name = getattr(error, "sqlite_errorname", "") or ""
    what = f"The show log {path} cannot be {doing}"
    if path.is_dir():
        return f"{what}: it is a folder. Move it away and a new log is begun."
    if isinstance(error, NotADirectoryError | FileExistsError):
        return f"{what}: {error.filename} is no folder. Set SOUFFLEUR_HOME to one, or move that file away."
    if name == "SQLITE_FULL" or (doing == "written" and _nearly_full(path)):
        return f"{what}: the disk is full. Free some space."
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")) or isinstance(error, PermissionError):
        return f"{what}: access is denied. Check the permissions of the file and of its folder."
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return f"{what}: the file is damaged. Move it away and a new log is begun."
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"{what}: another program holds it. Close the program that has it open."
    return f"{what}: {error}. Check the disk that it lies on."


def _nearly_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < LITTLE_SPACE_BYTES
    except OSError:
        return False
