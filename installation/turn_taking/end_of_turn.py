"""How long a visitor must be silent before the double answers."""

from __future__ import annotations

from collections.abc import Sequence

from installation.turn_taking.settings import TurnTakingSettings
from persona.thought import Thought

PAUSES_KEPT = 6
"""A visitor's pauses that count."""


def pause_to_answer_s(
    thought: Thought | None, pauses_s: Sequence[float], room_db: float, settings: TurnTakingSettings
) -> float:
    """Seconds of silence that end the turn.

    `thought` is what the words so far are (None: not known yet), `pauses_s` after how long this visitor went on of
    late, `room_db` how loud the room is while nobody speaks, in dBFS.
    """
    match thought:
        case Thought.FINISHED:
            pause_s = settings.finished_pause_s
        case Thought.UNCLEAR:
            pause_s = max(settings.unclear_pause_s, settings.slow_visitor * max(pauses_s, default=0.0))
        case _:
            return settings.open_pause_s
    if room_db > settings.loud_room_db:
        pause_s += settings.noisy_room_s
    return min(pause_s, settings.open_pause_s)
