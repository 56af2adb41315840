"""How long a visitor must be silent before the double answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from installation.turn_taking.settings import TurnTakingSettings
from persona.thought import Thought

PAUSES_KEPT = 6
"""A visitor's pauses that count."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is known of what the visitor has said so far."""

    thought: Thought
    asks: bool
    """A question or a request, and no statement after which one may follow."""


def pause_to_answer_s(
    words: Words | None,
    pauses_s: Sequence[float],
    room_db: float,
    settings: TurnTakingSettings,
    finished: float | None = None,
) -> float:
    """Seconds of silence that end the turn.

    `words` are None as long as they are not known, `pauses_s` after how long this visitor went on of
    late, `room_db` how loud the room is while nobody speaks, in dBFS, `finished` how likely the visitor has finished by
    the sound of their voice (0..1; None: nobody was asked). That is one vote: it may take a finished thought for an
    unclear one, and spare unclear words the wait for more; a thought that wants to go on is waited for all the same.
    """
    thought = words.thought if words else None
    if thought is None or thought is Thought.OPEN:
        return settings.open_pause_s
    if words and words.asks and thought is Thought.FINISHED:
        sounds_open = finished is not None and finished <= settings.sounds_open
        pause_s = settings.unclear_pause_s if sounds_open else settings.finished_pause_s
    else:
        sounds_finished = finished is not None and finished >= settings.sounds_finished
        doubt_s = settings.stated_pause_s if thought is Thought.FINISHED else settings.unclear_pause_s
        least_s = settings.finished_pause_s if sounds_finished else doubt_s
        # the visitor's own pace is a vote, too
        pause_s = max(least_s, settings.slow_visitor * max(pauses_s, default=0.0))
    if room_db > settings.loud_room_db:
        pause_s += settings.noisy_room_s
    return min(pause_s, settings.open_pause_s)
