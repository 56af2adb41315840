"""What a replay decides otherwise than the evening did: pairs of decisions of one kind that are near in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from installation.tape.notes import Note, What
from installation.turn import CancelReason

COMPARED = (
    What.VOICE_BEGAN,
    What.VOICE_ENDED,
    What.DUCKED,
    What.STOPPED,
    What.WENT_ON,
    What.ANSWERED,
    What.CUT,
)
MOVED_S = 0.1
"""What is moved by no more than this is the same: threads of a house do not meet to the frame."""
PAIRED_WITHIN_S = 2.0
"""Decisions that are further apart have nothing to do with each other."""
_NOT_OURS = (CancelReason.LOUDSPEAKER_LOST, CancelReason.ENGINE_FAILED, CancelReason.CLOSING)
"""No decision on what is heard ended these."""


class Change(StrEnum):
    """How a decision of the replay is to one of the evening."""

    SAME = " "
    MOVED = "~"
    ADDED = "+"
    MISSING = "-"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of the replay, of the evening, or of both."""

    what: What
    now: Note | None
    then: Note | None

    @property
    def at_s(self) -> float:
        """Where it stands in a table."""
        note = self.now or self.then
        return note.at_s if note else 0.0

    @property
    def change(self) -> Change:
        """Whether anything is different."""
        if self.then is None:
            return Change.ADDED
        if self.now is None:
            return Change.MISSING
        return Change.MOVED if abs(self.moved_s) > MOVED_S + 1e-6 else Change.SAME

    @property
    def moved_s(self) -> float:
        """By how much it comes later."""
        return self.now.at_s - self.then.at_s if self.now and self.then else 0.0


def decisions(notes: Sequence[Note]) -> list[Note]:
    """The notes that are decisions on what is heard."""
    return [note for note in notes if note.what in COMPARED and note.why not in _NOT_OURS]


def compare(then: Sequence[Note], now: Sequence[Note]) -> list[Decision]:
    """The decisions of both, in the order of their seconds."""
    all_of_them: list[Decision] = []
    for what in COMPARED:
        before = [note for note in decisions(then) if note.what is what]
        after = [note for note in decisions(now) if note.what is what]
        all_of_them += _pair(what, before, after)
    return sorted(all_of_them, key=lambda decision: round(decision.at_s, 3))


def _pair(what: What, then: Sequence[Note], now: Sequence[Note]) -> list[Decision]:
    near = [
        (abs(new.at_s - old.at_s), i, j)
        for i, old in enumerate(then)
        for j, new in enumerate(now)
        if abs(new.at_s - old.at_s) <= PAIRED_WITHIN_S
    ]
    of_old: dict[int, int] = {}
    of_new: dict[int, int] = {}
    for _, i, j in sorted(near):
        if i not in of_old and j not in of_new:
            of_old[i], of_new[j] = j, i
    paired = [Decision(what, now[j], then[i]) for i, j in of_old.items()]
    missing = [Decision(what, None, old) for i, old in enumerate(then) if i not in of_old]
    added = [Decision(what, new, None) for j, new in enumerate(now) if j not in of_new]
    return [*paired, *missing, *added]
