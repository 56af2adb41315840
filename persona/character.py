"""The character that the double plays, as its author wrote it in `character.toml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from models.phantoms import fold
from models.protocols import Language, Sampling
from models.settings import read_toml

MAX_DESCRIPTION_CHARS = 3_000
"""A description stands at the head of every prompt; a longer one would leave no room for the conversation."""

MOST_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Character:
    """Who the double is. The first language of `description` is its own."""

    name: str
    description: dict[Language, str]
    """What the language model is told about it, per language."""
    cover: dict[Language, tuple[str, ...]]
    """What it says when an engine fails, per language: at least two, so that none comes twice in a row."""
    filler: dict[Language, tuple[str, ...]] = field(default_factory=dict)
    """What it utters, per language, while an answer is not ready after `patience_s`; none at all, or at least two."""
    patience_s: float = 1.2
    """So long after the visitor has finished it lets itself be waited for in silence."""
    guarded: tuple[str, ...] = ()
    """Words; a sentence that holds one of them is not to be interrupted easily."""
    sampling: Sampling = field(default_factory=Sampling)

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("name must not be empty")
        if not self.name.isprintable():
            raise ValueError("name has a line break or a control character in it")
        if not self.description:
            raise ValueError("description needs at least one language")
        for language, text in self.description.items():
            _check_description(language, text)
            _check_lines("cover", language, self.cover.get(language, ()))
        for language, lines in self.filler.items():
            _check_lines("filler", language, lines)
        if not 0 < self.patience_s <= MOST_PATIENCE_S:
            raise ValueError(f"patience_s must be above 0 and at most {MOST_PATIENCE_S:.0f}")
        if not all(words.strip() for words in self.guarded):
            raise ValueError("guarded has an empty line in it")
        _check_sampling(self.sampling)

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages that it speaks, its own first."""
        return tuple(self.description)

    def guards(self, sentence: str) -> bool:
        """Whether a sentence is not to be interrupted easily."""
        return any(fold(words) in fold(sentence) for words in self.guarded)

    def nearest(self, language: Language) -> Language:
        """`language` if it speaks it, else its own."""
        return language if language in self.description else self.languages[0]


def load_character(path: Path) -> Character:
    """The character in the file at `path`.

    Raises:
        SettingsError: the file is missing or does not describe a character.
    """
    return read_toml(path, Character)


def _check_description(language: Language, text: str) -> None:
    if not text.strip():
        raise ValueError(f"description.{language} must not be empty")
    if len(text) > MAX_DESCRIPTION_CHARS:
        raise ValueError(
            f"description.{language} has {len(text)} characters; at most {MAX_DESCRIPTION_CHARS} leave room for a talk"
        )


def _check_lines(kind: str, language: Language, lines: tuple[str, ...]) -> None:
    if len(set(lines)) < 2 or len(set(lines)) < len(lines):
        raise ValueError(f"{kind}.{language} needs at least two lines, no two the same")
    if not all(any(char.isalnum() for char in line) for line in lines):
        raise ValueError(f"{kind}.{language} has a line without words")


def _check_sampling(sampling: Sampling) -> None:
    if not 0 <= sampling.temperature <= 2:
        raise ValueError("sampling.temperature must be between 0 and 2")
    if sampling.top_k < 0:
        raise ValueError("sampling.top_k must be at least 0 (0 is no limit)")
    if not 0 < sampling.top_p <= 1:
        raise ValueError("sampling.top_p must be more than 0 and at most 1")
    if not 0 <= sampling.min_p < 1:
        raise ValueError("sampling.min_p must be at least 0 and less than 1")
    if sampling.repeat_penalty <= 0:
        raise ValueError("sampling.repeat_penalty must be more than 0")
    for name, penalty in (("presence", sampling.presence_penalty), ("frequency", sampling.frequency_penalty)):
        if not -2 <= penalty <= 2:
            raise ValueError(f"sampling.{name}_penalty must be between -2 and 2")
    if sampling.max_tokens < 1:
        raise ValueError("sampling.max_tokens must be at least 1")
    if sampling.seed is not None and not 0 <= sampling.seed < 1 << 31:
        raise ValueError("sampling.seed must be between 0 and 2147483647")
