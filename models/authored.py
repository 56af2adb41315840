"""A language model of authored lines: the visitor's words choose among lines that a person wrote."""

from __future__ import annotations

import math
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from models.protocols import Language, Message, ModelError, Sampling, TokenStream
from models.settings import SettingsError, read_toml

_DIRECTION_WEIGHT = 1.5
"""A performer's subject counts more than the visitor's: that is what steering means."""
_TONE_BONUS = 0.9
"""Less than the weight of any one word (1 at least): a tone chooses between lines that fit."""
_NOT_AGAIN = 6
"""A line is not said again within this many answers, while there is another."""
_ENDINGS = (("ings", 3), ("ing", 3), ("ed", 3), ("es", 4), ("s", 3), ("e", 4), ("x", 3))
"""Endings that a stem goes without, and how short it may become: of "mère" the last e must stay, or it is the sea."""
_LOST_ITS_E = re.compile("[^aeiouy][aeiouy][^aeiouwxy]")
"""What an ending leaves of a short word in e: loving -> lov; but eating -> eat."""


@dataclass(frozen=True, slots=True)
class AuthoredSettings:
    """Where the lines are: a file of `[[line]]` tables, in the show folder."""

    lines: str = "lines.toml"


@dataclass(frozen=True, slots=True)
class Line:
    """One authored line: its language, the words that call it (none: a line for when nothing fits), its tone."""

    language: Language
    text: str
    about: tuple[str, ...] = ()
    tone: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError("a line needs a text")


@dataclass(frozen=True, slots=True)
class Lines:
    """All the lines of a character."""

    line: tuple[Line, ...]


def read_lines(path: Path) -> tuple[Line, ...]:
    """The authored lines of a file.

    Raises:
        ModelError: the file is missing or wrong, or a language has no line for when nothing fits.
    """
    try:
        lines = read_toml(path, Lines).line
    except SettingsError as error:
        raise ModelError(str(error)) from error
    for language in sorted({line.language for line in lines}):
        if not any(not line.about for line in lines if line.language == language):
            raise ModelError(f'{path}: language "{language}" needs a line with about = [], for when nothing fits.')
    if not lines:
        raise ModelError(f"{path}: there is no [[line]] in it; write at least one.")
    return lines


def stems(text: str) -> list[str]:
    """The words of `text` without case, accents and the commonest English and French endings."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    words = re.findall(r"[^\W_]+", "".join(c for c in folded if not unicodedata.combining(c)))
    return [_stem(word) for word in words]


def _stem(word: str) -> str:
    for ending, shortest in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < shortest:
            continue
        if ending not in ("ings", "ing", "ed"):
            return stem
        if stem[-1] == stem[-2] and stem[-1] not in "ls":  # swimming -> swim
            return stem[:-1]
        return stem + "e" if _LOST_ITS_E.fullmatch(stem) else stem
    return word


def choose(lines: Sequence[Line], messages: Sequence[Message], language: Language, seed: int | None) -> Line:
    """The line that answers the last user message, coloured by the directions; equals are drawn with `seed`.

    A line of the last few answers is not taken again while there is another.

    Raises:
        ModelError: no line is in this language.
    """
    require_lines(lines, (language,))
    spoken = [line for line in lines if line.language == language]
    said = [_beginning(message.text) for message in messages if message.role == "assistant"][-_NOT_AGAIN:]
    heard = next((message.text for message in reversed(messages) if message.role == "user"), "")
    wishes = {stem for message in messages if message.role == "direction" for stem in stems(message.text)}
    weights, asked = _weights(spoken), set(stems(heard))
    marks = {line: _subject(line, asked, wishes, weights) for line in _without(spoken, said)}
    fitting = [line for line in marks if marks[line] > 0] or _for_nothing(spoken, said)
    totals = {line: marks.get(line, 0.0) + _tone(line, wishes) for line in fitting}
    best = max(totals.values())
    return random.Random(seed).choice([line for line in fitting if totals[line] == best])


def require_lines(lines: Sequence[Line], languages: Sequence[Language]) -> None:
    """Whether there is a line in each of `languages`. Raises ModelError."""
    for language in languages:
        if all(line.language != language for line in lines):
            raise ModelError(
                f'there is no authored line in the language "{language}"; write some, or take it from the show.'
            )


def _for_nothing(lines: Sequence[Line], said: Sequence[str]) -> list[Line]:
    """The lines for when nothing fits that were not said, or the one said longest ago."""
    open_lines = [line for line in lines if not line.about]
    for forgotten in range(len(said)):
        if unsaid := _without(open_lines, said[forgotten:]):
            return unsaid
    return open_lines


def _weights(lines: Sequence[Line]) -> dict[str, float]:
    """How much a word tells: 1 for one that calls every line, more for a rarer one."""
    calls = Counter(stem for line in lines for stem in _all_stems(line.about))
    return {stem: 1 + math.log(len(lines) / count) for stem, count in calls.items()}


def _subject(line: Line, asked: set[str], wishes: set[str], weights: dict[str, float]) -> float:
    called_by = _all_stems(line.about)
    by_visitor = sum(weights[stem] for stem in sorted(called_by & asked))
    return by_visitor + _DIRECTION_WEIGHT * sum(weights[stem] for stem in sorted(called_by & wishes))


def _tone(line: Line, wishes: set[str]) -> float:
    return _TONE_BONUS if _all_stems(line.tone) & wishes else 0.0


def _all_stems(words: Iterable[str]) -> set[str]:
    return {stem for word in words for stem in stems(word)}


def _without(lines: Sequence[Line], said: Sequence[str]) -> list[Line]:
    return [line for line in lines if not any(_is_of(line, beginning) for beginning in said)]


def _is_of(line: Line, beginning: str) -> bool:
    """Whether `beginning`, perhaps cut off by an interruption, is of this line; a word or two may be of any."""
    whole = _beginning(line.text)
    return whole == beginning or (beginning.count(" ") >= 2 and whole.startswith(beginning))


def _beginning(text: str) -> str:
    return " ".join(stems(text)[:12])


class AuthoredLanguageModel:
    """Answers with the authored line that fits, streamed word by word."""

    def __init__(self, settings: AuthoredSettings, show_folder: Path) -> None:
        path = show_folder / settings.lines
        self.name = f"authored lines ({path.name})"
        self._lines = read_lines(path)
        self._aborted = Event()

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages that there are lines in."""
        return tuple(sorted({line.language for line in self._lines}))

    def stream(self, messages: Sequence[Message], language: Language, sampling: Sampling) -> TokenStream:
        """The line that fits, word by word; the same for the same messages and `sampling.seed`."""
        self._aborted.clear()
        return self._words(choose(self._lines, messages, language, sampling.seed).text)

    def _words(self, text: str) -> TokenStream:
        for word in re.findall(r"\s*\S+", text):
            if self._aborted.is_set():
                return
            yield word

    def abort(self) -> None:
        """End the stream under way."""
        self._aborted.set()

    def close(self) -> None:
        """Nothing to free."""
