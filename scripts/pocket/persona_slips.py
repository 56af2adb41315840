"""What becomes of a question on its way through a speech recogniser or a hurried keyboard."""

from __future__ import annotations

import random
import re

from models.protocols import Language

_LEAD_INS = {
    "en": ("um", "well", "so", "uh", "okay so", "you know", "and", "right", "hello", "hi Ada"),
    "fr": ("euh", "ben", "alors", "bon", "donc", "oui alors", "et", "voilà", "bonjour", "dis donc"),
}
_SHORT_WORD = 3
_PUNCTUATION = re.compile(r"[.?!,;:…]")
_SPACES = re.compile(r"\s+")


def slipped(question: str, language: Language, words: list[str], rng: random.Random) -> str:
    """`question` as it may arrive: usually as it was said, sometimes bare, with a word too many, lost or misheard.

    Args:
        question: as a good recogniser writes it.
        language: of its hesitations.
        words: what may be heard in place of another word.
        rng: decides.
    """
    text = question
    if rng.random() < 0.08:
        text = f"{rng.choice(_LEAD_INS[language])} {text[0].lower()}{text[1:]}"
        text = text[0].upper() + text[1:]
    if rng.random() < 0.16:
        text = _with_another_word(text, words, rng)
    order = rng.random()
    if order < 0.06:
        text = _keywords(text)
    elif order < 0.10:
        text = _in_another_order(text, rng)
    if rng.random() < 0.06:
        text = text.replace("'", "’")
    bare = rng.random()
    if bare < 0.12:
        text = text.rstrip(" .?!…")
    if bare < 0.08:
        text = _SPACES.sub(" ", _PUNCTUATION.sub(" ", text)).strip()
    if bare < 0.06:
        text = text.lower()
    return text or question


def _keywords(text: str) -> str:
    """The longer words alone: what a recogniser in a loud room leaves."""
    longer = [word for word in text.split(" ") if len(word.strip(".?!,")) > _SHORT_WORD]
    return " ".join(longer) if longer else text


def _in_another_order(text: str, rng: random.Random) -> str:
    """The same words stirred: a subject is told by its words more than by their order."""
    words = text.split(" ")
    rng.shuffle(words)
    return " ".join(words)


def _with_another_word(text: str, words: list[str], rng: random.Random) -> str:
    """One word lost, misheard, or said twice; of a very short question nothing is taken."""
    parts = text.split(" ")
    place = rng.randrange(len(parts))
    way = rng.random()
    if way < 0.2:
        parts.insert(place, parts[place])
    elif len(parts) < 4:
        return text
    elif way < 0.6:
        del parts[place]
    else:
        parts[place] = rng.choice(words)
    return " ".join(parts)
