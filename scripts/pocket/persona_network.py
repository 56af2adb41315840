"""The network of the pocket persona: a small Llama (RMSNorm, rotary positions, SwiGLU, embeddings used at both ends).

An answer begins with the token of its subject (`persona_tokens`), whose loss is told apart from that of the words: so
few of the tokens are subjects that the network would learn to understand questions last.

Rotary positions turn neighbouring pairs, as Su et al. 2021 describe them and as llama.cpp does for its architecture
"llama"; so nothing has to be permuted for the export.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from scripts.pocket.persona_tokens import FIRST_SUBJECT

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
    """How many tokens of the vocabulary, from FIRST_SUBJECT on, name subjects."""

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

    def loss(self, given: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        """Of the words and of the subjects, each a mean over its places in `wanted` (0 where it has none).

        Only for places that are not IGNORED the last projection is computed.
        """
        learned = wanted != IGNORED
        scores, tokens = functional.linear(self.hidden(given)[learned], self.token_embd.weight), wanted[learned]
        losses = functional.cross_entropy(scores, tokens, reduction="none")
        named = (tokens >= FIRST_SUBJECT) & (tokens < FIRST_SUBJECT + self.settings.subjects)
        return _mean(losses[~named]), _mean(losses[named])


def _mean(losses: Tensor) -> Tensor:
    return losses.sum() / max(1, len(losses))


def turns_of(tokens: int, head_width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosines and sines by which the pairs of a head turn at each place, shape (tokens, head_width / 2)."""
    speeds = ROTARY_BASE ** (-torch.arange(0, head_width, 2, device=device) / head_width)
    angles = torch.arange(tokens, device=device)[:, None] * speeds
    return angles.cos(), angles.sin()


def _turned(heads: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    cosines, sines = turns
    even, odd = heads[..., 0::2], heads[..., 1::2]
    return torch.stack((even * cosines - odd * sines, even * sines + odd * cosines), dim=-1).flatten(-2)
