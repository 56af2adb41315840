"""What the parts of the bench are told: how often, with whose ears, and where the human voices lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from scripts.turns.judging import Reference

FULL = {
    "gaps": 24,
    "pauses": 100,
    "barge-in": 20,
    "noises": 200,
    "noises-while-speaking": 100,
    "echo": 40,
    "echo-barge-in": 50,
    "cpu": 6,
}
"""Of each kind: in all about three hours, one of them long answers under echo."""
QUICK = {
    "gaps": 4,
    "pauses": 6,
    "barge-in": 2,
    "noises": 9,
    "noises-while-speaking": 3,
    "echo": 1,
    "echo-barge-in": 2,
    "cpu": 1,
}


@dataclass(frozen=True, slots=True)
class Options:
    """The same for all parts."""

    home: Path
    ears: str
    rounds: dict[str, int]
    voices: Path | None
    """None: there are no human voices on this machine."""
    references: dict[str, Reference] = field(default_factory=dict)
    """Answers as they sound undisturbed, by their words: the parts share them."""
