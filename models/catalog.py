"""Models that we recommend, from `catalog.toml` beside this file."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.protocols import Language
from models.settings import read_toml

EngineRole = Literal["ears", "persona", "voice"]

_FILE = Path(__file__).with_name("catalog.toml")


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A model that can be fetched."""

    role: EngineRole
    name: str
    repository: str
    """Of the Hugging Face hub, or a name in Coqui's own list."""
    file: str
    """"" for the whole repository."""
    licence: str
    size_mb: int
    """0 where we do not know."""
    languages: tuple[Language, ...]
    """Empty: many."""
    note: str = ""

    def __str__(self) -> str:
        size = f", {self.size_mb / 1000:.1f} GB" if self.size_mb >= 1000 else f", {self.size_mb} MB"
        return f"{self.name} ({self.licence}{size if self.size_mb else ''})"


@dataclass(frozen=True, slots=True)
class _Catalog:
    model: tuple[CatalogEntry, ...]


@functools.cache
def catalog() -> tuple[CatalogEntry, ...]:
    """All entries, the recommended one of each role first."""
    return read_toml(_FILE, _Catalog).model


def recommended(role: EngineRole) -> CatalogEntry:
    """The first entry of a role."""
    return next(entry for entry in catalog() if entry.role == role)
