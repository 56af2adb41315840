"""Tells whether the words that a visitor has said so far are a finished thought, for how long to wait for more."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

from persona.thought_words import ThoughtWords, thought_words

_LONG_OPENING_WORDS = 9
"""So long an opening clause with a full stop behind it may well hold a main clause that no pattern found."""

_FURTHEST_MAIN_WORDS = 60
"""Nobody opens a sentence for longer; a recogniser that repeats itself does."""

_FRAGMENT_WORDS = 4
"""A longer row of words is hardly without a verb, though none was found."""

_FEW_WORDS = 3
"""Who says no more than this waits for an answer."""

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´′", "'"))
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'»)”]* ")
_PART_END = re.compile(r"[,;:—–]|\s-+\s")
_TRAILING_OFF = re.compile(r"\.\s?\.|[…,;:\-—–]")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_ELISION = re.compile(r"(?<![\w'])((?:qu|lorsqu|puisqu|quoiqu|jusqu|[cdjlmnst])')")
_ELIDED_WORD = re.compile(rf"{_ELISION.pattern}|{_WORD.pattern}")


class Thought(StrEnum):
    """How the words said so far end."""

    FINISHED = auto()
    """Nothing is missing: the double may answer at once."""
    OPEN = auto()
    """More must come: a conjunction, an article, a subordinate clause stands at the end."""
    UNCLEAR = auto()
    """The words do not tell."""


class _Mark(StrEnum):
    QUESTION = auto()
    STOP = auto()
    TRAILING = auto()
    NONE = auto()


_BY_MARK = {
    _Mark.QUESTION: Thought.FINISHED,
    _Mark.STOP: Thought.FINISHED,
    _Mark.TRAILING: Thought.OPEN,
    _Mark.NONE: Thought.UNCLEAR,
}
_BY_ENDING = {
    "open": (Thought.OPEN, Thought.OPEN, Thought.OPEN),
    "leaning": (Thought.UNCLEAR, Thought.OPEN, Thought.OPEN),
    "half_open": (Thought.FINISHED, Thought.UNCLEAR, Thought.OPEN),
    "asked": (Thought.FINISHED, Thought.OPEN, Thought.OPEN),
    "doubtful": (Thought.FINISHED, Thought.UNCLEAR, Thought.UNCLEAR),
    "may_end": (Thought.FINISHED, Thought.FINISHED, Thought.UNCLEAR),
    "ends": (Thought.FINISHED, Thought.FINISHED, Thought.FINISHED),
}
"""Kind of ending -> with a question mark, with a full stop, without a mark."""


def how_finished(text: str, language: str) -> Thought:
    """Whether `text`, what a recogniser has heard of a visitor so far, is a finished thought in `language` ("en").

    Marks are believed only as far as the words allow, because recognisers end whatever they hear with a full stop. Of
    a language without a file of words, the marks alone are looked at.
    """
    text = " ".join(unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).split())
    mark = _mark(text)
    words = thought_words().get(language)
    if words is None or mark is _Mark.TRAILING:
        return _BY_MARK[mark]
    sentence = _last_sentence(text, words, elides=language == "fr")
    return _judged(sentence, mark, words) if sentence.all_words else Thought.UNCLEAR


def asks(text: str, language: str) -> bool:
    """Whether `text` asks for an answer by itself: a question, a request, or a word or two, such as "hello".

    After a statement more may follow: "My mother knew you. Do you remember her?"
    """
    text = " ".join(unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).split())
    if _mark(text) is _Mark.QUESTION:
        return True
    words = thought_words().get(language)
    if words is None:
        return False
    sentence = _last_sentence(text, words, elides=language == "fr")
    core = _line(sentence.core)
    begins = words.questions.match(core) or words.requests.match(core)
    return begins is not None or 0 < len(_WORD.findall(text)) <= _FEW_WORDS


def _mark(text: str) -> _Mark:
    marks = "".join(itertools.takewhile(lambda char: not char.isalnum(), reversed(text)))
    if "?" in marks:
        return _Mark.QUESTION
    if _TRAILING_OFF.search(marks):
        return _Mark.TRAILING
    return _Mark.STOP if "." in marks or "!" in marks else _Mark.NONE


@dataclass(frozen=True, slots=True)
class _Sentence:
    """The last sentence in small letters."""

    all_words: Sequence[str]
    said: Sequence[str]
    """Without the asides before it."""
    core: Sequence[str]
    """Without the "yes" or "no" before it, either."""
    later_parts: Sequence[Sequence[str]]
    """What stands behind each comma of it."""


def _last_sentence(text: str, known: ThoughtWords, elides: bool) -> _Sentence:
    word = _ELIDED_WORD if elides else _WORD
    sentences = [piece for piece in _SENTENCE_END.split(text) if _WORD.search(piece)]
    if len(sentences) > 1 and known.answers.fullmatch(_line(_words(sentences[-2].lower(), word))):
        # "Yes. I am." is one thought
        sentences[-1] = " ".join(sentences[-2:])
    parts = [_words(part, word) for part in _PART_END.split(sentences[-1].lower())] if sentences else []
    parts = [part for part in parts if part]
    all_words = [word for part in parts for word in part]
    said = _without(all_words, known.asides)
    return _Sentence(all_words, said, _without(_without(said, known.answers), known.asides), parts[1:])


def _words(part: str, word: re.Pattern[str]) -> list[str]:
    return [found.group() for found in word.finditer(part)]


def _without(words: Sequence[str], leading: re.Pattern[str]) -> Sequence[str]:
    """The words without all the `leading` ones before them; one word is left at least."""
    line, end = _line(words), 0
    while (found := leading.match(line, end)) and found.end() < len(line):
        end = found.end()
    return words[line.count(" ", 0, end) :]


def _line(words: Sequence[str]) -> str:
    return "".join(f"{word} " for word in words)


def _judged(sentence: _Sentence, mark: _Mark, known: ThoughtWords) -> Thought:
    kind = known.ending((sentence.all_words, sentence.said, sentence.core)) or "may_end"
    asked, stopped, bare = _BY_ENDING[kind]
    core = _line(sentence.core)
    if kind == "ends" or Thought.OPEN in (stopped, bare):
        waits = is_question = False
    else:
        is_question = known.questions.match(core) is not None
        waits = not is_question and len(sentence.core) > 1 and _waits_for_main(sentence, known)
    if mark is _Mark.QUESTION:
        return Thought.UNCLEAR if waits and known.clauses.match(core) else asked
    if waits:
        is_long = len(sentence.core) >= _LONG_OPENING_WORDS
        return Thought.UNCLEAR if is_long and mark is _Mark.STOP else Thought.OPEN
    if mark is _Mark.STOP:
        return Thought.UNCLEAR if kind == "may_end" and _is_fragment(sentence, known) else stopped
    return Thought.FINISHED if is_question and kind == "may_end" else bare


def _waits_for_main(sentence: _Sentence, known: ThoughtWords) -> bool:
    """Whether it begins with what needs a main clause, and has none yet."""
    core = sentence.core
    clause = known.clauses.match(_line(core))
    opening = clause or known.phrases.match(_line(core))
    if not opening:
        return False
    if any(not _is_joined(part, known) and _has_verb(part, known) for part in sentence.later_parts):
        return False
    # the word behind the opening may be its own subject, but not that of the main clause
    start = opening.group().count(" ") + 1
    return not any(
        known.mains.match(_line(core[place:])) and not known.joins.match(_line(core[place - 1 : place]))
        for place in range(start, min(len(core), _FURTHEST_MAIN_WORDS))
    )


def _is_joined(part: Sequence[str], known: ThoughtWords) -> bool:
    """Whether what stands behind a comma goes on with the opening: "When I was a child, and when it rained"."""
    line = _line(part)
    joins = (known.links, known.clauses, known.phrases)
    return any(words.match(line) for words in joins) and known.questions.match(line) is None


def _has_verb(words: Sequence[str], known: ThoughtWords) -> bool:
    return any(known.verbs.match(f"{word} ") for word in words)


def _is_fragment(sentence: _Sentence, known: ThoughtWords) -> bool:
    """Whether it is no clause, such as "The old house."."""
    begins = known.fragments.match(_line(sentence.core)) is not None
    return begins and len(sentence.core) <= _FRAGMENT_WORDS and not _has_verb(sentence.core, known)
