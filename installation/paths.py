"""Where the user's data live: `var/` in the project's folder, or where SOUFFLEUR_HOME points."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
"""The folder that holds the packages and the shows."""

_LONGEST_BYTES = 180
"""File systems end at 255, and SQLite puts files with longer names beside it."""


def home() -> Path:
    """The folder of the user's data (weights, logs, corpora); it need not exist yet."""
    chosen = os.environ.get("SOUFFLEUR_HOME", "")
    return Path(chosen).expanduser().resolve() if chosen else PROJECT / "var"


def log_path(show: str) -> Path:
    """The show log of the show with that name; a name that a file cannot have is changed, and marked as its own."""
    return home() / "logs" / f"{_file_name(show)}.sqlite"


def recordings() -> Path:
    """The folder of the evenings whose sound was recorded; it need not exist yet."""
    return home() / "recordings"


def recording_stem(show: str, began_at: datetime) -> str:
    """The name, without its ending, of the files of an evening of that show."""
    return f"{_file_name(show)}-{began_at:%Y-%m-%d-%H-%M-%S}"


def ensure(folder: Path) -> Path:
    """Make `folder` and its parents if they are missing, and give it back. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _file_name(name: str) -> str:
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-.")
    if plain == name.replace(" ", "-") and len(name.encode()) <= _LONGEST_BYTES and "-" not in name:
        return plain
    short = plain.encode()[:_LONGEST_BYTES].decode(errors="ignore")
    # Two shows whose names differ only in such characters must not share one log.
    return f"{short or 'show'}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
