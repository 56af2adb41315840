"""Takes the files of a model out of the zip that its makers publish."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from models.catalog import CatalogEntry
from models.lock import is_inside
from models.protocols import ModelError
from models.store import sum_of

_BLOCK_BYTES = 1 << 20
_SUM = "sha256:"
_MOST_UNPACKED = 4
"""Times the size of the zip: weights hardly shrink, and what grows more was made to fill a disk."""


def unpack(archive: Path, entry: CatalogEntry, folder: Path) -> tuple[str, list[str]]:
    """Put the wanted files of a zip, without its folders, into `folder`, and remove the zip; its sum, and their names.

    Raises:
        ModelError: it is no zip, holds none of them, or would grow too much.
        OSError: the disk is full.
    """
    commit, names = _SUM + sum_of(archive), set()
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [member for member in packed.infolist() if _is_wanted(member, entry)]
            # what a member says of its size holds: zipfile takes no more out of it
            size_bytes = sum(member.file_size for member in members)
            if size_bytes > _MOST_UNPACKED * archive.stat().st_size + _BLOCK_BYTES:
                raise zipfile.BadZipFile(f"it would grow to {size_bytes / 1e6:.0f} MB")
            for member in members:
                name = _name(member)
                with packed.open(member) as source, (folder / name).open("wb") as target:
                    shutil.copyfileobj(source, target, _BLOCK_BYTES)
                names.add(name)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        archive.unlink()
        raise ModelError(f"{entry.archive}: is no zip that can be unpacked ({error}); pull again.") from error
    # kept until now: a disk that fills up must not make it come twice
    archive.unlink()
    if not names:
        raise ModelError(f"{entry.archive}: holds no {' or '.join(entry.files)}.")
    return commit, sorted(names)


def _is_wanted(member: zipfile.ZipInfo, entry: CatalogEntry) -> bool:
    return not member.is_dir() and entry.wants(_name(member)) and is_inside(_name(member))


def _name(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename).name
