"""What the house tells the panel and the show log: a line changed its state, the scene changed, the room's level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from installation.commands import Setting
from installation.events import Mode, Room


class Who(StrEnum):
    """Whose words a line holds."""

    VISITOR = "visitor"
    DOUBLE = "double"
    PERFORMER = "performer"
    DESK = "desk"
    """Nobody's words: something was changed at the panel."""


class LineState(StrEnum):
    """The life of a line: a visitor's is heard; the double's is drafted, released, then spoken, cut or cancelled.

    The desk's is a change, once.
    """

    HEARD = "heard"
    DRAFTED = "drafted"
    RELEASED = "released"
    SPOKEN = "spoken"
    CUT = "cut"
    CANCELLED = "cancelled"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class LineEntry:
    """One change in the life of one line, as it is logged and shown."""

    turn_id: int
    part: int
    """Sentence of the answer, from 0; -1 for the visitor's line that the turn answers, -2 for what fills the wait."""
    who: Who
    state: LineState
    text: str
    """The words: for CUT only those that were heard; for CHANGED the new value."""
    language: str
    at: datetime
    """Wall clock, with time zone."""
    at_s: float
    """House clock (monotonic), for intervals."""
    note: str = ""
    """For CUT and CANCELLED, why; for CHANGED, what; for what fills the wait, FILLER."""

    @property
    def place(self) -> int:
        """Where it stands in its turn: the visitor's line, what fills the wait, then the sentences."""
        return self.part if self.part >= 0 else -3 - self.part


class Mood(StrEnum):
    """What the house is doing, in one word, for one glance."""

    LISTENING = "listening"
    HEARING = "hearing"
    THINKING = "thinking"
    WAITING = "waiting"
    """A draft waits for a person to let it go."""
    SPEAKING = "speaking"
    PAUSED = "paused"
    PANIC = "panic"
    FAULT = "fault"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Fault:
    """A standing fault, with its remedy in the message."""

    room: Room
    message: str


@dataclass(frozen=True, slots=True)
class SceneEntry:
    """What a person at the panel must see of the scene."""

    mode: Mode
    mood: Mood
    microphone_muted: bool
    paused: bool
    panic: bool
    steering: str
    double_scale: float | None
    """How much of the persona's adapter is added; None where it has none."""
    pending: tuple[int, ...]
    """Turns that wait for a person to let them go, oldest first."""
    faults: tuple[Fault, ...]
    applause: bool = False
    """The public claps."""
    awake: bool | None = None
    """Whether who speaks is listened to; None where the show asks for no gesture."""


@dataclass(frozen=True, slots=True)
class LevelEntry:
    """How loud the room is, a few times a second; shown, never logged."""

    level_db: float


class Step(StrEnum):
    """What an answer to a visitor's voice goes through; drafted before the end of the turn, it may be ready by then."""

    VOICE_END = "last voiced sample"
    PAUSE = "pause noticed"
    TRANSCRIPT = "transcript"
    TOKEN = "first token"
    CLAUSE = "first sentence"
    SOUND = "first sound made"
    TURN_END = "end of turn decided"
    LET_GO = "let go by a person"
    """In curated mode, and after a pause from the desk: from here on the wait is not the house's."""
    FILLER = "wait filled"
    """The character has uttered something because its answer was late."""
    OUT = "first sample out"
    """Of the answer itself."""


@dataclass(frozen=True, slots=True)
class WaterfallEntry:
    """How an answer came about, told when its first sample goes out."""

    turn_id: int
    passed_ms: tuple[tuple[Step, float], ...]
    """The steps in the order in which they were passed, in ms after the first (the last voiced sample).

    On the house's clock: what the devices add before and after is not in it.
    """


@dataclass(frozen=True, slots=True)
class PaceEntry:
    """How long tonight's visitors waited, from their last voiced sample to the first sample out; shown, not logged.

    Turns that a person held back do not count.
    """

    turns: int = 0
    p50_ms: float = 0.0
    """Half of them waited no longer."""
    p95_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class TuningEntry:
    """The thresholds of turn-taking that are in force; shown, not logged."""

    values: tuple[tuple[str, Setting], ...] = ()
    """By the names that they have in show.toml."""


Entry = LineEntry | SceneEntry | LevelEntry | WaterfallEntry | PaceEntry | TuningEntry


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """One engine in use, and the one of the catalogue that would do better."""

    role: str
    """"ears", "persona" or "voice"."""
    name: str
    recommended: str


@dataclass(frozen=True, slots=True)
class Words:
    """The same words in the panel's languages."""

    en: str
    fr: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that a threshold without a scale can have."""

    value: Setting
    label: Words


@dataclass(frozen=True, slots=True)
class Threshold:
    """One threshold of turn-taking, as a person at the panel can move it."""

    name: str
    """As in `[turn_taking]` of show.toml."""
    group: Words
    label: Words
    told: Words
    """What it does, in one sentence."""
    scale: tuple[str, float, float, float] = ("", 0.0, 0.0, 0.0)
    """Unit, least, most, step; for one without `choices`."""
    choices: tuple[Choice, ...] = ()
    own: Setting = 0.0
    """What the show itself says."""


@dataclass(frozen=True, slots=True)
class HouseInfo:
    """What does not change during the evening."""

    show: str
    character: str
    languages: tuple[str, ...]
    microphone: str
    loudspeaker: str
    engines: tuple[EngineInfo, ...]
    keeps_visitor_words: bool
    thresholds: tuple[Threshold, ...] = ()
    records_sound: bool = False
    """Whether microphone and loudspeaker are recorded, but for rehearsals."""


@dataclass(frozen=True, slots=True)
class Health:
    """What the sound devices lost because the machine was late; 0 on a healthy machine."""

    underruns: int
    """How often the loudspeaker had nothing to play."""
    overruns: int
    """How often sound of the microphone was lost."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a page needs when it (re)connects."""

    info: HouseInfo
    scene: SceneEntry
    lines: tuple[LineEntry, ...]
    """The last few hundred changes, oldest first."""
    health: Health
    waterfall: WaterfallEntry | None = None
    """Of the latest answer to a voice."""
    pace: PaceEntry = PaceEntry()
    tuning: TuningEntry = TuningEntry()
