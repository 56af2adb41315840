"""Tells the well-known lines of subtitles, which Whisper writes when nobody speaks, from what a visitor said."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from models.settings import build, load_toml

_FILE = Path(__file__).with_name("phantoms.toml")
_DOMINATED = 0.8
"""A text of which phantom lines make more than this share of the letters says nothing else."""
_LONGEST_NAME_WORDS = 4
"""So long is a name after "Subtitles by" at most; people have more to say ("Subtitles by hand are hard to make")."""
_CAPTION = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*")
"""What subtitles tell of sounds: "[Music]", "(applaudissements)", "*rires*"."""
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True, slots=True)
class Phantoms:
    """Phantom lines; what the kinds are, the file tells."""

    credits: tuple[str, ...]
    openings: tuple[str, ...]
    farewells: tuple[str, ...]
    fillers: tuple[str, ...]


@functools.cache
def phantoms() -> Phantoms:
    """The lines of all languages in `phantoms.toml` beside this file, folded."""
    languages = [build(Phantoms, table, str(_FILE)) for table in load_toml(_FILE).values()]
    return Phantoms(
        tuple(fold(line) for language in languages for line in language.credits),
        tuple(fold(line) for language in languages for line in language.openings),
        tuple(fold(line) for language in languages for line in language.farewells),
        tuple(fold(line) for language in languages for line in language.fillers),
    )


def fold(text: str) -> str:
    """Only the words: small letters without accents, digits, one space between; "" when there are none."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", letters))


def without_captions(text: str) -> str:
    """The text without what stands in brackets or between asterisks, and without notes (♪)."""
    return " ".join(re.sub("[♩-♯]", " ", _CAPTION.sub(" ", text)).split())


def without_credits(text: str) -> str:
    """The sentences of the text that are no credits of subtitles."""
    return " ".join(sentence for sentence in _SENTENCE_END.split(text) if not _is_credit(sentence))


def _is_credit(sentence: str) -> bool:
    return is_dominated(sentence, phantoms().credits) or _names_a_maker(sentence)


def _names_a_maker(sentence: str) -> bool:
    """Whether it opens as credits do, and only a name follows; nobody asks a question in them."""
    words = _spaced(fold(sentence))
    rests = (words.removeprefix(_spaced(opening)) for opening in phantoms().openings)
    return "?" not in sentence and any(rest != words and len(rest.split()) <= _LONGEST_NAME_WORDS for rest in rests)


def is_dominated(text: str, folded_lines: Iterable[str]) -> bool:
    """Whether `text` says hardly more than some of the lines; numbers do not count ("im Auftrag des ZDF, 2017")."""
    words = fold(text)
    left = _spaced(words)
    # the longest first: a short one may be a part of it
    for line in sorted(folded_lines, key=len, reverse=True):
        # what stood before the line and after it must not make another one together
        left = left.replace(_spaced(line), "|")
    return _letters(left) < (1 - _DOMINATED) * _letters(words)


def _spaced(folded: str) -> str:
    """Each word with spaces of its own around it, so that two lines in a row do not share one."""
    return "".join(f" {word} " for word in folded.split())


def _letters(folded: str) -> int:
    return sum(map(str.isalpha, folded))
