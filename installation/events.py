"""What goes up to the director from the rooms: a closed union of events, and the values that they carry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.audio import Audio
from models.protocols import Transcript


class Mode(StrEnum):
    """Who decides that a line is spoken."""

    PERFORMANCE = "performance"
    CURATED = "curated"
    GALLERY = "gallery"
    REHEARSAL = "rehearsal"


class Room(StrEnum):
    """The part of the house where a fault is."""

    MICROPHONE = "microphone"
    LOUDSPEAKER = "loudspeaker"
    EARS = "ears"
    PERSONA = "persona"
    VOICE = "voice"
    SERVER = "server"
    """The company's, which engines lean on; without it this machine plays on."""
    LOG = "log"
    TUNING = "tuning"
    """The file of the thresholds that were moved at the panel."""
    RECORDING = "recording"
    """Of the evening's sound."""


LONGEST_UTTERANCE_S = 150.0
"""Nobody remembers what a question that lasts longer began with."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a visitor said, as sound at 16 kHz with its pre-roll; times are on the microphone's sample clock."""

    audio: Audio
    start_s: float
    end_s: float
    """End of the last voiced frame."""

    def after(self, before: Utterance | None) -> Utterance:
        """This utterance with what the visitor said before it; of more than LONGEST_UTTERANCE_S the end is kept."""
        if before is None:
            return self
        whole = before.audio + self.audio
        kept = whole.samples[-round(LONGEST_UTTERANCE_S * whole.rate_hz) :]
        return Utterance(Audio(kept, whole.rate_hz), before.start_s, self.end_s)


@dataclass(frozen=True, slots=True)
class VoiceSuspected:
    """Something is in the room that may become a voice; the first word of it is hardly out."""


@dataclass(frozen=True, slots=True)
class SuspicionLifted:
    """It was none."""


@dataclass(frozen=True, slots=True)
class VoiceStarted:
    """A visitor has begun to speak."""


@dataclass(frozen=True, slots=True)
class VoiceGrown:
    """The visitor goes on; told for the first seconds of an utterance only."""

    voice_s: float
    """How much voice there was since VoiceStarted, its pauses not counted."""


@dataclass(frozen=True, slots=True)
class VoicePaused:
    """The visitor is silent for a moment: enough to begin a draft, not enough to answer."""

    utterance: Utterance
    silent_s: float = 0.0
    """How long already, when it is noticed."""
    voice_s: float = 0.0
    """How much voice is in the utterance, its pauses not counted."""
    number: int = 0
    """Of the pause, for AnswerAfter."""
    room_db: float = -120.0
    """How loud the room is while nobody speaks, in dBFS."""


@dataclass(frozen=True, slots=True)
class VoiceResumed:
    """The visitor goes on after a VoicePaused: the same utterance continues."""

    pause_s: float = 0.0
    """After how long."""


@dataclass(frozen=True, slots=True)
class UtteranceEnded:
    """The turn-end policy has decided that the visitor has finished; a VoicePaused came before."""


@dataclass(frozen=True, slots=True)
class VoiceDiscarded:
    """What had begun as a voice was too short to be one."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The words of the visitor are known (empty text: there were none)."""

    turn_id: int
    transcript: Transcript
    finished: float | None = None
    """Probability, 0..1, that the visitor had finished, by the sound of their voice; None: nobody was asked."""


@dataclass(frozen=True, slots=True)
class AnswerBegun:
    """The first piece of the answer is written: less than a sentence."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class SentenceDrafted:
    """A sentence of the answer is written and its voice is being made."""

    turn_id: int
    part: int
    """0 for the first sentence of the answer; that of an earlier one whose voice failed and whose place it takes."""
    text: str
    language: str
    guarded: bool = False
    """The character does not let it be interrupted easily."""


@dataclass(frozen=True, slots=True)
class VoiceMade:
    """The first sound of a sentence is made: it waits for the turn to be released."""

    turn_id: int
    part: int


@dataclass(frozen=True, slots=True)
class DraftFinished:
    """The whole answer is written and voiced."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class DraftFailed:
    """The answer broke off because an engine failed; a FaultRaised says which."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class FillerStarted:
    """The answer is late, and the character utters something before it."""

    turn_id: int
    text: str


@dataclass(frozen=True, slots=True)
class SentenceStarted:
    """The first sample of a sentence goes to the loudspeaker."""

    turn_id: int
    part: int


@dataclass(frozen=True, slots=True)
class SentenceSpoken:
    """The last sample of a sentence has gone to the loudspeaker."""

    turn_id: int
    part: int


@dataclass(frozen=True, slots=True)
class TurnSpoken:
    """A released turn has been spoken to its end; its tracks are gone from the loudspeaker."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class SpeechCut:
    """A cancelled turn has been silenced at the loudspeaker.

    `part` is the sentence that was sounding or would have sounded next; `heard` the share (0..1) of it that got out.
    """

    turn_id: int
    part: int
    heard: float


@dataclass(frozen=True, slots=True)
class FaultRaised:
    """Something is broken; `message` is one sentence for people: what, where, what to do."""

    room: Room
    message: str


@dataclass(frozen=True, slots=True)
class FaultCleared:
    """What was broken in that room works again."""

    room: Room


@dataclass(frozen=True, slots=True)
class AdapterFound:
    """An adapter is added to the persona's language model, so much of it (1: as it was trained)."""

    scale: float


@dataclass(frozen=True, slots=True)
class TimePassed:
    """It is as late as the scene has waited for."""


@dataclass(frozen=True, slots=True)
class ApplauseStarted:
    """The public claps."""


@dataclass(frozen=True, slots=True)
class ApplauseEnded:
    """It is over."""


@dataclass(frozen=True, slots=True)
class InputEnded:
    """The recording in the microphone's place has come to its end."""


@dataclass(frozen=True, slots=True)
class RoomCrashed:
    """A thread of the house ended by a bug: the evening cannot go on without a restart."""

    thread: str
    message: str


Event = (
    VoiceSuspected
    | SuspicionLifted
    | VoiceStarted
    | VoiceGrown
    | VoicePaused
    | VoiceResumed
    | UtteranceEnded
    | VoiceDiscarded
    | Heard
    | AnswerBegun
    | SentenceDrafted
    | VoiceMade
    | DraftFinished
    | DraftFailed
    | FillerStarted
    | SentenceStarted
    | SentenceSpoken
    | TurnSpoken
    | SpeechCut
    | FaultRaised
    | FaultCleared
    | AdapterFound
    | TimePassed
    | ApplauseStarted
    | ApplauseEnded
    | InputEnded
    | RoomCrashed
)
