"""Keeps what was computed of two prompts, so that turning from one to the other and back costs little."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from llama_cpp import Llama

    Tokens = Sequence[int] | npt.NDArray[np.intc]

WORTH_TOKENS = 64
"""A beginning shorter than this is computed again as quickly as it is fetched."""
LARGEST_BYTES = 1_000_000_000
"""Of what is put away, the beginning that fits into this: half of what the host takes for a leak by default.

A token of Gemma 2 9B takes 344 kB (42 layers, 8 heads of 256 for keys and values, 2 bytes each), so that a turn of the
house takes at most 0.7 GB; but 2.8 GB where scores are asked of a text that fills a context of 8,192 tokens.
"""

_SEQUENCE = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    tokens: npt.NDArray[np.intc]
    state: ctypes.Array[ctypes.c_uint8]
    """What llama.cpp computed of them: some hundred kilobytes a token with a large model."""


class Prefixes:
    """What llama.cpp has computed: of the prompt in its context, whose beginning `Llama.generate` uses, and of another.

    The other is the one before, where that began quite differently: in another language of the show, say.
    """

    def __init__(self, llama: Llama) -> None:
        self._llama = llama
        self._kept: _Kept | None = None

    def turn_to(self, prompt: Sequence[int]) -> None:
        """Bring the beginning of `prompt` into the context if it was put away, unless the context begins like it."""
        shared = common(self._held(), prompt)
        if shared >= WORTH_TOKENS:
            return
        kept = self._kept
        self._put_away()
        if kept is not None and common(kept.tokens, prompt) > max(shared, WORTH_TOKENS):
            self._bring_back(kept)

    def forget(self) -> None:
        """What was computed holds no longer."""
        self._kept = None
        empty_context(self._llama)

    def _held(self) -> npt.NDArray[np.intc]:
        held: npt.NDArray[np.intc] = self._llama.input_ids[: self._llama.n_tokens]
        return held

    def _put_away(self) -> None:
        import llama_cpp

        if self._llama.n_tokens < WORTH_TOKENS:
            return
        size = llama_cpp.llama_state_seq_get_size(self._llama.ctx, _SEQUENCE)
        if size > LARGEST_BYTES:
            if not self._shorten(self._llama.n_tokens * LARGEST_BYTES // size - 1):
                return
            size = llama_cpp.llama_state_seq_get_size(self._llama.ctx, _SEQUENCE)
        state = (ctypes.c_uint8 * size)()
        if llama_cpp.llama_state_seq_get_data(self._llama.ctx, state, size, _SEQUENCE):
            self._kept = _Kept(self._held().copy(), state)

    def _shorten(self, tokens: int) -> bool:
        """Let the context hold only so many of its tokens; whether that is worth it, and the model can do so."""
        if tokens < WORTH_TOKENS or not self._llama._ctx.kv_cache_seq_rm(_SEQUENCE, tokens, -1):
            return False
        self._llama.n_tokens = tokens
        return True

    def _bring_back(self, kept: _Kept) -> None:
        import llama_cpp

        empty_context(self._llama)
        if llama_cpp.llama_state_seq_set_data(self._llama.ctx, kept.state, len(kept.state), _SEQUENCE):
            self._llama.input_ids[: len(kept.tokens)] = kept.tokens
            self._llama.n_tokens = len(kept.tokens)
        else:
            empty_context(self._llama)


def common(some: Tokens, others: Tokens) -> int:
    """How many tokens are the same at the beginning of both."""
    length = min(len(some), len(others))
    different = np.flatnonzero(np.asarray(some[:length]) != np.asarray(others[:length]))
    return int(different[0]) if len(different) else length


def empty_context(llama: Any) -> None:
    """Have a `llama_cpp.Llama` forget all that it has computed."""
    llama.reset()
    llama._ctx.kv_cache_clear()
