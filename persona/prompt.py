"""Puts together what a language model reads before it answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from models.protocols import Language, Message
from persona.character import Character
from persona.memory import Exchange, Memory

BUDGET_CHARS = 4_800
"""Fits, with an answer of 200 tokens, into a context of 2,048 tokens at three characters a token."""

_SHORTEST_QUESTION_CHARS = 200
"""So much of a question is always read."""

_SILENCE = "…"
"""Stands for a visitor who said nothing: chat templates want a user before every assistant."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the double answers now."""

    heard: str
    language: Language
    steering: str = ""
    """A performer's note for this answer."""
    memories: tuple[str, ...] = ()
    """Lines that the character once wrote and may draw on, the most telling first."""


def build_prompt(character: Character, memory: Memory, question: Question, budget_chars: int) -> list[Message]:
    """Character, what was said so far, memories, the performer's note and the question: about `budget_chars` at most.

    The character and the note always stand whole. Memories stand whole or not at all, the first ones before the others
    and before what was said, of which the oldest goes first; of a question longer than half the budget, or than what is
    left of it, the end is kept, where people ask.
    """
    system = character.description[character.nearest(question.language)].strip()
    left = max(_SHORTEST_QUESTION_CHARS, budget_chars - len(system) - len(question.steering))
    heard = _last_words(question.heard.strip(), min(budget_chars // 2, left))
    used = len(system) + len(heard) + len(question.steering)
    memories = _fitting(question.memories, budget_chars - used)
    used += sum(map(len, memories))
    messages = [Message("system", system), *_told(memory.recent(max(0, budget_chars - used)))]
    messages += [Message("memory", line) for line in memories]
    if question.steering.strip():
        messages.append(Message("direction", question.steering.strip()))
    return [*messages, Message("user", heard or _SILENCE)]


def _fitting(memories: tuple[str, ...], budget_chars: int) -> list[str]:
    """The memories, each on one line, that fit in `budget_chars`; the first that does not ends them."""
    kept: list[str] = []
    for memory in memories:
        line = " ".join(memory.split())
        budget_chars -= len(line)
        if budget_chars < 0:
            break
        if line:
            kept.append(line)
    return kept


def _told(exchanges: tuple[Exchange, ...]) -> Iterator[Message]:
    said = ""
    for exchange in exchanges:
        # Words that nobody had asked for go on from the answer before, so that the roles alternate.
        if said and exchange.heard:
            yield Message("assistant", said)
            said = ""
        if not said:
            yield Message("user", exchange.heard or _SILENCE)
        said = f"{said} {_said(exchange)}".strip()
    if said:
        yield Message("assistant", said)


def _said(exchange: Exchange) -> str:
    return f"{exchange.said} —".lstrip() if exchange.cut_off or not exchange.said else exchange.said


def _last_words(text: str, max_chars: int) -> str:
    if len(text) <= max_chars:
        return text
    kept = text[-max_chars:]
    return f"{_SILENCE} {kept.partition(' ')[2] or kept}"
