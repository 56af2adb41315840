"""Plays events and commands against `decide`, and keeps what came of them: an evening in virtual time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from installation.changes import Moment
from installation.commands import (
    Command,
)
from installation.decisions import decide
from installation.effects import CancelTurn, Effect, Record, ReleaseTurn, StartTurn
from installation.entries import LineEntry, WaterfallEntry
from installation.events import (
    DraftFinished,
    Event,
    Heard,
    Mode,
    SentenceDrafted,
    SentenceSpoken,
    SentenceStarted,
    TurnSpoken,
    Utterance,
    UtteranceEnded,
    VoiceGrown,
    VoicePaused,
    VoiceStarted,
    VoiceSuspected,
)
from installation.scene import Scene
from models.audio import Audio
from models.protocols import Transcript

UTTERANCE = Utterance(Audio(np.zeros(16_000, np.float32), 16_000), 0.0, 0.8)
BEGIN = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


class Scenario:
    """A scene, and every effect since it began."""

    def __init__(self, mode: Mode = Mode.PERFORMANCE, barge_in: bool = True) -> None:
        self.scene = Scene(mode=mode, language="en", languages=("en", "fr"), barge_in=barge_in)
        self.effects: list[Effect] = []
        self._now_s = 0.0

    def play(self, *events: Event | Command) -> list[Effect]:
        """Decide on these, one after the other; returns what they brought about."""
        new: list[Effect] = []
        for event in events:
            self._now_s += 0.1
            moment = Moment(BEGIN + timedelta(seconds=self._now_s), self._now_s)
            self.scene, effects = decide(self.scene, event, moment)
            new += effects
        self.effects += new
        return new

    def ask(self, text: str = "Do you like the sea?", language: str = "en") -> int:
        """A visitor asks and has finished; returns the turn's number."""
        turn_id = self.scene.next_turn_id
        self.play(VoiceStarted(), VoicePaused(UTTERANCE), Heard(turn_id, Transcript(text, language)), UtteranceEnded())
        return turn_id

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._now_s += seconds

    def speak_over(self, words: str, voice_s: float = 0.6, language: str = "en") -> list[Effect]:
        """A visitor speaks over the answer that sounds, and pauses; what came of it once their words are known."""
        grown = (VoiceGrown(round(0.02 * n, 2)) for n in range(4, round(voice_s / 0.02) + 1))
        effects = self.play(VoiceSuspected(), VoiceStarted(), *grown)
        effects += self.play(VoicePaused(UTTERANCE, 0.16, voice_s, number=7))
        turn_id = self.scene.next_turn_id - 1
        return effects + self.play(Heard(turn_id, Transcript(words, language)))

    def draft(self, turn_id: int, *sentences: str) -> None:
        """The engines have drafted these sentences, and no more will come."""
        for part, text in enumerate(sentences):
            self.play(SentenceDrafted(turn_id, part, text, "en"))
        self.play(DraftFinished(turn_id))

    def speak(self, turn_id: int, parts: int) -> None:
        """The loudspeaker speaks the whole turn."""
        for part in range(parts):
            self.play(SentenceStarted(turn_id, part), SentenceSpoken(turn_id, part))
        self.play(TurnSpoken(turn_id))

    @property
    def log(self) -> list[tuple[str, str, str]]:
        """(state, text, note) of every line entry so far."""
        entries = [effect.entry for effect in self.effects if isinstance(effect, Record)]
        return [(line.state.value, line.text, line.note) for line in entries if isinstance(line, LineEntry)]

    @property
    def waterfalls(self) -> list[WaterfallEntry]:
        """How the answers came about."""
        entries = [effect.entry for effect in self.effects if isinstance(effect, Record)]
        return [entry for entry in entries if isinstance(entry, WaterfallEntry)]


def released(effects: list[Effect]) -> list[int]:
    """The turns that were released."""
    return [effect.turn_id for effect in effects if isinstance(effect, ReleaseTurn)]


def cancelled(effects: list[Effect]) -> list[tuple[int, str]]:
    """The turns that were cancelled, and why."""
    return [(effect.turn_id, effect.reason.value) for effect in effects if isinstance(effect, CancelTurn)]


def started(effects: list[Effect]) -> list[StartTurn]:
    """The turns that were begun."""
    return [effect for effect in effects if isinstance(effect, StartTurn)]
