"""What the double remembers of a conversation: what it heard, and of its own answers only what was heard."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_EXCHANGES = 64
_BLOCK = 4

_WORD = re.compile(r"[^\s—]*[^\W_][^\s—]*")
_WHOLE = 0.98


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer; `heard` is empty when nobody had asked."""

    heard: str
    said: str
    """The words that the visitor heard of the answer."""
    language: str
    cut_off: bool = False
    """Whether the answer was stopped before its end."""

    @property
    def chars(self) -> int:
        """Length of what was said on both sides."""
        return len(self.heard) + len(self.said)


@dataclass(frozen=True, slots=True)
class Memory:
    """The exchanges of a conversation, oldest first; a value that grows by being replaced."""

    exchanges: tuple[Exchange, ...] = ()

    def with_exchange(self, exchange: Exchange) -> Memory:
        """This memory and one exchange more. A full memory (MAX_EXCHANGES) forgets its older half."""
        kept = self.exchanges if len(self.exchanges) < MAX_EXCHANGES else self.exchanges[MAX_EXCHANGES // 2 :]
        return Memory((*kept, exchange))

    def recent(self, budget_chars: int) -> tuple[Exchange, ...]:
        """The latest exchanges that fit in `budget_chars`, oldest first.

        The oldest are left out several at a time: an engine that keeps the beginning of its prompt would otherwise read
        the whole prompt anew at every turn.
        """
        in_blocks = range(0, len(self.exchanges), _BLOCK)
        one_by_one = range(len(self.exchanges))
        for start in (*in_blocks, *one_by_one):
            if sum(exchange.chars for exchange in self.exchanges[start:]) <= budget_chars:
                return self.exchanges[start:]
        return ()


def heard_part(sentence: str, share: float) -> str:
    """The words of `sentence` that got out when `share` (0..1) of its sound did, rounded down to whole words.

    A word with its apostrophes and hyphens ("l'après-midi") is heard whole or not at all; punctuation that stood
    before the first unheard word is left out.
    """
    if share >= _WHOLE:
        return sentence
    words = list(_WORD.finditer(sentence))
    # Punctuation is not spoken: only letters and digits take time.
    lengths = [sum(char.isalnum() for char in word.group()) for word in words]
    budget, end = share * sum(lengths), 0
    for word, length in zip(words, lengths, strict=True):
        budget -= length
        if budget < 0:
            break
        end = word.end()
    return re.sub(r"[\W_]+$", "", sentence[:end])
