"""Finds a model on a stick: a folder that is laid out as the store, or that simply holds the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from models.catalog import CatalogEntry
from models.lock import PinnedModel, is_inside, read_lock
from models.protocols import ModelError
from models.settings import SettingsError

_SIZE_FACTOR = 1.6
"""The catalogue's sizes are rounded, and an 8-bit copy has half; the next size of a family is at least twice as big."""


@dataclass(frozen=True, slots=True)
class Found:
    """The files of a model on a stick."""

    files: Mapping[str, Path]
    """By their name in the repository."""
    recorded: PinnedModel | None
    """What they must be: what the show pins, else what a record beside them says."""

    @property
    def commit(self) -> str:
        """Of the repository; "" when nothing on the stick tells."""
        return self.recorded.commit if self.recorded else ""


def look_on(stick: Path, entry: CatalogEntry, pinned: PinnedModel | None) -> Found:
    """The files of `entry` on a stick; with `pinned` those alone.

    Raises:
        ModelError: they are not there, or are far from the size of `entry` and nothing tells that they are it.
    """
    require_stick(stick)
    for recorded in _records(stick, entry):
        if pinned is None or recorded.folder_name == pinned.folder_name:
            folder = stick / recorded.folder_name
            if (files := _all_of(recorded, folder)) is not None:
                return Found(files, recorded)
    for folder in (stick, stick / entry.id, stick / PurePosixPath(entry.repository).name):
        files = _all_of(pinned, folder) if pinned else _matching(entry, folder)
        if files is not None:
            if pinned is None:
                _require_size(entry, folder, files)
            return Found(files, pinned)
    wanted = [file.name for file in pinned.file] if pinned else entry.files
    raise ModelError(f"{stick}: does not hold {entry.id}: {', '.join(wanted)} are looked for there.")


def require_stick(stick: Path) -> None:
    """Whether there is such a folder. Raises ModelError."""
    if not stick.is_dir():
        raise ModelError(f"{stick}: there is no such folder; name the one that holds the model.")


def _require_size(entry: CatalogEntry, folder: Path, files: Mapping[str, Path]) -> None:
    """Files that have no record are known by their names alone, which all models of a family share."""
    megabytes = sum(path.stat().st_size for path in files.values()) / 1e6
    if entry.size_mb and not entry.size_mb / _SIZE_FACTOR <= megabytes <= entry.size_mb * _SIZE_FACTOR:
        found = f"{megabytes:.0f} MB" if megabytes >= 10 else f"{1000 * megabytes:.0f} kB"
        raise ModelError(
            f"{folder}: holds {found} where {entry.id} has {entry.size}: this is another model, or a part of one; "
            f"to play with it all the same, name the folder or its file under {entry.role} in [engines]."
        )


def _records(stick: Path, entry: CatalogEntry) -> list[PinnedModel]:
    try:
        locks = [read_lock(record) for record in sorted(stick.glob(f"{entry.id}-*.toml"))]
    except SettingsError as error:
        raise ModelError(str(error)) from error
    return [lock[entry.id] for lock in locks if entry.id in lock]


def _all_of(model: PinnedModel, folder: Path) -> dict[str, Path] | None:
    files = {}
    for file in model.file:
        places = (folder / file.name, folder / PurePosixPath(file.name).name)
        there = [path for path in places if path.is_file()]
        if not there:
            return None
        files[file.name] = there[0]
    return files


def _matching(entry: CatalogEntry, folder: Path) -> dict[str, Path] | None:
    """A file for each of the entry's patterns, or none at all."""
    if not folder.is_dir():
        return None
    files = {}
    for pattern in map(PurePosixPath, entry.files):
        found = sorted(path for path in folder.glob(pattern.name) if path.is_file() and is_inside(path.name))
        if not found:
            return None
        files.update({str(pattern.parent / path.name): path for path in found})
    return files
