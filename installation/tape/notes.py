"""What was noticed and decided when: the notes beside a recording, made in the same way by a house and by a replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import get_args

from installation.commands import (
    Close,
    Command,
)
from installation.director import Decided
from installation.effects import CancelTurn, DuckVoice, Effect, HoldVoice, Overhear, ReleaseTurn, StartTurn
from installation.events import (
    Event,
    Heard,
    SentenceSpoken,
    SentenceStarted,
    SpeechCut,
    TurnSpoken,
    Utterance,
    UtteranceEnded,
    VoiceDiscarded,
    VoicePaused,
    VoiceResumed,
    VoiceStarted,
)
from installation.scene import Scene
from models.settings import plain


class What(StrEnum):
    """What a note tells."""

    VOICE_BEGAN = "voice began"
    VOICE_PAUSED = "voice paused"
    VOICE_WENT_ON = "voice went on"
    VOICE_ENDED = "voice ended"
    NO_VOICE = "was no voice"
    LISTENED = "listened to"
    """An utterance was given to the ears."""
    WORDS = "words known"
    DUCKED = "double lowered"
    RAISED = "double back up"
    STOPPED = "double stopped"
    WENT_ON = "double went on"
    ANSWERED = "answered"
    """A turn was let go."""
    CUT = "cut"
    """One that had been let go was ended early."""
    DROPPED = "draft dropped"
    SENTENCE = "sentence began"
    SPOKEN = "sentence spoken"
    SILENT = "answer over"
    """At the loudspeaker; `why` where it was cut."""
    UNHEARD = "sound not kept"
    HEARD = "sound kept again"
    COMMAND = "command"
    """Of a person at the panel."""


@dataclass(frozen=True, slots=True)
class Note:
    """One of them; what does not belong to its kind is left at its default."""

    at_s: float
    """Second of the recording."""
    what: What
    turn: int | None = None
    words: str = ""
    language: str = ""
    why: str = ""
    part: int = 0
    guarded: bool = False
    begin_s: float | None = None
    end_s: float | None = None
    """Of an utterance, in seconds of the recording."""
    fields: dict[str, str | bool | int | float] = field(default_factory=dict)
    """Of a command whose name is in `why`."""


COMMANDS = {kind.__name__: kind for kind in get_args(Command) if kind is not Close}
_HEARD: dict[type[Event], What] = {
    VoiceStarted: What.VOICE_BEGAN,
    VoiceResumed: What.VOICE_WENT_ON,
    UtteranceEnded: What.VOICE_ENDED,
    VoiceDiscarded: What.NO_VOICE,
}


def heard_note(event: Event, at_s: float, begin_s: float = 0.0) -> Note | None:
    """What the ears noticed; `begin_s` is the recording's beginning on the microphone's clock."""
    if isinstance(event, VoicePaused):
        utterance = event.utterance
        return Note(at_s, What.VOICE_PAUSED, begin_s=utterance.start_s - begin_s, end_s=utterance.end_s - begin_s)
    what = _HEARD.get(type(event))
    return None if what is None else Note(at_s, what)


def decision_notes(decided: Decided, at_s: float, begin_s: float = 0.0) -> Iterator[Note]:
    """What came to be known otherwise, and what was done about it."""
    yield from _told(decided, at_s)
    for effect in decided.effects:
        note = _done(effect, decided, at_s, begin_s)
        if note is not None:
            yield note


def _told(decided: Decided, at_s: float) -> Iterator[Note]:
    before = decided.before
    match decided.event:
        case Heard(turn, transcript):
            yield Note(at_s, What.WORDS, turn, transcript.text, transcript.language)
        case SentenceStarted(turn, part):
            yield _sentence(before, turn, part, at_s)
        case SentenceSpoken(turn, part):
            yield Note(at_s, What.SPOKEN, turn, part=part)
        case TurnSpoken(turn):
            yield Note(at_s, What.SILENT, turn)
        case SpeechCut(turn, part):
            over = before.turn(turn)
            if over is not None and over.begun:
                yield Note(at_s, What.SILENT, turn, part=part, why=str(over.cancelled or What.CUT))
        case event if type(event).__name__ in COMMANDS:
            yield Note(at_s, What.COMMAND, why=type(event).__name__, fields=plain(event))


def _sentence(scene: Scene, turn_id: int, part: int, at_s: float) -> Note:
    turn = scene.turn(turn_id)
    if turn is None or part >= len(turn.sentences):
        return Note(at_s, What.SENTENCE, turn_id, part=part)
    sentence = turn.sentences[part]
    return Note(at_s, What.SENTENCE, turn_id, sentence.text, turn.language, part=part, guarded=sentence.guarded)


def _done(effect: Effect, decided: Decided, at_s: float, begin_s: float) -> Note | None:
    match effect:
        case StartTurn(turn, Utterance() as utterance) | Overhear(turn, utterance):
            return Note(at_s, What.LISTENED, turn, begin_s=utterance.start_s - begin_s, end_s=utterance.end_s - begin_s)
        case ReleaseTurn(turn):
            return Note(at_s, What.ANSWERED, turn)
        case CancelTurn(turn, reason):
            released = decided.before.turn(turn)
            what = What.CUT if released is not None and released.released else What.DROPPED
            return Note(at_s, what, turn, why=str(reason))
        case DuckVoice(level):
            return Note(at_s, What.DUCKED if level < 1 else What.RAISED)
        case HoldVoice(held):
            # What was held and is then ended does not go on.
            return Note(at_s, What.STOPPED) if held else _gone_on(decided, at_s)
        case _:
            return None


def _gone_on(decided: Decided, at_s: float) -> Note | None:
    return Note(at_s, What.WENT_ON) if decided.after.sounding else None
