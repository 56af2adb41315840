"""The file beside show.toml that keeps the thresholds which were moved at the panel."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from installation.commands import Setting
from installation.events import Event, FaultCleared, FaultRaised, Room
from installation.turn_taking.settings import TurnTakingSettings
from installation.turn_taking.tuning import differing
from installation.worker import Worker
from models.settings import SettingsError, build, load_toml, plain

TUNING_FILE = "tuning.toml"
HEAD = """\
# Written by the panel, not by hand: what was moved there, and differs from [turn_taking] in show.toml, before which it
# comes. Delete this file to go back to the show's own values; to keep one for good, move its line to show.toml.

[turn_taking]
"""


@dataclass(frozen=True, slots=True)
class _Whole:
    turn_taking: TurnTakingSettings


def read_tuning(folder: Path, own: TurnTakingSettings) -> TurnTakingSettings:
    """The thresholds in force for the show in `folder`, whose show.toml says `own`.

    Raises:
        SettingsError: the file is wrong: file, key, and the nearest right one.
    """
    path = folder / TUNING_FILE
    if not path.exists():
        return own
    try:
        return build(_Whole, _over(plain(own), load_toml(path)), str(path)).turn_taking
    except SettingsError as error:
        raise SettingsError(f"{error} Mend the file, or delete it to go back to the show's own values.") from error


def _over(own: dict[str, Any], tables: dict[str, Any]) -> dict[str, Any]:
    """What the file holds, completed by what the show says."""
    moved = tables.get("turn_taking", {})
    return {**tables, "turn_taking": {**own, **moved} if isinstance(moved, dict) else moved}


def write_tuning(folder: Path, settings: TurnTakingSettings, own: TurnTakingSettings) -> None:
    """Put what differs from `own` into the file, whole or not at all; where nothing does, there is none.

    Raises:
        OSError: it cannot be written.
    """
    path = folder / TUNING_FILE
    changes = differing(settings, own)
    if not changes:
        path.unlink(missing_ok=True)
        return
    new = path.with_name(f"{path.name}.new")
    try:
        with new.open("w", encoding="utf-8") as file:
            file.write(HEAD + "".join(f"{name} = {_toml(value)}\n" for name, value in changes))
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise


def _toml(value: Setting) -> str:
    return json.dumps(value, ensure_ascii=False)


class TuningKeeper:
    """Saves thresholds on a thread of its own, since a disk may be slow; a context manager."""

    def __init__(self, folder: Path, own: TurnTakingSettings, post: Callable[[Event], None]) -> None:
        self._folder = folder
        self._own = own
        self._post = post
        self._worker = Worker(post, "tuning")
        self._failing = False

    def __enter__(self) -> TuningKeeper:
        self._worker.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._worker.__exit__(*exc)

    def keep(self, settings: TurnTakingSettings) -> None:
        """Save them; never blocks. Where that fails it is a standing fault, and they hold for tonight."""
        self._worker.submit(lambda: self._save(settings))

    def _save(self, settings: TurnTakingSettings) -> None:
        try:
            write_tuning(self._folder, settings, self._own)
        except OSError as error:
            self._failing = True
            self._post(FaultRaised(Room.TUNING, _unsaved(self._folder / TUNING_FILE, error)))
            return
        if self._failing:
            self._failing = False
            self._post(FaultCleared(Room.TUNING))


def _unsaved(path: Path, error: OSError) -> str:
    return (
        f"{path}: what was moved at the panel cannot be saved ({error.strerror or error}); it holds for tonight. "
        f"Make the show's folder writable and move a threshold again, or write the values into show.toml."
    )
