"""How thoughts begin and end, as patterns of words read from one file per language."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from models.settings import read_toml

_PREFIX = "thought_"
_WEIGHTS = {"*": 0, "_": 1, "<": 9}
"""What these count for in a pattern where a word counts for ten."""
_GROUP = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class Endings:
    """Patterns of how sentences end, the most open first; what each kind means, the file tells."""

    open: tuple[str, ...]
    leaning: tuple[str, ...]
    half_open: tuple[str, ...]
    asked: tuple[str, ...]
    doubtful: tuple[str, ...]
    may_end: tuple[str, ...]
    ends: tuple[str, ...]

    def __post_init__(self) -> None:
        written = Counter(pattern for field in fields(self) for pattern in set(getattr(self, field.name)))
        if twice := [pattern for pattern, kinds in written.items() if kinds > 1]:
            raise ValueError(f'"{min(twice)}" stands under two kinds of endings; leave it under one')


@dataclass(frozen=True, slots=True)
class ThoughtTable:
    """The file of one language."""

    asides: tuple[str, ...]
    answers: tuple[str, ...]
    questions: tuple[str, ...]
    requests: tuple[str, ...]
    clauses: tuple[str, ...]
    phrases: tuple[str, ...]
    mains: tuple[str, ...]
    fragments: tuple[str, ...]
    verbs: tuple[str, ...]
    groups: dict[str, tuple[str, ...]]
    endings: Endings

    def __post_init__(self) -> None:
        if unknown := {"joins", "links", *_GROUP.findall(repr(self))} - self.groups.keys():
            raise ValueError(f"there is no group '{min(unknown)}'; write it under [groups]")


@dataclass(frozen=True, slots=True)
class ThoughtWords:
    """What is known of one language; the patterns of beginnings match words with a space after each."""

    asides: re.Pattern[str]
    answers: re.Pattern[str]
    questions: re.Pattern[str]
    requests: re.Pattern[str]
    clauses: re.Pattern[str]
    phrases: re.Pattern[str]
    mains: re.Pattern[str]
    joins: re.Pattern[str]
    links: re.Pattern[str]
    fragments: re.Pattern[str]
    verbs: re.Pattern[str]
    endings: tuple[tuple[str, re.Pattern[str]], ...]
    """(kind, how it ends), in the order in which they are tried; they match the words from the last to the first."""

    def ending(self, readings: Iterable[Sequence[str]]) -> str:
        """The kind of the ending that fits any of the `readings` of a sentence best; "" when none does."""
        backwards = ["".join(f"{word} " for word in reversed(words)) for words in readings]
        return next((kind for kind, ending in self.endings if any(map(ending.match, backwards))), "")


@functools.cache
def thought_words() -> Mapping[str, ThoughtWords]:
    """Code of a language -> what its file beside this one (`thought_en.toml`) tells of it.

    Raises:
        SettingsError: a file is wrong, or a pattern in it names a group that is not there.
    """
    files = sorted(Path(__file__).parent.glob(f"{_PREFIX}*.toml"))
    return {file.stem.removeprefix(_PREFIX): _compiled(read_toml(file, ThoughtTable)) for file in files}


def _compiled(table: ThoughtTable) -> ThoughtWords:
    groups = table.groups

    def beginning(patterns: Iterable[str]) -> re.Pattern[str]:
        return re.compile("|".join(_regex(pattern.split(), groups, backwards=False) for pattern in patterns))

    return ThoughtWords(
        beginning(table.asides),
        beginning(table.answers),
        beginning(table.questions),
        beginning(table.requests),
        beginning(table.clauses),
        beginning(table.phrases),
        beginning(table.mains),
        beginning(groups["joins"]),
        beginning(groups["links"]),
        beginning(table.fragments),
        beginning(table.verbs),
        _endings(table),
    )


def _endings(table: ThoughtTable) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The endings of most words first, and among those of as many words the most open."""
    found = [
        (pattern.split(), place, field.name)
        for place, field in enumerate(fields(Endings))
        for pattern in getattr(table.endings, field.name)
    ]
    weighed: dict[tuple[int, int, str], list[str]] = {}
    for words, place, kind in found:
        weighed.setdefault((-_weight(words), place, kind), []).append(_regex(words, table.groups, backwards=True))
    return tuple((kind, re.compile("|".join(weighed[weight, place, kind]))) for weight, place, kind in sorted(weighed))


def _weight(words: Sequence[str]) -> int:
    """How much a pattern says: its words first, and then how many of them are no group's."""
    return sum(_WEIGHTS.get(word[0], 10) for word in words)


def _regex(words: Sequence[str], groups: Mapping[str, tuple[str, ...]], backwards: bool) -> str:
    """A pattern as a regular expression for words with a space after each; `backwards`, the last word comes first."""
    ordered = reversed(words) if backwards else words
    return "".join(_word_regex(word, groups, backwards) for word in ordered)


def _word_regex(word: str, groups: Mapping[str, tuple[str, ...]], backwards: bool) -> str:
    if named := _GROUP.fullmatch(word):
        entries = (_regex(entry.split(), groups, backwards) for entry in groups[named[1]])
        return f"(?:{'|'.join(entries)})"
    match word:
        case "*":
            return r"(?:\S+ )*?"
        case "_":
            return r"\S+ "
        case "^":
            return r"\Z"
        case _:
            return re.escape(word).replace("%", r"\S*") + " "
