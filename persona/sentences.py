"""Cuts an answer, while it is being written, into pieces that can be spoken one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

FIRST_CLAUSE_CHARS = 28
"""The first piece ends at the first comma or dash after this many characters: the sooner it is spoken, the better."""

LONG_CHARS = 160
"""A sentence this long is cut at its next comma or dash."""

MAX_CHARS = 300
"""No piece is longer; one without a better place is cut between two words."""

_MARK = re.compile(r"[.!?…]+|[,;:—]|(?<=\s)[-–](?=\s)|\n\s*\n")
_AFTER_MARK = re.compile(r"""(?:\s*[.!?…]+|["'”’»)\]}*_]+|\s+»)*""")
"""What still belongs to the sentence that a mark ends: more marks, closing quotes and brackets."""

_WHOLE = re.compile(r"""[.!?…][\s"'”’»)\]}*_]*$""")
_SPOKEN = re.compile(r"[^\W_]")
_BETWEEN_WORDS = re.compile(r"(?<=\S)[ \t\n]+(?=[\w«“\"'(\[])")

_TITLES = "Mrs?|Ms|MM|Mmes?|Mlles?|Drs?|Prs?|Profs?|Ste?|Capt|Col|Gen|Lt|Rev|cf|vs"
# "I" is left out of the initials: "So do I." ends a sentence.
_ABBREVIATION = re.compile(rf"(?:^|[\s('’«“\"-])(?:[A-HJ-Z]|(?:[^\W\d_]\.-?)+[^\W\d_]|(?i:p\.\s*ex)|{_TITLES})$")
_BEFORE_NUMBER = re.compile(r"(?:^|\s)(?:[Nn]os?|[Nn]|pp?|vol|ch|fig|art)$")
_LIST_NUMBER = re.compile(r"\d{1,2}")


class Sentences:
    """Takes text in pieces of any size and gives sentences; the first may be a clause, so that speech begins early.

    Nothing is lost but white space at the cuts, and the cuts do not depend on how the text came in pieces. Nothing that
    cannot be spoken (punctuation alone) is given.
    """

    def __init__(self) -> None:
        self._text = ""
        self._first = True

    def feed(self, piece: str) -> list[str]:
        """The sentences that are complete now that `piece` has come."""
        self._text = (self._text + piece).lstrip()
        return self._take()

    def finish(self) -> list[str]:
        """What is left when nothing more comes."""
        rest, self._text = self._text.strip(), ""
        return [rest] if _SPOKEN.search(rest) else []

    def _take(self) -> list[str]:
        taken: list[str] = []
        while end := _first_end(self._text, FIRST_CLAUSE_CHARS if self._first else LONG_CHARS):
            taken.append(self._text[:end].strip())
            self._text = self._text[end:].lstrip()
            self._first = False
        return taken


def is_whole(sentence: str) -> bool:
    """Whether a piece ends as a sentence does, and not as a clause."""
    return _WHOLE.search(sentence) is not None


def split(pieces: Iterable[str]) -> Iterator[str]:
    """The sentences of a text that comes in pieces, each as soon as it is complete."""
    sentences = Sentences()
    for piece in pieces:
        yield from sentences.feed(piece)
    yield from sentences.finish()


def _first_end(text: str, clause_chars: int) -> int:
    """Where the first sentence of `text` ends; 0 when that cannot be told before more text has come.

    Every mark is judged by the first letter or digit that follows; until that is there, nothing after the mark is
    looked at. So more text never changes a cut.
    """
    for mark in _MARK.finditer(text, 0, MAX_CHARS):
        if not _SPOKEN.search(text, 0, mark.start()):
            continue
        following = _SPOKEN.search(text, mark.end())
        if following is None:
            return 0
        closing = _AFTER_MARK.match(text, mark.end(), following.start())
        end = closing.end() if closing else mark.end()
        if _ends_here(text, mark, following.start()) or (end >= clause_chars and _pauses_here(text, mark, end)):
            return end
    return _forced_end(text)


def _ends_here(text: str, mark: re.Match[str], following: int) -> bool:
    """Whether a sentence ends at the mark, `following` being the place of the next letter or digit."""
    if mark.group().isspace():
        return True
    if mark.group()[0] not in ".!?…" or not _has_space(text, mark.end(), following):
        return False
    return not text[following].islower() and not _abbreviates(text, mark, following)


def _pauses_here(text: str, mark: re.Match[str], end: int) -> bool:
    """Whether a speaker may breathe at the mark."""
    if mark.group() in {"—", "–", "-"}:
        return True
    return text[end].isspace() and not _abbreviates(text, mark, end)


def _abbreviates(text: str, mark: re.Match[str], following: int) -> bool:
    """Whether the mark is the point of "Mme.", "e.g.", "J.", "no. 5" or of a number in a list."""
    if mark.group() != ".":
        return False
    before = text[: mark.start()]
    if _LIST_NUMBER.fullmatch(before.strip()) or _ABBREVIATION.search(before):
        return True
    return text[following].isdigit() and _BEFORE_NUMBER.search(before) is not None


def _has_space(text: str, start: int, end: int) -> bool:
    return any(char.isspace() for char in text[start:end])


def _forced_end(text: str) -> int:
    """Where `text` is cut because it is too long, or 0."""
    if len(text) <= MAX_CHARS or not _SPOKEN.search(text, 0, MAX_CHARS):
        return 0
    gaps = [gap.start() for gap in _BETWEEN_WORDS.finditer(text, 0, MAX_CHARS + 1)]
    gaps = [gap for gap in gaps if _SPOKEN.search(text, 0, gap)]
    end = gaps[-1] if gaps else MAX_CHARS
    return end if _SPOKEN.search(text, end) else 0
