"""Sentences for the pocket ears, drawn from the corpus of the demo's character and from its show."""

from __future__ import annotations

import random
import re
import tomllib
import unicodedata
import zlib
from collections.abc import Callable
from pathlib import Path

from scripts.pocket.grammar import Corpus

_KEPT_FOR_TRIAL = 40
"""One sentence in so many is never trained on."""
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*['’]?")
_SENTENCE_END = re.compile(r"(?<=[.?!…])\s+")
_LONGEST_WORDS = 24
_LONGEST_PHRASE = 4
_WORDS_SEEN_IN = 12_000


def normal(text: str) -> list[str]:
    """The words of `text`, without case and punctuation: what an error rate counts."""
    folded = unicodedata.normalize("NFC", text).casefold().replace("’", "'").replace("'", "' ").replace("-", " ")
    return re.findall(r"[^\W\d_]+'?", folded)


def is_kept_for_trial(text: str) -> bool:
    """Whether these words stand only in the trial, never in the training."""
    return zlib.crc32(" ".join(normal(text)).encode()) % _KEPT_FOR_TRIAL == 0


class EarText:
    """Draws what somebody might say in one language."""

    def __init__(self, language: str, corpus: Corpus, show: Path) -> None:
        self.language = language
        self._corpus = corpus
        self._asked = [question for topic in corpus.topics for question in topic.questions]
        self._told = [answer for topic in corpus.topics for tone in topic.answers.values() for answer in tone]
        self._told += [text for topic in corpus.topics for text in (*topic.follow_ups, *topic.memories, *topic.letters)]
        self._lines = _show_lines(show, language)
        self._ways: tuple[tuple[float, Callable[[random.Random], str]], ...] = (
            (0.50, self._question),
            (0.16, self._statement),
            (0.06, lambda rng: rng.choice(self._lines)),
            (0.05, lambda rng: f"{self._question(rng)} {self._question(rng)}"),
            (0.23, self._loose_words),
        )
        rng = random.Random(1)
        seen = {word for _ in range(_WORDS_SEEN_IN) for word in _WORD.findall(self._question(rng))}
        seen |= {word for _ in range(_WORDS_SEEN_IN) for word in _WORD.findall(self._statement(rng))}
        self.words = sorted(word for word in seen if not word.endswith(("'", "’")))

    def phrase(self, rng: random.Random) -> str:
        """A few neighbouring words of a sentence: the shorter a text, the sooner the ears learn where its words are."""
        while True:
            words = self.draw(rng).split(" ")
            count = rng.randint(1, _LONGEST_PHRASE)
            start = rng.randrange(max(1, len(words) - count + 1))
            text = " ".join(words[start : start + count])
            if normal(text) and not is_kept_for_trial(text):
                return text

    def draw(self, rng: random.Random, for_trial: bool = False) -> str:
        """A sentence; for a trial one that is drawn from the questions and statements and was never trained on."""
        while True:
            if for_trial:
                text = self._question(rng) if rng.random() < 0.7 else self._statement(rng)
            else:
                (way,) = rng.choices([way for _, way in self._ways], [weight for weight, _ in self._ways])
                text = way(rng)
            words = len(normal(text))
            if 0 < words <= _LONGEST_WORDS and is_kept_for_trial(text) == for_trial:
                return text

    def _question(self, rng: random.Random) -> str:
        return self._corpus.draw(rng.choice(self._asked), rng)

    def _statement(self, rng: random.Random) -> str:
        return rng.choice(_SENTENCE_END.split(self._corpus.draw(rng.choice(self._told), rng)))

    def _loose_words(self, rng: random.Random) -> str:
        """Words in no order: so that the ears hear what was said, and do not only know what is usually said."""
        words = rng.choices(self.words, k=rng.choice((1, 1, 2, 3, 4, 5, 6, 7, 8)))
        text = " ".join(words)
        return text[0].upper() + text[1:] + rng.choice((".", ".", "?"))


def _show_lines(show: Path, language: str) -> list[str]:
    lines = tomllib.loads((show / "lines.toml").read_text(encoding="utf-8"))["line"]
    questions = tomllib.loads((show / "visitor.toml").read_text(encoding="utf-8"))["question"]
    texts = [line["text"] for line in lines if line["language"] == language]
    texts += [question["text"] for question in questions if question["language"] == language]
    return [sentence for text in texts for sentence in _SENTENCE_END.split(text) if normal(sentence)]
