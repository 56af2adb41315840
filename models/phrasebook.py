"""The phrases that a small grammar can recognise, with the sounds of words that no dictionary knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.protocols import Language, ModelError
from models.settings import SettingsError, read_toml

DICTIONARY_LANGUAGE: Language = "en"
"""The dictionary of the recogniser is English: words of any other language need a pronunciation of their own."""
ARPABET = "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"
"""The sounds of American English."""
_PHRASES = "phrases"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A whole sentence, as it is written, in its language."""

    text: str
    language: Language


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """Phrases, and pronunciations (word in lower case -> ARPAbet sounds with spaces between)."""

    phrases: tuple[Phrase, ...]
    pronunciations: Mapping[str, str]
    file: str = "the phrasebook"
    """Where it stands, for errors."""


@dataclass(frozen=True, slots=True)
class _PhraseFile:
    question: tuple[Phrase, ...]
    pronunciations: dict[str, str] = field(default_factory=dict)


def read_phrasebook(path: Path) -> Phrasebook:
    """The phrasebook in a file of `[[question]]` tables and one table `[pronunciations]`.

    Raises:
        ModelError: the file is missing or wrong.
    """
    try:
        content = read_toml(path, _PhraseFile)
    except SettingsError as error:
        raise ModelError(str(error)) from error
    return Phrasebook(content.question, content.pronunciations, str(path))


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a recogniser needs to tell phrases apart."""

    jsgf: str
    words: Mapping[str, str]
    """Words to add to its dictionary: token -> sounds."""
    phrases: Mapping[str, Phrase]
    """What it then hears, as tokens with spaces between -> the phrase."""


def grammar(book: Phrasebook, known: Callable[[str], bool]) -> Grammar:
    """The grammar of a phrasebook: one alternative per phrase; `known` tells which words the dictionary has.

    Tokens are plain ASCII, because the grammar's parser reads nothing else.

    Raises:
        ModelError: a word has no pronunciation, or one with a sound that does not exist.
    """
    words: dict[str, str] = {}
    phrases: dict[str, Phrase] = {}
    _refuse_silent_words(book, known)
    for phrase in book.phrases:
        tokens = []
        for word in words_of(phrase.text):
            if _is_in_dictionary(word, phrase.language, known):
                tokens.append(word)
            else:
                tokens.append(_token(word, phrase.language))
                words[tokens[-1]] = _sounds(word, book)
        if tokens:
            phrases[" ".join(tokens)] = phrase
    if not phrases:
        raise ModelError(f"{book.file}: holds no phrase with words in it; write at least one [[question]].")
    rule = "\n  | ".join(phrases)
    return Grammar(f"#JSGF V1.0;\ngrammar {_PHRASES};\npublic <phrase> =\n  {rule};\n", words, phrases)


def words_of(text: str) -> list[str]:
    """The words of a phrase in lower case; "l'eau" and "êtes-vous" are one word and two."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.casefold().replace("’", "'"))


def _token(word: str, language: Language) -> str:
    letters = (c if c.isascii() and c.isalnum() else f"_{ord(c):x}" for c in word)
    return f"{language}_{''.join(letters)}"


def _is_in_dictionary(word: str, language: Language, known: Callable[[str], bool]) -> bool:
    return language == DICTIONARY_LANGUAGE and known(word)


def _refuse_silent_words(book: Phrasebook, known: Callable[[str], bool]) -> None:
    """Name all the words that nobody told how to pronounce, so that they can be written in one go."""
    silent = {
        word: None
        for phrase in book.phrases
        for word in words_of(phrase.text)
        if not _is_in_dictionary(word, phrase.language, known) and not book.pronunciations.get(word, "").split()
    }
    if silent:
        listed = ", ".join(f'"{word}"' for word in silent)
        raise ModelError(
            f"{book.file}: [pronunciations] lacks {listed}; write how each sounds, as the words that stand there do, "
            "or take its question out."
        )


def _sounds(word: str, book: Phrasebook) -> str:
    sounds = book.pronunciations[word].split()
    for sound in sounds:
        if sound not in ARPABET.split():
            raise ModelError(f'{book.file}: [pronunciations] {word}: "{sound}" is no sound; they are {ARPABET}.')
    return " ".join(sounds)
