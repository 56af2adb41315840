"""Guesses the language of a typed line, for the few languages that a show speaks."""

from __future__ import annotations

import re
from collections.abc import Sequence

_COMMON_WORDS = {
    "en": "the a an and or but of to in is are was were you your i my me we they he she it what who why when where how "
    "do does did not don't can could would will have has had that this there be been with for from about yes no hello "
    "tell please thank thanks say if as at on so good evening morning night goodbye wait listen sorry",
    "fr": "le la les un une des et ou mais de du à au aux en est sont était vous votre vos tu ton ta je j' mon ma mes "
    "nous ils elles il elle on que qu' qui quoi pourquoi quand où comment ne pas n' c' d' l' s' ce cette ça avec pour "
    "dans sur oui non bonjour merci dites parlez êtes avez ai as suis sais quel quelle plus "
    "bonsoir salut bonne nuit revoir attendez écoutez pardon",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON_WORDS.items()}
_TOKEN = re.compile(r"[^\W\d_]+'?")
_FRENCH_LETTERS = re.compile("[àâçéèêëîïôœùûüÿ]")


def guess_language(text: str, languages: Sequence[str], otherwise: str) -> str:
    """The likeliest of `languages` (codes such as "en") for `text`; `otherwise` when nothing speaks for any.

    Counts the commonest short words of English and French, and letters that only French has.
    """
    lowered = text.lower().replace("\u2019", "'")
    tokens = _TOKEN.findall(lowered)
    scores = {
        language: sum(token in _WORDS[language] or token.rstrip("'") in _WORDS[language] for token in tokens)
        for language in languages
        if language in _WORDS
    }
    if "fr" in scores and _FRENCH_LETTERS.search(lowered):
        scores["fr"] += 2
    best = max(scores, key=lambda language: (scores[language], language == otherwise), default=otherwise)
    return best if scores.get(best) else otherwise
