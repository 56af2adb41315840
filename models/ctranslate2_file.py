"""Tells from the headers of a CTranslate2 model.bin what is in it, and whether it is all there."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

from models.protocols import ModelError

_MOST = 1 << 24
"""A count beyond this is no count."""


class _BrokenError(Exception):
    """The headers make no sense, or end in the middle."""


Shapes = dict[str, tuple[int, ...]]
"""Of the variables, by name: "decoder/embeddings/weight" and the like."""


def check_ctranslate2(path: Path) -> Shapes:
    """Look whether all variables of a model.bin (as CTranslate2's `ModelSpec._serialize` writes it) are there.

    Raises:
        ModelError: it cannot be read, ends too early, or its header makes no sense.
    """
    try:
        size_bytes = path.stat().st_size
        with path.open("rb") as file:
            shapes, needed_bytes = _contents(file, size_bytes)
    except _BrokenError:
        raise ModelError(f"{path}: ends too early, or is damaged; fetch it again.") from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}).") from error
    if needed_bytes > size_bytes:
        raise ModelError(f"{path}: ends after {size_bytes} of {needed_bytes} bytes; fetch it again.")
    return shapes


def _contents(file: BinaryIO, size_bytes: int) -> tuple[Shapes, int]:
    """The variables, and how many bytes the file should have."""
    shapes: Shapes = {}
    _read(file, "<I")
    _skip_string(file)
    _read(file, "<I")
    for _number in range(_count(file, "<I")):
        name = file.read(_read(file, "<H")).rstrip(b"\0").decode(errors="replace")
        shapes[name] = tuple(_read(file, "<I") for _axis in range(_read(file, "<B")))
        file.seek(1, 1)
        end = _read(file, "<I") + file.tell()
        if end > size_bytes:
            # how many variables would come after this one, only the rest of the file knows
            raise _BrokenError
        file.seek(end)
    for _number in range(2 * _count(file, "<I")):
        _skip_string(file)
    return shapes, file.tell()


def _skip_string(file: BinaryIO) -> None:
    file.seek(_read(file, "<H"), 1)


def _read(file: BinaryIO, form: str) -> Any:
    """One number."""
    data = file.read(struct.calcsize(form))
    if len(data) < struct.calcsize(form):
        raise _BrokenError
    return struct.unpack(form, data)[0]


def _count(file: BinaryIO, form: str) -> int:
    number = int(_read(file, form))
    if number > _MOST:
        raise _BrokenError
    return number
