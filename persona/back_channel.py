"""Tells the small words of a listener ("mm-hm", "d'accord", laughter) from those that ask for the floor."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from models.phantoms import fold
from models.settings import read_toml

LONGEST_WORDS = 5
"""Who says more is no longer only listening."""

_FILE = Path(__file__).with_name("back_channel.toml")


@dataclass(frozen=True, slots=True)
class _Signals:
    sounds: tuple[str, ...]
    languages: dict[str, tuple[str, ...]]


def is_back_channel(text: str, language: str) -> bool:
    """Whether `text` only shows that somebody listens, in `language` ("en") or with sounds that all languages share.

    It may be several signals in a row, of `LONGEST_WORDS` words together. Where nothing was said, nobody listens.
    """
    return len(text.split()) <= LONGEST_WORDS and _signals(language).fullmatch(_sounded(text)) is not None


@functools.lru_cache(maxsize=16)
def _signals(language: str) -> re.Pattern[str]:
    read = _read()
    return _any_of((*read.sounds, *read.languages.get(language, ())))


@functools.cache
def _read() -> _Signals:
    return read_toml(_FILE, _Signals)


def _any_of(signals: Iterable[str]) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(sorted({re.escape(_sounded(signal)) for signal in signals}))})+")


def _sounded(text: str) -> str:
    """The words, a space after each, with every letter once in a row: nobody knows how many m are in "mmm"."""
    return "".join(f"{word} " for word in re.sub(r"(.)\1+", r"\1", fold(text)).split())
