"""Batches for the training of the pocket persona, each a pure function of its number."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.utils.data import Dataset

from scripts.pocket.persona_network import IGNORED
from scripts.pocket.persona_text import PersonaText, Talk
from scripts.pocket.persona_tokens import encode

GROUP = 16
"""Batches that are made at once and share their examples by length, so that little is padding."""
TALKS = 8
"""So many of them hold conversations, the others single questions."""


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """Sizes."""

    seed: int
    size: int
    steps: int


Batch = tuple[Tensor, Tensor]
"""What the network reads, and the token that it must say next (or IGNORED)."""
QUESTIONS, EXCHANGES = 6, 2
"""So many questions, of which only the subject is to be named, cost about what one conversation costs; or so many
questions with their answers."""
QUESTIONS_SHARE = 0.55
"""In this first part of the training single questions have no answers: what they are about is learned first, and then
what to say."""


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation, as long in each of its parts."""

    tokens: list[int]
    wanted: list[int]
    """The tokens that are learned, IGNORED elsewhere."""


class PersonaBatches(Dataset):
    """Item n is the n-th group of batches."""

    def __init__(self, text: PersonaText, tokenizer: Tokenizer, settings: BatchSettings, first: int) -> None:
        self._text = text
        self._coder = Coder(tokenizer)
        self._settings = settings
        self._first = first

    def __len__(self) -> int:
        """Groups that are left."""
        return max(0, -(-self._settings.steps // GROUP) - self._first)

    def __getitem__(self, item: int) -> list[Batch]:
        """The batches of one group, in an order of their own."""
        group, size = self._first + item, self._settings.size
        talks = self._batches(self._text.example, group, TALKS, size)
        if group * GROUP < QUESTIONS_SHARE * self._settings.steps:
            singles = self._batches(self._text.question, group, GROUP - TALKS, size * QUESTIONS)
        else:
            singles = self._batches(self._text.exchange, group, GROUP - TALKS, size * EXCHANGES)
        batches = [*talks, *singles]
        random.Random(f"group/{self._settings.seed}/{group}").shuffle(batches)
        return batches

    def _batches(self, drawn: Callable[[int], Talk], group: int, count: int, size: int) -> list[Batch]:
        """The `count` batches of a group that hold one kind of examples."""
        numbers = range(group * count * size, (group + 1) * count * size)
        rows = sorted((self._coder.row(drawn(number)) for number in numbers), key=lambda row: len(row.tokens))
        return [batch(rows[start : start + size]) for start in range(0, len(rows), size)]


class Coder:
    """Writes conversations as numbers."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def row(self, talk: Talk) -> Row:
        """One conversation, or one question."""
        tokens, learned = encode(self._tokenizer, talk.messages, talk.subjects[-1])
        wanted = [token if is_learned else IGNORED for token, is_learned in zip(tokens, learned, strict=True)]
        return Row(tokens, wanted)


def held_out(text: PersonaText, tokenizer: Tokenizer, count: int) -> Batch:
    """One batch of `count` exchanges whose questions are never trained on."""
    coder = Coder(tokenizer)
    return batch([coder.row(text.held_out(number)) for number in range(count)])


def batch(rows: Sequence[Row]) -> Batch:
    """Rows of different lengths as one batch."""
    longest = max(len(row.tokens) for row in rows)

    def filled(parts: Iterable[list[int]], filler: int) -> Tensor:
        return torch.tensor([part + [filler] * (longest - len(part)) for part in parts])

    given = filled((row.tokens for row in rows), 0)
    wanted = filled((row.wanted for row in rows), IGNORED)
    return given[:, :-1], wanted[:, 1:]
