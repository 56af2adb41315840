"""Adds a LoRA adapter to a model of llama.cpp, as much of it as is wished."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.llama_loader import keep_errors
from models.protocols import ModelError, in_double_range

if TYPE_CHECKING:
    from llama_cpp import Llama


class LoraAdapter:
    """One adapter of one model, which frees it; only `scale` may be used from another thread."""

    def __init__(self, llama: Llama, path: Path, scale: float) -> None:
        import llama_cpp

        errors = keep_errors()
        self._llama = llama
        self._adapter: Any = llama_cpp.llama_adapter_lora_init(llama.model, str(path).encode())
        if not self._adapter:
            reason = errors[-1] if errors else "no reason was told"
            raise ModelError(f"{path}: llama.cpp cannot load this adapter ({reason}); take the one for this model.")
        self._added: float | None = None
        self.scale = scale

    @property
    def scale(self) -> float:
        """How much of the adapter is wished."""
        return self._scale

    @scale.setter
    def scale(self, scale: float) -> None:
        self._scale = in_double_range(scale)

    def add(self) -> bool:
        """Have llama.cpp compute with the scale that is wished now; whether it was another one before.

        Raises:
            ModelError: llama.cpp refuses.
        """
        import llama_cpp

        wished = self._scale
        if wished == self._added:
            return False
        adapters = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(self._adapter)
        if llama_cpp.llama_set_adapters_lora(self._llama.ctx, adapters, 1, (ctypes.c_float * 1)(wished)):
            raise ModelError(f"{self._llama.model_path}: llama.cpp cannot add its adapter; start without lora.")
        self._added = wished
        return True
