"""What the director does because of a decision: a closed union."""

from __future__ import annotations

from dataclasses import dataclass

from installation.entries import LineEntry, TuningEntry, WaterfallEntry
from installation.events import (
    Utterance,
)
from installation.turn import CancelReason
from installation.turn_taking.settings import TurnTakingSettings
from persona.memory import Memory


@dataclass(frozen=True, slots=True)
class Typed:
    """A visitor's question that needs no ears."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Dictated:
    """Words that a performer has the double say: they need neither ears nor persona."""

    text: str
    language: str


Source = Utterance | Typed | Dictated
"""What a turn answers, or says."""


@dataclass(frozen=True, slots=True)
class StartTurn:
    """Begin to draft."""

    turn_id: int
    source: Source
    memory: Memory
    steering: str


@dataclass(frozen=True, slots=True)
class ReleaseTurn:
    """Let its sound out."""

    turn_id: int
    filler_in: str = ""
    """The language in which the character may utter something while it waits for its answer; "" for never."""


@dataclass(frozen=True, slots=True)
class CancelTurn:
    """End it and silence it."""

    turn_id: int
    reason: CancelReason


@dataclass(frozen=True, slots=True)
class HoldVoice:
    """Hold the loudspeaker where it is (or let it go on)."""

    held: bool


@dataclass(frozen=True, slots=True)
class DuckVoice:
    """Speak at `level` (0..1 of full level): lower where somebody may be speaking, and back up."""

    level: float


@dataclass(frozen=True, slots=True)
class AnswerAfter:
    """End the turn when the visitor's pause of that number has lasted so long."""

    pause: int
    pause_s: float


@dataclass(frozen=True, slots=True)
class Overhear:
    """Understand what is said over the double, and no more; Heard tells it."""

    turn_id: int
    utterance: Utterance


@dataclass(frozen=True, slots=True)
class SetEars:
    """Open or close the ears."""

    are_open: bool


@dataclass(frozen=True, slots=True)
class SetDoubleScale:
    """Add so much of its adapter to the persona, from the next answer on."""

    scale: float


@dataclass(frozen=True, slots=True)
class Retune:
    """Listen with these thresholds from now on, and save them with the show."""

    settings: TurnTakingSettings


@dataclass(frozen=True, slots=True)
class Record:
    """Show an entry and log it; `keep` is false in rehearsal: shown only."""

    entry: LineEntry | WaterfallEntry | TuningEntry
    keep: bool


@dataclass(frozen=True, slots=True)
class Finish:
    """Fade out and leave; `failed` when a bug ended the evening."""

    failed: bool = False


Effect = (
    StartTurn
    | Overhear
    | ReleaseTurn
    | CancelTurn
    | HoldVoice
    | DuckVoice
    | AnswerAfter
    | SetEars
    | SetDoubleScale
    | Retune
    | Record
    | Finish
)
