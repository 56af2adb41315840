"""`models.lock`: which bytes a show plays with, written when its models are first fetched."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from models.settings import SettingsError, read_toml

LOCK_FILE = "models.lock"
"""Beside the show's show.toml."""
_HEAD = "# Which bytes this show plays with; written by `souffleur models`. Carry it with the show.\n"
_DIGEST_LETTERS = 12


def is_inside(name: str) -> bool:
    """Whether a file of that name, of somebody else's choosing, stays in the folder that it is written into."""
    path = PurePosixPath(name)
    whole = bool(path.parts) and not path.is_absolute() and str(path) == name
    return whole and ".." not in path.parts and name.isprintable() and not re.search(r'[\\:*?"<>|]', name)


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A file, known by its bytes."""

    name: str
    """As in the repository, with its folders."""
    size_bytes: int
    sha256: str

    def __post_init__(self) -> None:
        if not is_inside(self.name):
            raise ValueError(f'name "{self.name}" is no file inside the model')
        if self.size_bytes < 0:
            raise ValueError(f'size_bytes of "{self.name}" must be at least 0, not {self.size_bytes}')
        if not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError(f'sha256 of "{self.name}" must be 64 hexadecimal digits')


@dataclass(frozen=True, slots=True)
class PinnedModel:
    """A model, known by the bytes of its files."""

    id: str
    repository: str
    commit: str
    """Of the repository; of an archive, "sha256:" and its sum; "" when it came from a stick that did not say."""
    file: tuple[PinnedFile, ...]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", self.id):
            raise ValueError(f'id "{self.id}" is not one of the catalogue')
        if not self.file:
            raise ValueError(f'model "{self.id}" has no files')

    @property
    def folder_name(self) -> str:
        """Its own in the store: the same bytes have the same name, whatever commit they came from."""
        lines = "\n".join(sorted(f"{file.sha256} {file.name}" for file in self.file))
        return f"{self.id}-{hashlib.sha256(lines.encode()).hexdigest()[:_DIGEST_LETTERS]}"


@dataclass(frozen=True, slots=True)
class _Lock:
    model: tuple[PinnedModel, ...] = ()


def read_lock(file: Path) -> dict[str, PinnedModel]:
    """The models that `file` pins, by id; none when there is no such file.

    Raises:
        SettingsError: it cannot be read, or is no lock.
    """
    if not file.exists():
        return {}
    return {model.id: model for model in read_toml(file, _Lock).model}


def write_lock(file: Path, models: Iterable[PinnedModel]) -> None:
    """Replace `file` by one that pins `models`, as a whole or not at all.

    Raises:
        SettingsError: it cannot be written.
    """
    text = _HEAD + "".join(map(_table, sorted(models, key=lambda model: model.id)))
    fresh = file.with_name(file.name + ".new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise SettingsError(f"{file}: cannot be written ({error.strerror}).") from error


def pin(file: Path, models: Mapping[str, PinnedModel]) -> None:
    """Add `models`, by id, to what `file` pins. Raises SettingsError."""
    before = read_lock(file)
    after = {**before, **models}
    if after != before:
        write_lock(file, after.values())


def unpin(file: Path, identifier: str) -> bool:
    """Take the model of that id out of what `file` pins; whether it was there. Raises SettingsError."""
    before = read_lock(file)
    if identifier not in before:
        return False
    write_lock(file, (model for model in before.values() if model.id != identifier))
    return True


def _table(model: PinnedModel) -> str:
    rows = ["", "[[model]]", _row("id", model.id), _row("repository", model.repository), _row("commit", model.commit)]
    for file in sorted(model.file, key=lambda file: file.name):
        rows += ["[[model.file]]", _row("name", file.name), f"size_bytes = {file.size_bytes}"]
        rows += [_row("sha256", file.sha256)]
    return "\n".join(rows) + "\n"


def _row(key: str, value: str) -> str:
    # JSON's strings are TOML's, too
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"
