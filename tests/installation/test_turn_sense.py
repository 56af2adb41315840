"""What hears the ends of turns in a house: beside the ears, in their time, and never in their way."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from installation.conversation import Conversation
from installation.effects import AnswerAfter, StartTurn
from installation.events import (
    Event,
    FaultCleared,
    FaultRaised,
    Heard,
    Room,
    VoicePaused,
    VoiceStarted,
)
from installation.paths import PROJECT
from installation.sound.playback import Playback
from installation.turn import Turn
from models.audio import Audio, Samples
from models.protocols import Cancelled, Engines, Language, ModelError, Transcript, TurnSense, never
from persona.actor import Actor
from persona.character import load_character
from persona.memory import Memory
from tests.fakes.engines import ScriptedEars, ScriptedPersona, ScriptedVoice
from tests.fakes.open_room import open_house, said, timeline
from tests.fakes.scenario import UTTERANCE, Scenario

CHARACTER = load_character(PROJECT / "shows/demo/character.toml")


class ToldSense:
    """Finds every turn so finished; raises when `broken`."""

    def __init__(self, finished: float) -> None:
        self.broken = False
        self.heard_samples: list[int] = []
        self._finished = finished

    def finished(self, samples: Samples) -> float:
        self.heard_samples.append(len(samples))
        if self.broken:
            raise ModelError("The sense is broken.")
        return self._finished


def drafted(sense: TurnSense | None, ears: ScriptedEars) -> list[Event]:
    """What is posted while a turn is drafted."""
    events: list[Event] = []
    persona = ScriptedPersona("Yes.")
    engines = Engines(ears, persona, ScriptedVoice(), turn_sense=sense)
    actor = Actor(CHARACTER, persona)
    conversation = Conversation(engines, actor, Playback(16_000, events.append), ("en", "fr"), events.append)
    conversation.draft(Turn(1), StartTurn(1, UTTERANCE, Memory(), ""))
    conversation.overhear(Turn(2), UTTERANCE)
    return events


def heard(events: Sequence[Event]) -> list[float | None]:
    return [event.finished for event in events if isinstance(event, Heard)]


def test_the_words_come_with_how_finished_they_sounded_also_those_said_over_an_answer() -> None:
    sense = ToldSense(0.9)
    assert heard(drafted(sense, ScriptedEars())) == [0.9, 0.9]
    assert sense.heard_samples == [16_000, 16_000], "the whole utterance"


def test_without_a_model_nobody_is_asked() -> None:
    assert heard(drafted(None, ScriptedEars())) == [None, None]


def test_the_model_listens_while_the_ears_do() -> None:
    together = threading.Barrier(2)

    class WaitingEars(ScriptedEars):
        def transcribe(self, audio: Audio, languages: Sequence[Language], cancelled: Cancelled = never) -> Transcript:
            together.wait(20)
            return self.heard

    class WaitingSense(ToldSense):
        def finished(self, samples: Samples) -> float:
            together.wait(20)
            return super().finished(samples)

    assert heard(drafted(WaitingSense(0.9), WaitingEars())) == [0.9, 0.9]


def test_a_model_that_fails_leaves_the_words_to_decide_and_the_panel_says_so() -> None:
    sense = ToldSense(0.9)
    sense.broken = True
    events = drafted(sense, ScriptedEars())
    assert heard(events) == [None, None]
    assert FaultRaised(Room.EARS, "The sense is broken.") in events
    assert FaultCleared(Room.EARS) not in events


@pytest.mark.parametrize(
    ("words", "finished", "expected_s"),
    [
        ("My grandmother read her letters", None, 0.6),
        ("My grandmother read her letters", 0.95, 0.2),
        ("What do you remember of the sea?", 0.05, 0.6),
        ("I have always wondered whether", 0.95, 1.5),
    ],
)
def test_it_moves_how_long_a_visitor_is_waited_for(words: str, finished: float | None, expected_s: float) -> None:
    house = Scenario()
    house.play(VoiceStarted(), VoicePaused(UTTERANCE, 0.16, 1.0, number=3, room_db=-60.0))
    effects = house.play(Heard(1, Transcript(words, "en"), finished))
    pauses = [effect.pause_s for effect in effects if isinstance(effect, AnswerAfter)]
    assert pauses == [pytest.approx(expected_s)]


def begun_s(finished: float | None, words: str, spoken: Samples) -> float:
    """When a whole house answers those words, after the last of them."""
    house = open_house((words,), answer="Yes.", turn_sense=None if finished is None else ToldSense(finished))
    house.hear(timeline(6, (1.0, spoken)))
    last_s = 1.0 + np.flatnonzero(np.abs(spoken) > 0.01)[-1] / 16_000
    return float(np.flatnonzero(np.abs(house.played) > 1e-3)[0] / 16_000 - last_s)


def test_in_a_whole_house_who_sounds_finished_is_answered_sooner_and_who_does_not_later() -> None:
    words = "My grandmother read her letters"
    spoken = said(words)
    by_words_alone_s = begun_s(None, words, spoken)
    assert begun_s(0.95, words, spoken) < by_words_alone_s - 0.25
    asked = "What do you remember of the sea?"
    spoken = said(asked)
    assert begun_s(0.05, asked, spoken) > begun_s(None, asked, spoken) + 0.25
