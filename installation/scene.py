"""The scene: everything that decisions depend on, as one immutable value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from installation.entries import Fault, Mood, SceneEntry, Step
from installation.events import (
    Mode,
    Room,
    Utterance,
    VoicePaused,
)
from installation.turn import CancelReason
from installation.turn_taking.settings import TurnTakingSettings, Wake
from persona.memory import Exchange, Memory, heard_part


@dataclass(frozen=True, slots=True)
class Sentence:
    """A drafted sentence and how far it has got."""

    text: str
    started: bool = False
    spoken: bool = False
    guarded: bool = False
    """The character does not let it be interrupted easily."""


@dataclass(frozen=True, slots=True)
class SceneTurn:
    """What the scene knows of a turn that is not over."""

    id: int
    dictated: bool
    """A performer's words, not an answer."""
    kept: bool = True
    """False for a turn begun in a rehearsal, of which nothing is kept."""
    heard: str = ""
    language: str = ""
    finished: float | None = None
    """Probability that the visitor had finished, by the sound of their voice; None: nobody was asked."""
    sentences: tuple[Sentence, ...] = ()
    drafted: bool = False
    """All its sentences are known."""
    filler: str = ""
    """What the character has uttered while its answer was not ready."""
    ended: bool = False
    """The visitor had finished, and it was not known yet what was meant."""
    released: bool = False
    cancelled: CancelReason | None = None
    """Set while we wait to learn how much of it was heard."""
    utterance: Utterance | None = field(default=None, compare=False, repr=False)
    """What it answers, if a visitor spoke."""
    pause: VoicePaused | None = field(default=None, compare=False, repr=False)
    """The visitor's pause in which it was drafted."""
    over: bool = False
    """It was spoken over an answer, and is only listened to until it is known what was meant."""
    begun_s: float | None = None
    """When its first sample went out, on the house clock."""
    passed: tuple[tuple[Step, float], ...] = field(default=(), compare=False)
    """The steps that it went through, with the house clock's seconds."""

    def passing(self, step: Step, at_s: float) -> SceneTurn:
        """This turn with a step more; only the first time counts."""
        if any(step is before for before, _ in self.passed):
            return self
        return replace(self, passed=(*self.passed, (step, at_s)))

    @property
    def begun(self) -> bool:
        """Whether the first word is out."""
        return any(sentence.started for sentence in self.sentences)

    def exchange(self) -> Exchange:
        """What the memory keeps of it when it was spoken to its end."""
        said = " ".join(sentence.text for sentence in self.sentences)
        return Exchange(heard=self.heard, said=said, language=self.language, cut_off=False)

    def heard_of(self, part: int, share: float) -> str:
        """The words of sentence `part` that were heard when `share` (0..1) of its sound got out."""
        return heard_part(self.sentences[part].text, share) if part < len(self.sentences) else ""

    def exchange_cut(self, part: int, share: float) -> Exchange:
        """What the memory keeps when the voice stopped `share` (0..1) into sentence `part`."""
        words = (*(sentence.text for sentence in self.sentences[:part]), self.heard_of(part, share))
        said = " ".join(text for text in words if text)
        return Exchange(heard=self.heard, said=said, language=self.language, cut_off=True)


