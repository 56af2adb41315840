"""Models that we recommend, from `catalog.toml` beside this file."""

from __future__ import annotations

import difflib
import fnmatch
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from models.protocols import Language, ModelError
from models.settings import read_toml

EngineRole = Literal["ears", "persona", "voice"]
Role = Literal["ears", "persona", "voice", "turns"]
"""What a model of the catalogue is for: an engine, or, as one vote among others, to hear that somebody has finished."""
Machine = Literal["laptop", "8gb", "24gb"]
"""What it wants: a processor alone, or a graphics card with that much memory."""
Stage = Literal["yes", "ask", "no"]

_FILE = Path(__file__).with_name("catalog.toml")
_IN_SHOW: dict[Role, str] = {
    "ears": 'ears = "{}"',
    "persona": 'persona = "{}"',
    "voice": 'voice = "coqui:{}"',
    "turns": '[hearing] smart_turn = "{}"',
}


@dataclass(frozen=True, slots=True)
class Licence:
    """What a licence means for a company that plays before a paying public."""

    stage: Stage
    """"ask": it may, under conditions that somebody must have read."""
    why: dict[Language, str]
    """One sentence in each language of the panel."""


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A model that can be fetched."""

    id: str
    """What show.toml calls it."""
    role: Role
    name: str
    machine: Machine
    repository: str
    """Of the Hugging Face hub; of an archive, whose it is."""
    files: tuple[str, ...]
    """Names of the files that are wanted, with * and ?."""
    licence: str
    size_mb: int
    """0 where we do not know."""
    languages: tuple[Language, ...]
    """Empty: many."""
    archive: str = ""
    """Address of a zip that holds the files, for what is on no hub."""
    note: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", self.id):
            raise ValueError(f'id "{self.id}" must be of small letters, digits, "." and "-"')

    @property
    def terms(self) -> Licence:
        """What its licence allows."""
        return _catalog().licence[self.licence]

    @property
    def size(self) -> str:
        """The size of the download, for people; "" where we do not know."""
        if not self.size_mb:
            return ""
        return f"{self.size_mb / 1000:.1f} GB" if self.size_mb >= 1000 else f"{self.size_mb} MB"

    @property
    def in_show(self) -> str:
        """How show.toml names it."""
        return in_show(self.role, self.id)

    def wants(self, name: str) -> bool:
        """Whether a file of that name, without its folders, is one of its own."""
        return any(fnmatch.fnmatchcase(name, PurePosixPath(pattern).name) for pattern in self.files)

    def __str__(self) -> str:
        return f"{self.id} ({', '.join(filter(None, (self.licence, self.size)))})"


@dataclass(frozen=True, slots=True)
class _Catalog:
    licence: dict[str, Licence]
    model: tuple[CatalogEntry, ...]


@functools.cache
def _catalog() -> _Catalog:
    return read_toml(_FILE, _Catalog)


def catalog() -> tuple[CatalogEntry, ...]:
    """All entries, the recommended one of each role first."""
    return _catalog().model


@functools.cache
def by_id() -> Mapping[str, CatalogEntry]:
    """All entries by what show.toml calls them."""
    return {entry.id: entry for entry in catalog()}


def find(identifier: str) -> CatalogEntry:
    """The entry of that id.

    Raises:
        ModelError: there is none; the nearest one.
    """
    if identifier in by_id():
        return by_id()[identifier]
    near = difflib.get_close_matches(identifier.casefold(), by_id(), n=1, cutoff=0.5)
    hint = f'did you mean "{near[0]}"?' if near else "`souffleur models list` lists them."
    raise ModelError(f'"{identifier}" is no model of the catalogue; {hint}')


def in_show(role: Role, identifier: str) -> str:
    """How show.toml names a model of that id."""
    return _IN_SHOW[role].format(identifier)


def recommended(role: Role) -> CatalogEntry:
    """The first entry of a role."""
    return next(entry for entry in catalog() if entry.role == role)
