"""Makes files that look like a CTranslate2 Whisper from outside; its weights hold nothing."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path

_TOKENS = ("a", "", "<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|fr|>", "<|transcribe|>", "<|startofprev|>")
TOKENS = (*_TOKENS, "<|notimestamps|>")


ENGLISH = tuple(token for token in TOKENS if token not in ("", "<|en|>", "<|fr|>"))
"""Of a Whisper that knows no other language."""


def files(weights: bytes = b"w" * 100_000, tokens: Sequence[str] = TOKENS) -> dict[str, bytes]:
    """By name; `weights` are those of the one variable in model.bin."""
    numbers = {token: number for number, token in enumerate(tokens)}
    tokenizer = {"added_tokens": [{"content": token, "id": number} for token, number in numbers.items()]}
    return {
        "model.bin": _model(weights),
        "config.json": b"{}",
        "tokenizer.json": json.dumps({**tokenizer, "model": {"vocab": numbers}}).encode(),
        "vocabulary.txt": "\n".join(tokens).encode(),
    }


def make(folder: Path, tokens: Sequence[str] = TOKENS) -> Path:
    """Write them into `folder`."""
    folder.mkdir(parents=True)
    for name, content in files(tokens=tokens).items():
        (folder / name).write_bytes(content)
    return folder


def _model(weights: bytes) -> bytes:
    """As CTranslate2 writes it: version, kind, revision, one variable, no aliases."""
    variable = _string("variable") + struct.pack("<BIBI", 1, len(weights), 1, len(weights)) + weights
    return struct.pack("<I", 6) + _string("WhisperSpec") + struct.pack("<II", 3, 1) + variable + struct.pack("<I", 0)


def _string(text: str) -> bytes:
    return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"
