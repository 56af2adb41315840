"""An ONNX file, asked and answering as Smart Turn v3 is; who is loud in the last second has finished, for it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from models.smart_turn import INPUT

_FLOAT, _INT, _INTS = 1, 2, 7
_LAST_COLUMNS = 100
_GAIN, _THRESHOLD = 20.0, 0.3


def make(file: Path, given: str = INPUT, bands: int = 80, last: str = "Sigmoid", threshold: float = _THRESHOLD) -> Path:
    """Write it to `file`; or one that is given something else, or answers with what its `last` operator makes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(model(given, bands, last, threshold))
    return file


def model(given: str = INPUT, bands: int = 80, last: str = "Sigmoid", threshold: float = _THRESHOLD) -> bytes:
    """Its bytes."""
    weights = np.zeros(800, np.float32)
    weights[-_LAST_COLUMNS:] = _GAIN * 800 / _LAST_COLUMNS
    nodes = (
        _node("Mul", (given, "weights"), "weighed"),
        _node("ReduceMean", ("weighed",), "columns", axes=(2,), keepdims=0),
        _node("ReduceMean", ("columns",), "whole", axes=(1,), keepdims=1),
        _node("Sub", ("whole", "threshold"), "more"),
        _node(last, ("more",), "logits"),
    )
    graph = b"".join(_bytes(1, node) for node in nodes)
    graph += _bytes(2, b"tiny smart turn")
    graph += _bytes(5, _tensor("weights", weights))
    graph += _bytes(5, _tensor("threshold", np.array([_GAIN * threshold], np.float32)))
    graph += _bytes(11, _value(given, ("batch", bands, 800)))
    graph += _bytes(12, _value("logits", ("batch", 1)))
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, b"") + _number(2, 17))


# --- the few messages of onnx.proto that it takes; each field is written with its number ---


def _node(operator: str, inputs: tuple[str, ...], output: str, **attributes: int | tuple[int, ...]) -> bytes:
    node = b"".join(_bytes(1, name.encode()) for name in inputs) + _bytes(2, output.encode())
    return node + _bytes(4, operator.encode()) + b"".join(_bytes(5, _attribute(*each)) for each in attributes.items())


def _attribute(name: str, value: int | tuple[int, ...]) -> bytes:
    if isinstance(value, int):
        return _bytes(1, name.encode()) + _number(3, value) + _number(20, _INT)
    return _bytes(1, name.encode()) + b"".join(_number(8, each) for each in value) + _number(20, _INTS)


def _tensor(name: str, values: np.ndarray) -> bytes:
    dims = b"".join(_number(1, size) for size in values.shape)
    return dims + _number(2, _FLOAT) + _bytes(8, name.encode()) + _bytes(9, struct.pack(f"<{values.size}f", *values))


def _value(name: str, shape: tuple[int | str, ...]) -> bytes:
    dims = (_number(1, size) if isinstance(size, int) else _bytes(2, size.encode()) for size in shape)
    tensor = _number(1, _FLOAT) + _bytes(2, b"".join(_bytes(1, dim) for dim in dims))
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, tensor))


def _bytes(field: int, contents: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(contents)) + contents


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])
