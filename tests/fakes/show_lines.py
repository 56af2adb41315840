"""Lines of an evening, for tests that need some."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from installation.entries import LineEntry, LineState, Who
from installation.events import (
    Mode,
)
from installation.show_log_file import Evening

CURTAIN = datetime(2025, 11, 23, 19, 0, 0, tzinfo=UTC)
"""When these evenings begin."""

CURTAIN_S = 5000.0
"""The house clock at that moment."""


def evening(show: str = "demo", character: str = "Ada") -> Evening:
    return Evening(show, character, Mode.PERFORMANCE, CURTAIN)


def visitor(text: str, turn: int = 1, at_s: float = 0.0) -> LineEntry:
    return _line(turn, -1, LineState.HEARD, text, at_s, who=Who.VISITOR)


def double(text: str, state: LineState, turn: int = 1, part: int = 0, at_s: float = 0.0, note: str = "") -> LineEntry:
    return _line(turn, part, state, text, at_s, note=note)


def life(text: str, turn: int = 1, part: int = 0, at_s: float = 0.0) -> tuple[LineEntry, ...]:
    """A sentence that is drafted, let go, begins to sound after a second, and is spoken to its end after three."""
    return (
        double(text, LineState.DRAFTED, turn, part, at_s),
        double(text, LineState.RELEASED, turn, part, at_s + 0.5),
        double(text, LineState.RELEASED, turn, part, at_s + 1.0, note="sounding"),
        double(text, LineState.SPOKEN, turn, part, at_s + 3.0),
    )


def _line(
    turn: int, part: int, state: LineState, text: str, at_s: float, who: Who = Who.DOUBLE, note: str = ""
) -> LineEntry:
    at = CURTAIN + timedelta(seconds=at_s)
    return LineEntry(turn, part, who, state, text, "en", at, CURTAIN_S + at_s, note)
