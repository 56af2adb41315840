"""Tells from its own headers whether a file of weights, GGUF or CTranslate2, is all there."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from models.protocols import ModelError

_BLOCKS = {
    0: (1, 4),  # F32
    1: (1, 2),  # F16
    2: (32, 18),  # Q4_0
    3: (32, 20),  # Q4_1
    6: (32, 22),  # Q5_0
    7: (32, 24),  # Q5_1
    8: (32, 34),  # Q8_0
    10: (256, 84),  # Q2_K
    11: (256, 110),  # Q3_K
    12: (256, 144),  # Q4_K
    13: (256, 176),  # Q5_K
    14: (256, 210),  # Q6_K
    15: (256, 292),  # Q8_K
    16: (256, 66),  # IQ2_XXS
    17: (256, 74),  # IQ2_XS
    18: (256, 98),  # IQ3_XXS
    19: (256, 50),  # IQ1_S
    20: (32, 18),  # IQ4_NL
    21: (256, 110),  # IQ3_S
    22: (256, 82),  # IQ2_S
    23: (256, 136),  # IQ4_XS
    29: (256, 56),  # IQ1_M
    30: (1, 2),  # BF16
}
"""Of each GGML type: how many weights make a block, and its bytes. Of any other type only the beginning counts."""
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of each GGUF type of a single value."""
_STRING, _ARRAY, _UINT32 = 8, 9, 4
_USUAL_ALIGNMENT = 32
_MOST = 1 << 24
"""A count beyond this is no count."""


class _BrokenError(Exception):
    """The headers make no sense, or end in the middle."""


def check_gguf(path: Path) -> None:
    """Look whether all tensors of a GGUF file (version 2 or 3) are there.

    Raises:
        ModelError: it ends too early, or its header makes no sense.
        OSError: it cannot be read.
    """
    _check(path, _gguf_bytes)


def check_ctranslate2(path: Path) -> None:
    """Look whether all variables of a model.bin (as CTranslate2's `ModelSpec._serialize` writes it) are there.

    Raises:
        ModelError: it ends too early, or its header makes no sense.
        OSError: it cannot be read.
    """
    _check(path, _ctranslate2_bytes)


def _check(path: Path, needed: Callable[[BinaryIO, int], int]) -> None:
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        try:
            needed_bytes = needed(file, size_bytes)
        except _BrokenError:
            raise ModelError(f"{path}: ends too early, or is damaged; fetch it again.") from None
    if needed_bytes > size_bytes:
        raise ModelError(f"{path}: ends after {size_bytes} of {needed_bytes} bytes; fetch it again.")


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


# --- GGUF: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md --------------------------------------------------


def _gguf_bytes(file: BinaryIO, _: int) -> int:
    file.seek(4)
    if _read(file, "<I") not in (2, 3):
        # of another age, or of a machine with its bytes the other way round: the engine will say
        return 0
    tensors, values = _count(file, "<Q"), _count(file, "<Q")
    alignment = _USUAL_ALIGNMENT
    for _number in range(values):
        key, kind = _gguf_text(file), _read(file, "<I")
        if key == b"general.alignment" and kind == _UINT32:
            alignment = _count(file, "<I") or _USUAL_ALIGNMENT
        else:
            _skip_value(file, kind)
    end = 0
    for _number in range(tensors):
        _gguf_text(file)
        shape = [_read(file, "<Q") for _axis in range(_count(file, "<I"))]
        kind, offset = _read(file, "<I"), _read(file, "<Q")
        block, block_bytes = _BLOCKS.get(kind, (1, 0))
        end = max(end, offset + math.prod(shape) // block * block_bytes)
    return -(-file.tell() // alignment) * alignment + end


def _gguf_text(file: BinaryIO) -> bytes:
    length = _count(file, "<Q")
    return file.read(length)


def _skip_value(file: BinaryIO, kind: int) -> None:
    if kind in _SIZES:
        file.seek(_SIZES[kind], 1)
    elif kind == _STRING:
        file.seek(_count(file, "<Q"), 1)
    elif kind == _ARRAY:
        inner, length = _read(file, "<I"), _count(file, "<Q")
        if inner in _SIZES:
            file.seek(_SIZES[inner] * length, 1)
        else:
            for _number in range(length):
                _skip_value(file, inner)
    else:
        raise _BrokenError


# --- CTranslate2 ------------------------------------------------------------------------------------------------------


def _ctranslate2_bytes(file: BinaryIO, size_bytes: int) -> int:
    _read(file, "<I")
    _skip_string(file)
    _read(file, "<I")
    for _number in range(_count(file, "<I")):
        _skip_string(file)
        file.seek(4 * _read(file, "<B") + 1, 1)
        end = _read(file, "<I") + file.tell()
        if end > size_bytes:
            # how many variables would come after this one, only the rest of the file knows
            raise _BrokenError
        file.seek(end)
    for _number in range(2 * _count(file, "<I")):
        _skip_string(file)
    return file.tell()


def _skip_string(file: BinaryIO) -> None:
    file.seek(_read(file, "<H"), 1)
