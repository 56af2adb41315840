"""Decides what is left of a piece of a transcription: a recogniser that writes words must also be able to hear none."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from models.phantoms import fold, is_dominated, phantoms, without_captions, without_credits

_LONGEST_LOOP_WORDS = 20
_LIST_WORDS = 3
"""Two names in a row may be somebody's; nobody says three hot words in the order in which the show lists them."""


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """When a piece of a transcription is no speech.

    The first three are those of Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022,
    section 4.5 and the reference implementation (github.com/openai/whisper, whisper/transcribe.py).
    """

    no_speech_threshold: float = 0.6
    """Whisper's probability that nobody speaks, 0..1, above which it doubts what it wrote."""
    logprob_threshold: float = -1.0
    """Mean natural logarithm of the probability of a token, below which it does."""
    compression_threshold: float = 2.4
    """A text that zlib makes so many times shorter only repeats itself."""
    most_repeats: int = 4
    """More of the same in a row, a word or a few, is a loop, of which one turn is kept: "non, non, non !" is none."""
    fastest_letters_per_s: float = 40.0
    """Nobody speaks faster; the quickest speakers reach some ten syllables, or thirty letters, a second."""

    def __post_init__(self) -> None:
        if not 0 <= self.no_speech_threshold <= 1:
            raise ValueError("no_speech_threshold must be between 0 and 1")
        if self.logprob_threshold > 0:
            raise ValueError("logprob_threshold must be at most 0")
        if self.compression_threshold <= 1:
            raise ValueError("compression_threshold must be more than 1")
        if self.most_repeats < 1:
            raise ValueError("most_repeats must be at least 1")
        if self.fastest_letters_per_s <= 0:
            raise ValueError("fastest_letters_per_s must be more than 0")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a transcription with the scores that Whisper gives it, here or on a server (verbose_json)."""

    text: str
    no_speech_prob: float
    """0..1."""
    avg_logprob: float
    """Mean natural logarithm of the probability of a token."""
    duration_s: float
    """Of the sound that it is the text of."""


def speech_in(piece: Piece, settings: GuardSettings, hot_words: Sequence[str] = ()) -> str:
    """The words of the piece that somebody spoke, as far as can be told; "" when nobody did.

    `hot_words` were given to Whisper as a hint; it may read them out when it hears nothing else. How strongly the text
    can be compressed is a matter of the text alone: no engine is asked for it.
    """
    unlikely = piece.avg_logprob < settings.logprob_threshold
    silent = piece.no_speech_prob > settings.no_speech_threshold
    if silent and unlikely:
        return ""
    text = _unlooped(without_credits(without_captions(piece.text)), settings)
    letters = sum(map(str.isalnum, text))
    if letters == 0 or letters > settings.fastest_letters_per_s * piece.duration_s or _is_farewell(text, hot_words):
        return ""
    hints = map(fold, hot_words)
    return "" if (silent or unlikely) and is_dominated(text, (*hints, *phantoms().fillers)) else text


def without_loops(text: str, most_repeats: int) -> str:
    """The text with one turn left of each loop: up to twenty words that stand there more than `most_repeats` times."""
    words, left, place = text.split(), [], 0
    keys = [fold(word) for word in words]
    while place < len(words):
        length, turns = _loop_at(keys, place, most_repeats)
        end = place + length * turns
        # the last turn has the punctuation that ends the sentence
        left += words[end - length : end]
        place = end
    return " ".join(left)


def confidence(avg_logprob: float) -> float:
    """0..1: the probability of a token, as the geometric mean over all of them."""
    return math.exp(min(0.0, avg_logprob))


def _loop_at(keys: Sequence[str], place: int, most_repeats: int) -> tuple[int, int]:
    """How many words the loop that begins at `place` has, and how many turns; of no loop, one and one."""
    for length in range(1, _LONGEST_LOOP_WORDS + 1):
        first, turns = keys[place : place + length], 1
        while keys[place + turns * length : place + (turns + 1) * length] == first:
            turns += 1
        if turns > most_repeats:
            return length, turns
    return 1, 1


def _unlooped(text: str, settings: GuardSettings) -> str:
    """The text without loops; "" when it does nothing but repeat itself in a way that no cut mends."""
    for most_repeats in (settings.most_repeats, 1):
        text = without_loops(text, most_repeats)
        written = text.encode()
        if len(written) <= settings.compression_threshold * len(zlib.compress(written)):
            return text
    return ""


def _is_farewell(text: str, hot_words: Sequence[str]) -> bool:
    """Whether it is said to the viewers of a film, or is a hint of some words read out in full."""
    lines, fillers = phantoms().farewells, phantoms().fillers
    if len(hot_words) >= _LIST_WORDS and is_dominated(text, (fold(" ".join(hot_words)),)):
        return True
    return is_dominated(text, (*lines, *fillers)) and not is_dominated(text, fillers)
