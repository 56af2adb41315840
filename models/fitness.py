"""Looks whether a model is what the engine of its role needs, as far as its files tell."""

from __future__ import annotations

from pathlib import Path

from models.catalog import Role
from models.coqui_model import read_model
from models.llama_file import require_gguf
from models.protocols import ModelError
from models.smart_turn import require_smart_turn
from models.whisper_folder import check_folder


def require_fit(role: Role, path: Path) -> None:
    """Look at a file or folder as an engine will be given it; the engine need not be installed.

    Raises:
        ModelError: it is not whole, or something else than the role needs.
    """
    match role:
        case "ears":
            check_folder(path)
        case "persona":
            require_gguf(path)
        case "voice":
            read_model(path)
        case "turns":
            require_smart_turn(path)


def reason(error: ModelError) -> str:
    """What `error` says, to stand inside a sentence."""
    return str(error).removesuffix(".")
