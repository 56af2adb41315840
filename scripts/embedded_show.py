"""A copy of a show that plays with the embedded engines, so that what is measured does not depend on the show's own."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from models.engine_settings import EMBEDDED

_ENGINES = re.compile(r"^\[engines[\].].*?(?=^\[(?!engines[\].])|\Z)", re.MULTILINE | re.DOTALL)
"""The table `[engines]` or one below it, up to the next other table."""


def with_embedded_engines(show: Path, folder: Path) -> Path:
    """Copy `show` into `folder`, which must not exist yet, with its engines and their settings replaced."""
    ears, persona, voice = EMBEDDED
    return with_engines(show, folder, f'\n[engines]\nears = "{ears}"\npersona = "{persona}"\nvoice = "{voice}"\n')


def with_engines(show: Path, folder: Path, engines: str) -> Path:
    """The same with tables of engines that are given as TOML."""
    shutil.copytree(show, folder)
    file = folder / "show.toml"
    file.write_text(_ENGINES.sub("", file.read_text(encoding="utf-8")) + engines, encoding="utf-8")
    return folder
