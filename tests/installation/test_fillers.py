"""An answer that is late: the character lets itself be waited for, then draws breath or says "hm", and then answers."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from installation.commands import (
    Say,
)
from installation.conversation import Conversation
from installation.effects import ReleaseTurn
from installation.events import (
    Event,
    FillerStarted,
    SentenceSpoken,
    SentenceStarted,
    SpeechCut,
    TurnSpoken,
)
from installation.paths import PROJECT
from installation.sound.breath import breath
from installation.sound.playback import Playback
from installation.sound.track import Filler
from installation.turn import CancelReason, Turn
from models.audio import Audio, Samples, level_db
from models.protocols import Engines
from persona.actor import Actor
from persona.character import load_character
from tests.fakes.engines import ScriptedEars, ScriptedPersona, ScriptedVoice
from tests.fakes.scenario import Scenario

RATE_HZ = 24_000
HM = 0.25
ANSWER = 0.5
ADA = load_character(PROJECT / "shows/demo/character.toml")


def sound(level: float, seconds: float) -> Audio:
    return Audio(np.full(round(seconds * RATE_HZ), level, np.float32), RATE_HZ)


class Stage:
    """A loudspeaker, and a turn on it that was released without a sound."""

    def __init__(self, patience_s: float = 1.0) -> None:
        self.events: list[Event] = []
        self.playback = Playback(RATE_HZ, self.events.append)
        self.turn = Turn(1)
        self.playback.release(self.turn, Filler(sound(HM, 0.5), patience_s, "Hm."))

    def hear(self, seconds: float) -> Samples:
        return np.concatenate([self.playback.render(240) for _ in range(round(seconds * 100))])

    def answer(self) -> None:
        self.playback.add(self.turn, 0, sound(ANSWER, 0.3), last=True)
        self.playback.finish(self.turn)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_nothing_sounds_before_the_characters_patience_is_over_and_then_it_hums(stage: Stage) -> None:
    assert not stage.hear(1.0).any()
    heard = stage.hear(1.0)
    assert (heard[: RATE_HZ // 2] == HM).all()
    assert not heard[RATE_HZ // 2 :].any(), "once is enough"
    assert stage.events == [FillerStarted(1, "Hm.")]


def test_an_answer_in_time_needs_no_filler(stage: Stage) -> None:
    stage.hear(0.9)
    stage.answer()
    heard = stage.hear(1.0)
    assert (heard[: round(0.3 * RATE_HZ)] == ANSWER).all()
    assert not heard[round(0.3 * RATE_HZ) :].any()
    assert FillerStarted(1, "Hm.") not in stage.events


def test_an_answer_that_is_ready_while_it_hums_waits_for_the_end_of_that(stage: Stage) -> None:
    stage.hear(1.2)
    stage.answer()
    heard = stage.hear(0.7)
    assert (heard[: round(0.3 * RATE_HZ)] == HM).all()
    assert (heard[round(0.3 * RATE_HZ) : round(0.6 * RATE_HZ)] == ANSWER).all()
    assert stage.events == [FillerStarted(1, "Hm."), SentenceStarted(1, 0), SentenceSpoken(1, 0), TurnSpoken(1)]


def test_a_pause_between_two_sentences_is_not_filled(stage: Stage) -> None:
    stage.playback.add(stage.turn, 0, sound(ANSWER, 0.3), last=True)
    stage.hear(0.3)
    assert not stage.hear(5.0).any()


def test_a_turn_that_ends_while_it_hums_fades_and_was_not_heard(stage: Stage) -> None:
    stage.hear(1.2)
    stage.turn.cancel(CancelReason.VISITOR_RESUMED)
    stage.playback.cut(stage.turn)
    heard = stage.hear(0.1)
    assert 0 < heard[1] < HM
    assert np.abs(np.diff(heard)).max() < 0.01
    assert not heard[round(0.02 * RATE_HZ) :].any()
    assert stage.events[-1] == SpeechCut(1, 0, 0.0)


def conversation(lines: dict[str, tuple[str, ...]]) -> tuple[Conversation, ScriptedVoice]:
    voice = ScriptedVoice()
    engines = Engines(ScriptedEars(), ScriptedPersona("Yes."), voice)
    character = replace(ADA, filler=lines, patience_s=0.7)
    actor = Actor(character, engines.language_model)
    made = Conversation(engines, actor, Playback(RATE_HZ, lambda _: None), ("en", "fr"), lambda _: None)
    made.prepare()
    return made, voice


def test_the_fillers_are_in_the_characters_own_voice_and_never_the_same_twice_in_a_row() -> None:
    made, voice = conversation({"en": ("Hm.", "Let me see.", "(breath)")})
    assert ("Let me see.", "en") in voice.spoken
    assert ("(breath)", "en") not in voice.spoken, "a breath is no word"
    fillers = [made.filler("en") for _ in range(12)]
    texts = [filler.text for filler in fillers if filler]
    assert len(texts) == 12
    assert all(one != other for one, other in pairwise(texts))
    assert {filler.after_s for filler in fillers if filler} == {0.7}


def test_a_character_without_fillers_is_silent() -> None:
    made, _ = conversation({})
    assert made.filler("en") is None


def test_a_breath_is_soft_and_begins_and_ends_in_silence() -> None:
    air = breath(RATE_HZ)
    assert -40 < level_db(air.samples) < -28
    assert abs(air.samples[0]) < 1e-3
    assert abs(air.samples[-1]) < 1e-3


def test_the_log_tells_what_was_uttered_and_a_line_of_a_performers_needs_no_filler() -> None:
    house = Scenario()
    turn = house.ask("Qui êtes-vous ?", "fr")
    assert [effect.filler_in for effect in house.effects if isinstance(effect, ReleaseTurn)] == ["fr"]
    house.play(FillerStarted(turn, "Hm."))
    assert house.log[-1] == ("spoken", "Hm.", "filler")
    said = house.play(Say("Good evening."))
    assert [effect.filler_in for effect in said if isinstance(effect, ReleaseTurn)] == [""]
