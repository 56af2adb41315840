"""Tells whether what the microphone heard is what the double itself is saying, garbled by its way through the room."""

from __future__ import annotations

import difflib
import functools
from dataclasses import dataclass
from pathlib import Path

from models.phantoms import fold
from models.settings import read_toml

ECHO_LIKENESS = 0.6
"""From here on words are taken for an echo.

Of echoes with four words in ten garbled, 97 in a hundred lie above; visitors who quote a few words and add one of their
own lie below, up to 0.58. `tests/persona/echoes.toml` holds the cases, the tests beside it the figures.
"""

_GARBLED = 0.5
"""Two words with less in common, 0..1, are two words: "lamb" is a garbled "lamp", "station" no garbled "sea"."""
_LEFT_OUT_COST = 0.3
"""Of a letter that the double said and nobody heard, in letters: recognisers drop words, but not half a sentence."""
_TURNING_LETTERS = 12
"""A visitor's own word weighs as much as two or three others: one "why" makes a question of a quotation."""

_FILE = Path(__file__).with_name("own_words.toml")


@dataclass(frozen=True, slots=True)
class _Words:
    turning: tuple[str, ...]


def is_own_words(heard: str, said: str, threshold: float = ECHO_LIKENESS) -> bool:
    """Whether `heard` is an echo of `said`; `threshold` is a likeness, 0..1."""
    return likeness(heard, said) >= threshold


def likeness(heard: str, said: str) -> float:
    """How much of `heard`, a fragment perhaps, is in `said`, the sentences that sounded just then: 0..1.

    The words are laid along the best stretch of what was said, in order; a garbled word counts by the letters that it
    kept. The two are not alike at all where one of them has no words.
    """
    heard_words, said_words = fold(heard).split(), fold(said).split()
    if not heard_words or not said_words:
        return 0.0
    own = _turning() - {*said_words}
    weights = [max(len(word), _TURNING_LETTERS) if word in own else len(word) for word in heard_words]
    # costs[place]: of the words so far, when what was said before `place` has been used; it may begin anywhere
    costs = [0.0] * (len(said_words) + 1)
    for word, weight in zip(heard_words, weights, strict=True):
        row = [costs[0] + weight]
        for place, candidate in enumerate(said_words):
            lost = 1.0 if word in own else 1 - _kept(word, candidate)
            left_out = row[place] + _LEFT_OUT_COST * len(candidate)
            row.append(min(costs[place] + lost * weight, costs[place + 1] + weight, left_out))
        costs = row
    return max(0.0, 1 - min(costs) / sum(weights))


@functools.cache
def _turning() -> frozenset[str]:
    return frozenset(fold(word) for word in read_toml(_FILE, _Words).turning)


@functools.lru_cache(maxsize=8192)
def _kept(heard: str, said: str) -> float:
    """How much of the word `said` is in the one that was heard, 0..1; nothing where they are two words."""
    if heard == said:
        return 1.0
    shorter, longer = sorted((len(heard), len(said)))
    if 2 * shorter < _GARBLED * (shorter + longer):
        return 0.0
    ratio = difflib.SequenceMatcher(None, heard, said, autojunk=False).ratio()
    return ratio if ratio >= _GARBLED else 0.0