@dataclass(frozen=True, slots=True)
class Scene:
    """The state of the house, as far as decisions depend on it."""

    mode: Mode
    language: str
    """Of the last visitor; the show's first language until one has spoken."""
    languages: tuple[str, ...]
    barge_in: bool = True
    """Whether the ears stay open while the double speaks."""
    next_turn_id: int = 1
    turns: tuple[SceneTurn, ...] = ()
    """Turns that are not over, oldest first."""
    hearing: int | None = None
    """The turn that is drafted from the utterance under way."""
    voice: bool = False
    """A visitor is speaking."""
    suspected: bool = False
    """Somebody may be speaking over the double, or is: it speaks lower."""
    stopped: bool = False
    """Somebody speaks over the double, which is silent until it is known what they meant."""
    pauses_s: tuple[float, ...] = ()
    """After how long this visitor went on, of late."""
    heard_s: float = 0.0
    """When a visitor was heard last, on the house clock."""
    voice_began_s: float = 0.0
    """When a visitor began to speak last."""
    last_said: str = ""
    """What the double said at the end of its last answer."""
    last_said_s: float = -60.0
    """When it had said that, on the house clock."""
    awake_until_s: float = 0.0
    """Until when a visitor is listened to who has asked for it, on the house clock."""
    ignoring: bool = False
    """Somebody speaks who has not asked to be heard."""
    applause: bool = False
    turn_taking: TurnTakingSettings = field(default_factory=TurnTakingSettings)
    own_turn_taking: TurnTakingSettings = field(default_factory=TurnTakingSettings)
    """What the show itself says, before anything was moved at the panel."""
    unanswered: Utterance | None = field(default=None, compare=False, repr=False)
    """What the visitor who is speaking had said before, without a word of the answer being out yet."""
    asked: str = ""
    """A typed question that waits until the loudspeaker has told how much was heard of what it interrupts."""
    memory: Memory = field(default_factory=Memory)
    memory_before_rehearsal: Memory = field(default_factory=Memory)
    """What comes back when the rehearsal ends."""
    steering: str = ""
    double_scale: float | None = None
    """How much of the persona's adapter is added; None where it has none."""
    microphone_muted: bool = False
    paused: bool = False
    panic: bool = False
    faults: tuple[Fault, ...] = ()
    closing: bool = False

    def turn(self, turn_id: int | None) -> SceneTurn | None:
        """The turn of that number, if it is not over."""
        return next((turn for turn in self.turns if turn.id == turn_id), None)

    def with_turn(self, turn: SceneTurn) -> Scene:
        """This scene with that turn changed, or added at the end."""
        if self.turn(turn.id) is None:
            return replace(self, turns=(*self.turns, turn))
        return replace(self, turns=tuple(turn if old.id == turn.id else old for old in self.turns))

    def without_turn(self, turn_id: int) -> Scene:
        """This scene when that turn is over."""
        hearing = None if self.hearing == turn_id else self.hearing
        return replace(self, turns=tuple(turn for turn in self.turns if turn.id != turn_id), hearing=hearing)

    @property
    def pending(self) -> tuple[int, ...]:
        """Turns that wait for a person to let them go, oldest first."""
        return tuple(
            turn.id
            for turn in self.turns
            if not (turn.released or turn.cancelled or turn.over or turn.id == self.hearing)
        )

    def is_faulty(self, room: Room) -> bool:
        """Whether that part of the house is broken."""
        return any(fault.room is room for fault in self.faults)

    @property
    def sounding(self) -> tuple[SceneTurn, ...]:
        """The turns of which the public hears something, or would if nobody had spoken over them."""
        return tuple(turn for turn in self.turns if turn.released and turn.begun and not turn.cancelled)

    @property
    def let_go(self) -> tuple[SceneTurn, ...]:
        """The turns that are heard, or will be as soon as they have a sound."""
        return tuple(turn for turn in self.turns if turn.released and not turn.cancelled)

    @property
    def held(self) -> bool:
        """Whether the loudspeaker stands still."""
        return self.paused or (self.stopped and bool(self.sounding))

    @property
    def ducked(self) -> bool:
        """Whether the double speaks lower."""
        return self.suspected and bool(self.sounding)

    @property
    def deadline_s(self) -> float | None:
        """When something changes by itself, on the house clock."""
        return self.awake_until_s if self.turn_taking.wake is Wake.BUTTON and self.awake_until_s else None

    @property
    def awake(self) -> bool:
        """Whether a visitor who speaks now is meant to be answered."""
        return self.turn_taking.wake is Wake.NOTHING or self.awake_until_s > 0 or bool(self.turns)

    @property
    def ears_open(self) -> bool:
        """Whether the house listens."""
        half_duplex = not self.barge_in and any(turn.released for turn in self.turns)
        return not (self.microphone_muted or self.paused or self.panic or self.closing or half_duplex)

    @property
    def mood(self) -> Mood:
        """What the house is doing, in one word; the word that a person must know first wins."""
        active = [turn for turn in self.turns if not turn.cancelled]
        sounding = any(turn.released and turn.begun for turn in active)
        thinking = any(turn.released or turn.id == self.hearing or not turn.drafted for turn in active)
        deaf_or_dumb = self.is_faulty(Room.MICROPHONE) or self.is_faulty(Room.LOUDSPEAKER)
        moods = (
            (self.closing, Mood.CLOSING),
            (self.panic, Mood.PANIC),
            (self.paused, Mood.PAUSED),
            (deaf_or_dumb, Mood.FAULT),
            (self.voice, Mood.HEARING),
            (sounding, Mood.SPEAKING),
            (thinking, Mood.THINKING),
            (bool(active), Mood.WAITING),
        )
        return next((mood for holds, mood in moods if holds), Mood.LISTENING)

    def entry(self) -> SceneEntry:
        """What a person at the panel must see of it."""
        return SceneEntry(
            mode=self.mode,
            mood=self.mood,
            microphone_muted=self.microphone_muted,
            paused=self.paused,
            panic=self.panic,
            steering=self.steering,
            double_scale=self.double_scale,
            pending=self.pending,
            faults=self.faults,
            applause=self.applause,
            awake=self.awake if self.turn_taking.wake is Wake.BUTTON else None,
        )
