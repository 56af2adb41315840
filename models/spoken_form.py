"""The words with which a written text is said: numbers, signs and abbreviations in full, in English and French.

Not every voice reads digits, and those that do read them differently: spelt out here, a line sounds the same in each.
"""

from __future__ import annotations

import unicodedata

from models.abbreviations import (
    ENGLISH_ABBREVIATIONS,
    ENGLISH_BEFORE_NUMBER,
    FRENCH_ABBREVIATIONS,
    FRENCH_BEFORE_NUMBER,
    abbreviation_rule,
)
from models.protocols import Language
from models.spoken_numbers import ENGLISH_NUMBERS, FRENCH_NUMBERS, Match, Rule

_RAISED = str.maketrans("ᵉʳᵈⁿˢ", "erdns")
_RULES: dict[Language, tuple[Rule, ...]] = {
    # what stands before a number is recognised by its digits, so it goes first
    "en": (abbreviation_rule(ENGLISH_BEFORE_NUMBER), *ENGLISH_NUMBERS, abbreviation_rule(ENGLISH_ABBREVIATIONS)),
    "fr": (abbreviation_rule(FRENCH_BEFORE_NUMBER), *FRENCH_NUMBERS, abbreviation_rule(FRENCH_ABBREVIATIONS)),
}


def spoken_form(text: str, language: Language) -> str:
    """`text` with its numbers, signs and abbreviations in words; of a language that we do not spell, as it stands.

    What comes back in English or French holds no digit.
    """
    rules = _RULES.get(language)
    if rules is None:
        return text
    text = "".join(_plain_digit(character) for character in text.translate(_RAISED))
    for rule in rules:
        text = _replaced(rule, text)
    return text


def _plain_digit(character: str) -> str:
    """Superscripts, circled and foreign digits as 0 to 9."""
    digit = unicodedata.digit(character, None)
    return character if digit is None else str(digit)


def _replaced(rule: Rule, text: str) -> str:
    """`text` with each match in words, kept apart from letters and digits beside it: "B52" is "B fifty-two"."""
    pattern, say = rule

    def in_place(match: Match) -> str:
        start, end = match.span()
        before, after = text[max(0, start - 1) : start], text[end : end + 1]
        words = f" {say(match)}" if before.isalnum() else say(match)
        return f"{words.rstrip()} " if after.isalnum() else words

    return pattern.sub(in_place, text)
