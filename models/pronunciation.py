"""A show's own dictionary of words that its voice would say wrongly."""

from __future__ import annotations

import re
from collections.abc import Mapping

from models.protocols import Language

Dictionary = Mapping[Language, Mapping[str, str]]
"""Per language: a word or several, and how to write them so that the voice says them rightly."""

_SPACE = r"\s+"


def check_dictionary(dictionary: Dictionary) -> None:
    """Whether every word can be looked up.

    Raises:
        ValueError: a word is empty, stands twice (upper and lower case are one), or says nothing; which, and where.
    """
    for language, words in dictionary.items():
        seen: set[str] = set()
        for word, said in words.items():
            key = _key(word)
            if not any(character.isalnum() for character in key):
                raise ValueError(f'pronunciation.{language} has "{word}", which holds no letter and is never spoken')
            if key in seen:
                raise ValueError(f'pronunciation.{language} has "{word}" twice; upper and lower case count as one')
            seen.add(key)
            if not any(character.isalnum() for character in said):
                raise ValueError(f'pronunciation.{language} says nothing for "{word}"; write how it is said')


class Pronunciation:
    """Writes the words of a dictionary as they are to be said: whole words in any case, the longest first."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._said = {
            language: {_key(word): said for word, said in words.items()} for language, words in dictionary.items()
        }
        self._patterns = {language: _any_of(words) for language, words in dictionary.items() if words}

    def applied(self, text: str, language: Language) -> str:
        """`text`, its words of the dictionary replaced; what was put in is not looked up again."""
        pattern = self._patterns.get(language)
        if pattern is None:
            return text
        said = self._said[language]
        return pattern.sub(lambda match: said.get(_key(match.group()), match.group()), text)


def _key(word: str) -> str:
    return " ".join(word.casefold().split()).replace("’", "'")


def _any_of(words: Mapping[str, str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(_whole(word) for word in longest_first), re.IGNORECASE)


def _whole(word: str) -> str:
    """Pattern of a word: white space and apostrophes of any kind, and no letter or digit beside it."""
    parts = (re.sub("['’]", "['’]", re.escape(part)) for part in word.split())
    return rf"(?<!\w){_SPACE.join(parts)}(?!\w)"
