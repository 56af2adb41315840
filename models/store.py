"""The store: a folder of models, each with a record of its bytes beside it."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from models.lock import PinnedFile, PinnedModel, read_lock, write_lock
from models.protocols import ModelError
from models.settings import SettingsError

_BLOCK_BYTES = 1 << 20
_MARGIN_BYTES = 100_000_000
"""A disk that is filled to the last byte serves nobody."""
_RECORD, _VERIFIED = ".toml", ".verified.json"


class MissingModelError(ModelError):
    """The model is not in the store."""


class DamagedModelError(ModelError):
    """A file of the model is missing, or has other bytes than it had."""


@dataclass(frozen=True, slots=True)
class Store:
    """A folder that holds, for each model, a folder of its files, a record of their sums, and when they were checked.

    A model's folder is called after its bytes: two shows that pin different ones live side by side.
    """

    folder: Path

    def pulled(self, identifier: str) -> tuple[PinnedModel, ...]:
        """The models of that id that are here, the latest one last. Raises ModelError."""
        try:
            records = sorted(
                self.folder.glob(f"{identifier}-*{_RECORD}"), key=lambda file: (file.stat().st_mtime_ns, file.name)
            )
            return tuple(
                model
                for record in records
                for model in read_lock(record).values()
                if model.id == identifier and self.home(model).is_dir()
            )
        except SettingsError as error:
            raise ModelError(str(error)) from error
        except OSError as error:
            raise ModelError(f"{self.folder}: cannot be read ({error.strerror}).") from error

    def home(self, model: PinnedModel) -> Path:
        """The folder of its files, whether it is here or not."""
        return self.folder / model.folder_name

    def choose(self, identifier: str, pinned: PinnedModel | None) -> PinnedModel:
        """The very model that is pinned; where none is, the latest one of that id.

        Raises:
            MissingModelError: it is not here.
        """
        here = self.pulled(identifier)
        if pinned is None and here:
            return here[-1]
        if pinned is not None and any(model.folder_name == pinned.folder_name for model in here):
            return pinned
        if here:
            raise MissingModelError(
                f'"{identifier}" is in {self.folder} with other bytes than models.lock pins; fetch those'
            )
        raise MissingModelError(f'"{identifier}" is not in {self.folder} yet; fetch it')

    def path(self, model: PinnedModel) -> Path:
        """What an engine is given."""
        return engine_path(self.home(model), model)

    def check(self, model: PinnedModel, every_byte: bool = False, tell: Callable[[int], None] = lambda _: None) -> None:
        """Whether the files are those that `model` pins.

        A file whose size and time are as when it was last summed is not read again, unless `every_byte` is asked for.
        `tell` is given how many bytes have been looked at.

        Raises:
            DamagedModelError: a file is missing, or has other bytes.
        """
        seen = {} if every_byte else self._verified(model)
        fresh: dict[str, list[Any]] = {}
        done_bytes = 0
        for file in model.file:
            path = self.home(model) / file.name
            stat = _stat(path, model)
            if stat.st_size != file.size_bytes:
                raise _damaged(path, f"has {stat.st_size} bytes instead of {file.size_bytes}", model)
            mark = [stat.st_size, stat.st_mtime_ns, file.sha256]
            if seen.get(file.name) != mark and sum_of(path, after(done_bytes, tell)) != file.sha256:
                # so that a start, which trusts size and time, sums it again
                self._remember(model, {})
                raise _damaged(path, "has other bytes than it had when it was fetched", model)
            fresh[file.name] = mark
            done_bytes += file.size_bytes
            tell(done_bytes)
        if fresh != seen:
            self._remember(model, fresh)

    def take(self, part: Path, model: PinnedModel) -> None:
        """Move the finished files in `part` to the place of `model`, and write its record. Raises ModelError."""
        home = self.home(model)
        with disk_errors(self.folder):
            shutil.rmtree(home, ignore_errors=True)
            part.replace(home)
            marks = {}
            for file in model.file:
                stat = (home / file.name).stat()
                marks[file.name] = [stat.st_size, stat.st_mtime_ns, file.sha256]
        self._remember(model, marks)
        try:
            write_lock(self._beside(model, _RECORD), [model])
        except SettingsError as error:
            raise ModelError(str(error)) from error

    def forget(self, model: PinnedModel) -> None:
        """Remove the files of `model`, and its record. Raises ModelError."""
        with disk_errors(self.folder):
            # without its record it is not here, even if the rest cannot be removed
            for ending in (_RECORD, _VERIFIED):
                self._beside(model, ending).unlink(missing_ok=True)
            if self.home(model).exists():
                shutil.rmtree(self.home(model))

    def make_room(self, needed_bytes: int) -> None:
        """Make the folder, and look whether so much fits on its disk. Raises ModelError."""
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.folder).free
        if needed_bytes and free < needed_bytes + _MARGIN_BYTES:
            raise ModelError(
                f"{self.folder}: {needed_bytes / 1e6:.0f} MB are to come and {free / 1e6:.0f} MB are free; free some "
                "space, or set SOUFFLEUR_HOME to a folder on another disk."
            )

    def _beside(self, model: PinnedModel, ending: str) -> Path:
        return self.folder / (model.folder_name + ending)

    def _verified(self, model: PinnedModel) -> Mapping[str, list[Any]]:
        try:
            found = json.loads(self._beside(model, _VERIFIED).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            # only a note to save time: without it everything is summed once more
            return {}
        return found if isinstance(found, dict) else {}

    def _remember(self, model: PinnedModel, marks: Mapping[str, list[Any]]) -> None:
        try:
            self._beside(model, _VERIFIED).write_text(json.dumps(marks), encoding="utf-8")
        except OSError:
            # a store that cannot be written, on a stick for instance, is summed at every start
            return


def engine_path(folder: Path, model: PinnedModel) -> Path:
    """What an engine is given of a `model` in `folder`: its GGUF or ONNX file (the first of several), or its folder."""
    names = sorted(file.name for file in model.file)
    alone = [name for name in names if name.endswith((".gguf", ".onnx"))]
    if alone:
        return folder / alone[0]
    return folder / os.path.commonpath([PurePosixPath(name).parent for name in names])


def after(before_bytes: int, tell: Callable[[int], None]) -> Callable[[int], None]:
    """A `tell` for one file of several, of which `before_bytes` are done."""
    return lambda done_bytes: tell(before_bytes + done_bytes)


def _damaged(path: Path, how: str, model: PinnedModel) -> DamagedModelError:
    return DamagedModelError(f"{path}: {how}; `souffleur models pull {model.id}` mends it.")


def _stat(path: Path, model: PinnedModel) -> os.stat_result:
    try:
        return path.stat()
    except FileNotFoundError:
        raise _damaged(path, "is missing", model) from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}).") from error


def sum_of(path: Path, tell: Callable[[int], None] = lambda _: None) -> str:
    """The SHA-256 of a file; `tell` is given how many bytes have been read. Raises ModelError."""
    total, done_bytes = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                total.update(block)
                done_bytes += len(block)
                tell(done_bytes)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}).") from error
    return total.hexdigest()


def pin_of(path: Path, name: str) -> PinnedFile:
    """A file as a lock knows it. Raises OSError, ModelError."""
    return PinnedFile(name, path.stat().st_size, sum_of(path))


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """What can go wrong while `folder` is written, in one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ModelError(
                f"{folder}: the disk is full; free some space, or set SOUFFLEUR_HOME to a folder on another disk, and "
                "run the same command again: it carries on from there."
            ) from error
        raise ModelError(
            f"{error.filename or folder}: cannot be read or written ({error.strerror or error})."
        ) from error
