"""Takes out of an answer what is not meant to be spoken, and ends one that does not end by itself."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

MAX_ANSWER_CHARS = 1_500
"""About a minute and a half of speech: nobody listens longer."""

_REPEATS = 3
_PATIENCE = 3
"""Sentences that an unclosed stage direction may swallow before it is taken for a slip."""

_CLOSING = {"*": "*", "[": "]", "(": ")", "<think>": "</think>"}

_OTHER_VOICE = re.compile(
    r"(?:^|\n)\W*(?:user|human|visitor|interviewer|utilisat(?:eur|rice)|humaine?|visiteu(?:r|se))\s*:", re.IGNORECASE
)
_OWN_LABELS = "assistante?|ai|ia|double|bot"
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>»\"]+", re.IGNORECASE)
_TAG = re.compile(r"</?[|a-zA-Z][^<>\n]{0,40}>|\[/?INST\]")
_LINE_MARKUP = re.compile(r"^[ \t]*(?:#{1,6}|>|[-+•]|\*(?=[ \t]))[ \t]+", re.MULTILINE)
_DOUBLE_MARK = re.compile(r"\*{2,}|`+")
_DIRECTION = re.compile(r"\*(?=\S)[^*]+\*|\[[^\]]*\]|\([^)]*\)|<think>.*?</think>", re.DOTALL)
_OPEN_DIRECTION = re.compile(r"<think>|\*(?=\S)|[\[(]")
_EMPTY_PAIR = re.compile(r"«\s*»|“\s*”|\"\s*\"|\(\s*\)")
_KEPT_SYMBOLS = "°№"


def guard(sentences: Iterable[str], speaker: str, max_chars: int = MAX_ANSWER_CHARS) -> Iterator[str]:
    """The speakable part of every sentence, until the answer loops, goes on for the visitor, or is `max_chars` long.

    Args:
        sentences: pieces of one answer, as `persona.sentences` cuts them.
        speaker: name of the character; models like to write it in front of what it says.
        max_chars: length of all that is given; at least one sentence is.
    """
    unclosed, swallowed, told = "", 0, 0
    times_said: Counter[str] = Counter()
    for sentence in sentences:
        text, goes_on = _before_other_voice(sentence)
        text, unclosed = speakable(text, speaker, unclosed)
        swallowed = swallowed + 1 if unclosed else 0
        if swallowed >= _PATIENCE and unclosed != "<think>":
            unclosed = ""
        if text:
            times_said[_key(text)] += 1
            told += len(text)
            if times_said[_key(text)] >= _REPEATS or (told > max_chars and told > len(text)):
                return
            yield text
        if not goes_on:
            return


def speakable(sentence: str, speaker: str, unclosed: str = "") -> tuple[str, str]:
    """What of `sentence` is spoken ("" if nothing), and the stage direction that it leaves open ("" if none).

    `unclosed` is what the sentence before left open: "*", "[", "(" or "<think>".
    """
    if unclosed:
        _, closing, sentence = sentence.partition(_CLOSING[unclosed])
        if not closing:
            return "", unclosed
    text = _LINE_MARKUP.sub("", _LINK.sub(r"\1", sentence))
    text = _DOUBLE_MARK.sub("", text)
    text, left_open = _without_directions(text)
    text = _tidy(_URL.sub("", _TAG.sub("", text)))
    text = re.sub(rf"^\W*(?:{_names(speaker)}|{_OWN_LABELS})\s*:\s*", "", text, flags=re.IGNORECASE)
    return (text if re.search(r"[^\W_]", text) else ""), left_open


def _before_other_voice(sentence: str) -> tuple[str, bool]:
    """The sentence as far as the double speaks, and whether it goes on after it."""
    other = _OTHER_VOICE.search(sentence)
    return (sentence[: other.start()], False) if other else (sentence, True)


def _without_directions(text: str) -> tuple[str, str]:
    """`text` without its stage directions, and the mark of one that is not closed."""
    text = _DIRECTION.sub(_spoken_aside, text)
    opened = _OPEN_DIRECTION.search(text)
    while opened and opened.group() == "(" and ")" in text[opened.end() :]:
        opened = _OPEN_DIRECTION.search(text, text.index(")", opened.end()))
    return (text[: opened.start()], opened.group()) if opened else (text, "")


def _spoken_aside(found: re.Match[str]) -> str:
    """What stays of a direction: nothing, unless it is an aside or an emphasis in the middle of a sentence."""
    text, mark = found.group(), found.group()[0]
    before, after = found.string[: found.start()].rstrip(" "), found.string[found.end() :].lstrip(" ")
    in_the_middle = before[-1:].isalnum() and (after[:1].islower() or after[:1] in {*",;:.!?…"} - {""})
    if mark == "(" and in_the_middle:
        return text
    emphasis = mark == "*" and in_the_middle and text.count(" ") <= 2
    return text.strip("*") if emphasis else ""


def _tidy(text: str) -> str:
    """`text` without emoji, control characters, underscores around words, and what taking things out has left."""
    kept = "".join(char if not char.isspace() else _space(char) for char in text if _is_text(char))
    kept = re.sub(r"(?<!\w)_+|_+(?!\w)|~~|\*", "", kept)
    kept = re.sub(r" {2,}", " ", _EMPTY_PAIR.sub("", kept))
    return re.sub(r" +(?=[.,…)])", "", kept).strip()


def _space(char: str) -> str:
    return char if char in "\u00a0\u202f" else " "


def _is_text(char: str) -> bool:
    category = unicodedata.category(char)
    if char.isspace() or char in _KEPT_SYMBOLS:
        return True
    return not (category[0] == "C" or category in {"So", "Sk"} or char in "\u20e3\ufe0f\ufe0e")


def _names(speaker: str) -> str:
    """The speaker's whole name or first name, as a pattern."""
    return "|".join(re.escape(name) for name in (speaker, speaker.split(" ", maxsplit=1)[0]) if name)


def _key(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()
