"""Makes folders that look like Coqui models from outside; their weights hold nothing."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path


def make(folder: Path, kind: str = "vits", **config: object) -> Path:
    """Write config.json, model.pth, and for XTTS vocab.json and speakers_xtts.pth into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"model": kind, **config}), encoding="utf-8")
    write_weights(folder / "model.pth", 1_000)
    if kind == "xtts":
        (folder / "vocab.json").write_text("{}", encoding="utf-8")
        write_weights(folder / "speakers_xtts.pth", 10)
    return folder


def write_weights(file: Path, size_bytes: int) -> None:
    """A zip archive laid out as torch does."""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{file.stem}/data.pkl", b"\0" * size_bytes)
        archive.writestr(f"{file.stem}/version", "3\n")
