"""Reads the corpus of the pocket models and draws sentences from it.

One entry a line: `:name = a | b` a slot list, `## topic`, `? ` a visitor's words, `?? ` a visitor's words that are
like no others, `& a | b` names of the subject, `&v a | b` what one does there, `= ` an answer (in that tone: `=gentle `
or `=ironic `), `+ ` what follows when the visitor says "go on", `~ ` a remembered line, `@ ` a letter, `# ` a comment.
In every entry `{a|b|}` stands for one of the alternatives and `<name>` for a value of that slot list. The slot lists
`frames` and `vframes` are sentences in which a `&` stands for a name, or for what one does.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

TONES = ("", "gentle", "ironic")
_ENTRY = re.compile(r"(\?\??|[+~@]|&v?|=(?:gentle|ironic)?) +(.*)")
_VOWEL = re.compile(r"\b([dD])e (?=[aeiouyhàâéèêîô])")
_INNERMOST = re.compile(r"\{([^{}]*)\}")
_SLOT = re.compile(r"<(\w+)>")
_SPACES = re.compile(r" {2,}")


@dataclass(slots=True)
class Topic:
    """What is said about one subject."""

    name: str
    questions: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """What visitors say in words of their own."""
    names: list[str] = field(default_factory=list)
    doings: list[str] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    """By tone."""
    follow_ups: list[str] = field(default_factory=list)
    memories: list[str] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)

    @property
    def is_memory(self) -> bool:
        """Whether the answers come out of a remembered line."""
        return self.name.startswith("memory")


class Corpus:
    """The templates of one language."""

    def __init__(self, path: Path) -> None:
        self.topics: list[Topic] = []
        self.slots: dict[str, list[str]] = {}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip() and not line.startswith("# "):
                try:
                    self._take(line.strip())
                except (ValueError, IndexError) as error:
                    raise SystemExit(f"{path}: line {number}: {error or 'no topic stands before it'}.") from error
        self._check(path)

    def _take(self, line: str) -> None:
        if line.startswith("## "):
            self.topics.append(Topic(line[3:].strip()))
        elif line.startswith(":"):
            name, _, values = line[1:].partition("=")
            self.slots[name.strip()] = [value.strip() for value in values.split("|") if value.strip()]
        elif match := _ENTRY.fullmatch(line):
            topic, kind, text = self.topics[-1], match[1], match[2].strip()
            if kind.startswith("="):
                topic.answers.setdefault(kind[1:], []).append(text)
            else:
                lists = {
                    "?": topic.questions,
                    "??": topic.remarks,
                    "&": topic.names,
                    "&v": topic.doings,
                    "+": topic.follow_ups,
                    "~": topic.memories,
                    "@": topic.letters,
                }
                lists[kind] += [name.strip() for name in text.split("|")] if kind[0] == "&" else [text]
        else:
            raise ValueError(f"no entry begins like this: {line[:40]!r}")

    def _check(self, path: Path) -> None:
        for topic in self.topics:
            answers = [answer for tone in topic.answers.values() for answer in tone]
            for text in (
                *topic.questions,
                *topic.remarks,
                *answers,
                *topic.follow_ups,
                *topic.memories,
                *topic.letters,
            ):
                left_over = _SLOT.sub("", _without_alternatives(text))
                missing = [name for name in _SLOT.findall(text) if name not in self.slots]
                if missing or any(sign in left_over for sign in "{}|<>"):
                    raise SystemExit(f"{path}: {topic.name}: {text!r} has braces or slots {missing} that do not fit.")

    def draw(self, template: str, rng: random.Random, bound: dict[str, str] | None = None) -> str:
        """One sentence of `template`; values of slots are taken from `bound` and written into it."""
        bound = {} if bound is None else bound
        text = template
        while match := _INNERMOST.search(text):
            text = text[: match.start()] + rng.choice(match[1].split("|")) + text[match.end() :]
        text = _SLOT.sub(lambda slot: self._value(slot[1], rng, bound), text)
        return _SPACES.sub(" ", text).strip()

    def framed(self, topic: Topic, rng: random.Random) -> str:
        """A template that names the subject of `topic`, or what one does there, in some sentence; "" if it has none."""
        kinds = [(names, frames) for names, frames in ((topic.names, "frames"), (topic.doings, "vframes")) if names]
        if not kinds:
            return ""
        (chosen,) = rng.choices(kinds, [len(names) for names, _ in kinds])
        names, frames = chosen
        text = rng.choice(self.slots[frames]).replace("&", rng.choice(names))
        text = _VOWEL.sub(r"\1'", text) if frames == "vframes" else text
        return text[0].upper() + text[1:]

    def _value(self, name: str, rng: random.Random, bound: dict[str, str]) -> str:
        if name not in bound:
            bound[name] = rng.choice(self.slots[name])
        return bound[name]


def _without_alternatives(text: str) -> str:
    while match := _INNERMOST.search(text):
        text = text[: match.start()] + match[1].replace("|", " ") + text[match.end() :]
    return text
