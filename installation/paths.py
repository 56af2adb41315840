"""Where the user's data live: `var/` in the project's folder, or where SOUFFLEUR_HOME points."""

from __future__ import annotations

import os
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
"""The folder that holds the packages and the shows."""


def home() -> Path:
    """The folder of the user's data (weights, logs, corpora); it need not exist yet."""
    chosen = os.environ.get("SOUFFLEUR_HOME", "")
    return Path(chosen).expanduser().resolve() if chosen else PROJECT / "var"


def log_path(show: str) -> Path:
    """The show log of the show with that name; characters that a file name cannot hold become dashes."""
    return home() / "logs" / f"{_file_name(show)}.sqlite"


def ensure(folder: Path) -> Path:
    """Make `folder` and its parents if they are missing, and give it back. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "show"
