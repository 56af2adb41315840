"""What stands beside the weights: how they were made, with what, and how well they do."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from pathlib import Path
from typing import Any

import torch

from scripts.pocket.espeak_library import espeak_version

_PACKAGES = ("torch", "transformers", "tokenizers", "ctranslate2", "faster-whisper", "gguf", "numpy")
_TEXTS = Path(__file__).with_name("cards")
_CORPUS = Path(__file__).with_name("corpus")


def write_card(
    name: str, folder: Path, settings: dict[str, Any], losses: list[dict[str, float]], trial: dict[str, Any]
) -> None:
    """Write card.json (figures) and README.md (their meaning, from cards/<name>.md) into `folder`."""
    last = losses[-1] if losses else {}
    figures = {
        "settings": settings,
        "trained": {"steps": last.get("step", 0), "hours": round(last.get("seconds", 0.0) / 3600, 2)},
        "last_loss": {key: round(value, 4) for key, value in last.items() if key not in ("step", "seconds")},
        "trial": trial,
        "size_mb": round(sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) / 1e6, 2),
        "corpus_sha256": {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(_CORPUS.iterdir())
        },
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "processor",
        "versions": {"python": platform.python_version(), "espeak-ng": espeak_version(), **_versions()},
    }
    (folder / "card.json").write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "README.md").write_text((_TEXTS / f"{name}.md").read_text(encoding="utf-8"), encoding="utf-8")


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _versions() -> dict[str, str]:
    installed = {}
    for package in _PACKAGES:
        try:
            installed[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return installed
