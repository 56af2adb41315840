"""The network of the pocket persona: a small Llama (RMSNorm, rotary positions, SwiGLU, embeddings used at both ends).

A second task, which only the training needs, is to name the subject before the first word of an answer: it teaches the
network to understand questions long before it could learn that from the words of answers alone.

Rotary positions turn neighbouring pairs, as Su et al. 2021 describe them and as llama.cpp does for its architecture
"llama"; so nothing has to be permuted for the export.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

IGNORED = -100
ROTARY_BASE = 10_000.0
EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Shape of the network."""

    vocabulary: int
    width: int = 256
    layers: int = 5
    heads: int = 8
    feed_forward: int = 640
    subjects: int = 0
    """Of the second task."""

    @property
    def head_width(self) -> int:
        return self.width // self.heads


class Block(nn.Module):
    """Attention and feed-forward; the names are those of llama.cpp's tensors."""

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        width, inner = settings.width, settings.feed_forward
        self.heads = settings.heads
        self.attn_norm = nn.RMSNorm(width, EPSILON)
        self.attn_q = nn.Linear(width, width, bias=False)
        self.attn_k = nn.Linear(width, width, bias=False)
        self.attn_v = nn.Linear(width, width, bias=False)
        self.attn_output = nn.Linear(width, width, bias=False)
        self.ffn_norm = nn.RMSNorm(width, EPSILON)
        self.ffn_gate = nn.Linear(width, inner, bias=False)
        self.ffn_up = nn.Linear(width, inner, bias=False)
        self.ffn_down = nn.Linear(inner, width, bias=False)

    def forward(self, hidden: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        """(batch, tokens, width) to the same; `turns` are the cosines and sines of `turns_of`."""
        batch, tokens, width = hidden.shape
        normed = self.attn_norm(hidden)
        query, key, value = (
            part(normed).view(batch, tokens, self.heads, -1).transpose(1, 2)
            for part in (self.attn_q, self.attn_k, self.attn_v)
        )
        seen = functional.scaled_dot_product_attention(
            _turned(query, turns), _turned(key, turns), value, is_causal=True
        )
        hidden = hidden + self.attn_output(seen.transpose(1, 2).reshape(batch, tokens, width))
        normed = self.ffn_norm(hidden)
        return hidden + self.ffn_down(functional.silu(self.ffn_gate(normed)) * self.ffn_up(normed))


class Persona(nn.Module):
    """Tokens to the scores of the next one."""

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.settings = settings
        self.token_embd = nn.Embedding(settings.vocabulary, settings.width)
        self.blk = nn.ModuleList(Block(settings) for _ in range(settings.layers))
        self.output_norm = nn.RMSNorm(settings.width, EPSILON)
        self.subjects = nn.Linear(settings.width, settings.subjects, bias=False)
        for name, weights in self.named_parameters():
            if weights.dim() > 1:
                # what adds to the stream starts smaller, the more of it there is (Radford et al. 2019)
                adds = name.endswith(("attn_output.weight", "ffn_down.weight"))
                nn.init.normal_(weights, std=0.02 / (2 * settings.layers) ** 0.5 if adds else 0.02)

    def hidden(self, tokens: Tensor) -> Tensor:
        """(batch, tokens) to (batch, tokens, width), before the last projection."""
        turns = turns_of(tokens.shape[1], self.settings.head_width, tokens.device)
        hidden = self.token_embd(tokens)
        for block in self.blk:
            hidden = block(hidden, turns)
        return self.output_norm(hidden)

    def forward(self, tokens: Tensor) -> Tensor:
        """(batch, tokens) to scores (batch, tokens, vocabulary)."""
        return functional.linear(self.hidden(tokens), self.token_embd.weight)

    def loss(self, given: Tensor, wanted: Tensor, subjects: Tensor) -> tuple[Tensor, Tensor]:
        """Of the words and of the subjects, each a mean over the places that are not IGNORED in `wanted`, `subjects`.

        Only for these the last projections are computed.
        """
        hidden = self.hidden(given)
        learned, named = wanted != IGNORED, subjects != IGNORED
        scores = functional.linear(hidden[learned], self.token_embd.weight)
        words = functional.cross_entropy(scores, wanted[learned])
        return words, functional.cross_entropy(self.subjects(hidden[named]), subjects[named])


def turns_of(tokens: int, head_width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosines and sines by which the pairs of a head turn at each place, shape (tokens, head_width / 2)."""
    speeds = ROTARY_BASE ** (-torch.arange(0, head_width, 2, device=device) / head_width)
    angles = torch.arange(tokens, device=device)[:, None] * speeds
    return angles.cos(), angles.sin()


def _turned(heads: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    cosines, sines = turns
    even, odd = heads[..., 0::2], heads[..., 1::2]
    return torch.stack((even * cosines - odd * sines, even * sines + odd * cosines), dim=-1).flatten(-2)
