"""Reads the show log, also while the house writes it; never changes it."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from installation.entries import LineEntry, LineState, Step, WaterfallEntry, Who
from installation.events import (
    Mode,
)
from installation.show_log_file import (
    STEPS_SINCE_VERSION,
    Evening,
    LogError,
    NewerLogError,
    check_version,
    explain,
)

ORDER = {step: place for place, step in enumerate(Step)}
"""For steps that were passed in the same tenth of a millisecond."""


@dataclass(frozen=True, slots=True)
class PastEvening:
    """An evening as it stands in the log."""

    id: int
    head: Evening
    ended_at: datetime | None
    """None while it lasts, and for an evening whose house was killed."""
    changes: int
    """How many lines' changes it holds."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """An evening with all its lines' changes, in the order in which they happened."""

    evening: PastEvening
    lines: tuple[LineEntry, ...]
    waterfalls: tuple[WaterfallEntry, ...] = ()
    """How its answers to visitors' voices came about, in the order of their turns."""


def list_evenings(path: Path) -> tuple[PastEvening, ...]:
    """All evenings, oldest first; none when the show has never been logged. Raises LogError."""
    if not path.exists():
        return ()
    with _reading(path) as connection:
        return _evenings(connection)


def read_evening(path: Path, evening_id: int | None = None) -> Protocol:
    """One evening, by default the latest.

    Raises:
        LogError: there is no such evening, or the file cannot be read.
    """
    if not path.exists():
        raise LogError(f"There is no show log at {path} yet: it is made when the show runs.")
    with _reading(path) as connection:
        evenings = _evenings(connection)
        evening = next((e for e in reversed(evenings) if evening_id in (None, e.id)), None)
        if evening is None and evening_id is None:
            raise LogError(f"The show log {path} holds no evening yet: nothing has been said that was kept.")
        if evening is None:
            known = ", ".join(str(e.id) for e in evenings[-10:]) or "none"
            raise LogError(f"The show log {path} has no evening {evening_id}: it knows {known}.")
        rows = connection.execute(
            "SELECT turn, part, who, state, text, language, at, at_s, note FROM line WHERE evening = ? ORDER BY number",
            (evening.id,),
        )
        lines = tuple(_line(row) for row in rows)
        return Protocol(evening, lines, _waterfalls(connection, path, evening.id))


def refuse_newer(path: Path) -> None:
    """Make sure that a later version has not written this log; other faults are left to who writes.

    Raises:
        NewerLogError: it has.
    """
    if not path.exists():
        return
    try:
        with _reading(path):
            pass
    except NewerLogError:
        raise
    except LogError:
        return


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with _opened(path) as connection:
            connection.execute("BEGIN")
            if check_version(connection, path) == 0:
                raise LogError(f"The show log {path} is empty: it is filled when the show runs.")
            yield connection
    except (sqlite3.Error, OSError) as error:
        raise LogError(explain(path, error, "read")) from error


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file, read-only; or a copy of it, where SQLite cannot read it in place.

    A file in WAL mode needs an index beside it, which SQLite cannot make in a folder that is read-only, such as a
    copied archive: what is there then has no writer, so a copy is the same.
    """
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)) as connection:
        try:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.OperationalError:
            in_place = False
        else:
            in_place = True
        if in_place:
            yield connection
            return
    with tempfile.TemporaryDirectory(prefix="souffleur-log-") as folder:
        for suffix in ("", "-wal"):
            beside = path.with_name(path.name + suffix)
            if beside.exists():
                shutil.copyfile(beside, Path(folder, "log.sqlite" + suffix))
        with closing(sqlite3.connect(Path(folder, "log.sqlite"), isolation_level=None)) as connection:
            yield connection


def _evenings(connection: sqlite3.Connection) -> tuple[PastEvening, ...]:
    rows = connection.execute(
        """
        SELECT id, show, character, mode, started_at, ended_at,
               (SELECT count(*) FROM line WHERE line.evening = evening.id)
        FROM evening ORDER BY id
        """
    )
    return tuple(
        PastEvening(
            id=row[0],
            head=Evening(row[1], row[2], Mode(row[3]), datetime.fromisoformat(row[4])),
            ended_at=None if row[5] is None else datetime.fromisoformat(row[5]),
            changes=row[6],
        )
        for row in rows
    )


def _waterfalls(connection: sqlite3.Connection, path: Path, evening_id: int) -> tuple[WaterfallEntry, ...]:
    if check_version(connection, path) < STEPS_SINCE_VERSION:
        return ()
    rows = connection.execute("SELECT turn, step, passed_ms FROM step WHERE evening = ? ORDER BY turn", (evening_id,))
    passed: dict[int, dict[Step, float]] = {}
    for turn, step, passed_ms in rows:
        passed.setdefault(turn, {})[Step(step)] = passed_ms
    in_order = {
        turn: sorted(steps.items(), key=lambda step: (step[1], ORDER[step[0]])) for turn, steps in passed.items()
    }
    return tuple(WaterfallEntry(turn, tuple(steps)) for turn, steps in in_order.items())


def _line(row: tuple[int, int, str, str, str, str, str, float, str]) -> LineEntry:
    turn, part, who, state, text, language, at, at_s, note = row
    return LineEntry(turn, part, Who(who), LineState(state), text, language, datetime.fromisoformat(at), at_s, note)
