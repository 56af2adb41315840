"""Where a training stands, kept on disk so that it can be interrupted at any moment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch


def save(folder: Path, state: dict[str, Any], losses: list[dict[str, float]]) -> None:
    """Replace the checkpoint of `folder` and its record of losses.

    The record comes first: where the weights that belong to it do not follow, `load` takes the older ones, and of the
    record what was written up to them.
    """
    writers: dict[str, Callable[[Path], object]] = {
        "losses.json": lambda path: path.write_text(json.dumps(losses)),
        "checkpoint.pt": lambda path: torch.save(state, path),
    }
    for name, write in writers.items():
        new = folder / f"{name}.new"
        write(new)
        new.replace(folder / name)


def load(folder: Path) -> tuple[dict[str, Any] | None, list[dict[str, float]]]:
    """What `save` kept last: None and an empty record where nothing was."""
    path = folder / "checkpoint.pt"
    if not path.exists():
        return None, []
    losses = json.loads((folder / "losses.json").read_text())
    state = torch.load(path, map_location="cpu", weights_only=True)
    return state, [loss for loss in losses if loss["step"] <= state["step"]]
