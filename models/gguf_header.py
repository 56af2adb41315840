"""Reads the head of a GGUF file: what the file says of itself, and how long it must be.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

from models.protocols import ModelError

MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_MOST_DIMENSIONS = 4
_USUAL_ALIGNMENT = 32
_SHORTEST_ENTRY_BYTES = 8
"""Nothing that is counted in a head takes less: a larger count is a broken one."""

BLOCKS = {
    **{0: (1, 4), 1: (1, 2), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 30: (1, 2)},
    **{2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40), 20: (32, 18), 39: (32, 17)},
    **{10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292)},
    **{16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 21: (256, 110), 22: (256, 82), 23: (256, 136)},
    **{29: (256, 56), 34: (256, 54), 35: (256, 66), 40: (64, 36), 41: (128, 18)},
}
"""Numbers in a block and bytes of it, for every type of ggml."""


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What stands before the weights."""

    metadata: dict[str, str | int | float | bool]
    """Every key with a single value; lists, such as the vocabulary, are left out."""
    tensors: dict[str, tuple[int, ...]]
    """The shape of every tensor, the dimension whose numbers are neighbours first."""
    length_bytes: int
    """What the whole file must have; less than that where it holds a type that is not known here."""

    def text(self, key: str) -> str:
        """The text under `key`, "" where there is none."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> int:
        """The whole number under `key`, 0 where there is none."""
        value = self.metadata.get(key)
        return value if isinstance(value, int) else 0


def read_header(path: Path) -> GgufHeader:
    """The head of the file at `path`, which must be there to its last byte.

    Raises:
        ModelError: it is missing, cannot be read, is of another format, or breaks off.
    """
    try:
        length_bytes = path.stat().st_size
        with path.open("rb") as file:
            header = _read(_Reader(file, length_bytes, path))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}).") from error
    if length_bytes < header.length_bytes:
        raise ModelError(f"{path}: breaks off after {length_bytes:,} of {header.length_bytes:,} bytes; fetch it again.")
    return header


class _Reader:
    """Takes values from a file, and never more than it has."""

    def __init__(self, file: BufferedReader, length_bytes: int, path: Path) -> None:
        self._file = file
        self._length_bytes = length_bytes
        self.path = path
        self.read_bytes = 0

    def bytes(self, count: int) -> bytes:
        self._count(count)
        return self._file.read(count)

    def skip(self, count: int) -> None:
        self._count(count)
        self._file.seek(count, 1)

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.bytes(struct.calcsize(form)))[0]

    def count(self) -> int:
        count: int = self.number("<Q")
        if count * _SHORTEST_ENTRY_BYTES > self._length_bytes:
            raise self.broken()
        return count

    def text(self) -> str:
        return self.bytes(self.number("<Q")).decode(errors="replace")

    def _count(self, count: int) -> None:
        self.read_bytes += count
        if self.read_bytes > self._length_bytes:
            raise self.broken()

    def broken(self) -> ModelError:
        return ModelError(f"{self.path}: breaks off in its head, or is damaged there; fetch it again.")


def _read(reader: _Reader) -> GgufHeader:
    _check_format(reader)
    tensor_count, key_count = reader.count(), reader.count()
    metadata = {}
    for _ in range(key_count):
        key, value = reader.text(), _value(reader, reader.number("<I"))
        if value is not None:
            metadata[key] = value
    tensors, data_bytes = _tensors(reader, tensor_count)
    alignment = metadata.get("general.alignment", _USUAL_ALIGNMENT)
    if not isinstance(alignment, int) or alignment < 1:
        raise reader.broken()
    head_bytes = -(-reader.read_bytes // alignment) * alignment
    return GgufHeader(metadata, tensors, head_bytes + data_bytes if tensors else reader.read_bytes)


def _check_format(reader: _Reader) -> None:
    try:
        magic = reader.bytes(len(MAGIC))
    except ModelError:
        magic = b""
    if magic != MAGIC:
        raise ModelError(f"{reader.path}: is no GGUF file; fetch one, or convert the model with llama.cpp.")
    version = reader.number("<I")
    if version in _VERSIONS:
        return
    if version >= 1 << 24:
        raise ModelError(f"{reader.path}: was written for a machine of other byte order; fetch the usual one.")
    raise ModelError(f"{reader.path}: is GGUF of version {version}, which is not known here; convert the model again.")


def _value(reader: _Reader, kind: int) -> str | int | float | bool | None:
    """The next value; None for a list, which is passed over."""
    if kind in _SCALARS:
        value: int | float | bool = reader.number(_SCALARS[kind])
        return value
    if kind == _STRING:
        return reader.text()
    if kind != _ARRAY:
        raise reader.broken()
    inner, length = reader.number("<I"), reader.number("<Q")
    if inner in _SCALARS:
        reader.skip(length * struct.calcsize(_SCALARS[inner]))
    elif inner == _STRING:
        for _ in range(length):
            reader.skip(reader.number("<Q"))
    else:
        raise reader.broken()
    return None


def _tensors(reader: _Reader, count: int) -> tuple[dict[str, tuple[int, ...]], int]:
    """Names and shapes, and the bytes from the first weight to the last."""
    shapes, end_bytes = {}, 0
    for _ in range(count):
        name, dimensions = reader.text(), reader.number("<I")
        if dimensions > _MOST_DIMENSIONS:
            raise reader.broken()
        shape = tuple(reader.number("<Q") for _ in range(dimensions))
        kind, offset_bytes = reader.number("<I"), reader.number("<Q")
        shapes[name] = shape
        end_bytes = max(end_bytes, offset_bytes + _size_bytes(shape, kind))
    return shapes, end_bytes


def _size_bytes(shape: tuple[int, ...], kind: int) -> int:
    if kind not in BLOCKS:
        return 0
    numbers = 1
    for length in shape:
        numbers *= length
    block, block_bytes = BLOCKS[kind]
    return numbers // block * block_bytes
