"""Tells how likely a model of llama.cpp finds a given text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.llama_prefixes import common, empty_context

if TYPE_CHECKING:
    from llama_cpp import Llama

_ROWS = 64
"""Tokens whose likelihoods are computed at once: each takes a number for every word of the vocabulary."""


def log_probabilities(llama: Llama, tokens: Sequence[int], start: int) -> Iterator[float]:
    """The natural logarithm of the likelihood of each of `tokens[start:]` after those before it; `start` is at least 1.

    What the context holds of their beginning is used, and stays there with them.

    Raises:
        RuntimeError: llama.cpp failed, or was aborted.
    """
    known = _known(llama, tokens[: start - 1])
    llama.n_tokens = known
    # the logits at hand belong to a token that may be gone
    llama._requires_eval = True
    llama.eval(tokens[known : start - 1])
    for first in range(start, len(tokens), _ROWS):
        wanted = tokens[first : first + _ROWS]
        rows = _logits(llama, tokens[first - 1 : first - 1 + len(wanted)])
        yield from _log_softmax(rows)[np.arange(len(wanted)), wanted].tolist()


def _known(llama: Llama, beginning: Sequence[int]) -> int:
    """How much of `beginning` the context holds and can go on from."""
    known = common(llama.input_ids[: llama.n_tokens], beginning)
    if known < llama.n_tokens and not llama._ctx.kv_cache_seq_rm(0, known, -1):
        empty_context(llama)
        return 0
    return known


def _logits(llama: Llama, tokens: Sequence[int]) -> npt.NDArray[np.float64]:
    """What follows each of `tokens`, shape (tokens, vocabulary). `Llama.eval` can do that only for a whole evening."""
    context: Any = llama._ctx
    past = llama.n_tokens
    context.kv_cache_seq_rm(0, past, -1)
    llama._batch.set_batch(batch=tokens, n_past=past, logits_all=True)
    context.decode(llama._batch)
    llama.input_ids[past : past + len(tokens)] = tokens
    llama.n_tokens = past + len(tokens)
    shape = (len(tokens), llama.n_vocab())
    return np.ctypeslib.as_array(context.get_logits(), shape=(shape[0] * shape[1],)).reshape(shape).astype(np.float64)


def _log_softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    result: npt.NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result
