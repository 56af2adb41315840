"""Which show a person means on the command line, and the one sentence when it cannot be used."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO, Any

import click

from installation.config import Show, load_show
from installation.paths import PROJECT
from models.settings import SettingsError

SHOWS = PROJECT / "shows"
DEMO = SHOWS / "demo"


class Failure(click.ClickException):
    """An error for people: one sentence, and an exit code that means something."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self._exit_code = exit_code

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence, and leave with the code."""
        super().show(file)
        sys.exit(self._exit_code)


def show_folder(value: str | None) -> Path:
    """The folder that a person means: a path, or the name of a folder in shows/; the demo when nothing is given."""
    if value is None:
        return DEMO
    given = Path(value).expanduser()
    is_name = given.name == value
    return SHOWS / value if is_name and not os.path.lexists(given) else given


def open_show(value: str | None) -> Show:
    """The show that a person means, or the sentence that says what is wrong with it."""
    try:
        return load_show(show_folder(value))
    except SettingsError as error:
        raise Failure(str(error), 2) from error
