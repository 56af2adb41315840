"""A show may ask its visitors for a gesture before it listens to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from installation.changes import Moment
from installation.commands import (
    Listen,
)
from installation.director import Director, Inbox
from installation.events import (
    ApplauseEnded,
    ApplauseStarted,
    SentenceStarted,
    SuspicionLifted,
    TimePassed,
    UtteranceEnded,
    VoiceGrown,
    VoicePaused,
    VoiceStarted,
    VoiceSuspected,
)
from installation.turn_taking.settings import TurnTakingSettings, Wake
from tests.fakes.scenario import BEGIN, UTTERANCE, Scenario, started

ASKS = TurnTakingSettings(wake=Wake.BUTTON, wake_s=15.0)
SAID = (VoiceSuspected(), VoiceStarted(), VoiceGrown(0.5), VoicePaused(UTTERANCE), UtteranceEnded())


@pytest.fixture
def house() -> Scenario:
    house = Scenario()
    house.scene = replace(house.scene, turn_taking=ASKS)
    return house


def test_people_who_talk_to_each_other_are_not_answered(house: Scenario) -> None:
    assert house.scene.entry().awake is False
    assert house.play(*SAID) == []
    assert not house.scene.voice


def test_who_has_made_the_gesture_is_listened_to(house: Scenario) -> None:
    house.play(Listen())
    assert house.scene.entry().awake is True
    assert len(started(house.play(*SAID))) == 1


def test_who_waits_too_long_has_to_make_it_again(house: Scenario) -> None:
    house.play(Listen())
    house.wait(14.0)
    house.play(TimePassed())
    assert house.scene.entry().awake is True
    house.wait(1.0)
    house.play(TimePassed())
    assert house.scene.entry().awake is False


def test_who_began_to_speak_in_time_is_heard_to_the_end(house: Scenario) -> None:
    house.play(Listen())
    house.wait(14.0)
    house.play(VoiceSuspected(), VoiceStarted())
    house.wait(5.0)
    house.play(TimePassed())
    assert len(started(house.play(VoicePaused(UTTERANCE)))) == 1


def test_who_is_answered_may_go_on_without_another_gesture(house: Scenario) -> None:
    house.play(Listen())
    turn = house.ask()
    house.draft(turn, "Yes.")
    house.wait(60.0)
    house.speak(turn, 1)
    assert house.scene.entry().awake is True


def test_the_double_can_be_interrupted_while_it_answers(house: Scenario) -> None:
    house.play(Listen())
    turn = house.ask()
    house.draft(turn, "Yes.", "No.")
    house.play(SentenceStarted(turn, 0))
    house.wait(60.0)
    house.speak_over("Wait, why?")
    assert house.scene.turn(turn).cancelled  # type: ignore[union-attr]


def test_who_makes_the_gesture_while_they_speak_already_is_heard_whole(house: Scenario) -> None:
    house.play(VoiceStarted(), VoiceGrown(0.3), Listen())
    assert house.scene.voice
    assert len(started(house.play(VoicePaused(UTTERANCE), UtteranceEnded()))) == 1


def test_what_was_suspected_before_it_fell_asleep_does_not_lower_the_next_answer(house: Scenario) -> None:
    house.play(Listen(), VoiceSuspected())
    house.wait(60.0)
    house.play(TimePassed(), SuspicionLifted(), Listen())
    turn = house.ask()
    house.draft(turn, "Yes.")
    house.play(SentenceStarted(turn, 0))
    assert not house.scene.ducked


def test_a_show_that_asks_for_nothing_listens_to_everybody() -> None:
    house = Scenario()
    assert house.scene.entry().awake is None
    assert len(started(house.play(*SAID))) == 1


def test_the_director_waits_no_longer_than_until_somebody_is_not_listened_to_any_more(house: Scenario) -> None:
    director = Director(replace(house.scene, awake_until_s=115.0), Inbox(), lambda: Moment(BEGIN, 100.0))
    assert director.wait_s() == pytest.approx(15.0)
    assert Director(house.scene, Inbox(), lambda: Moment(BEGIN, 100.0)).wait_s() is None


def test_applause_is_shown_and_is_no_question() -> None:
    house = Scenario()
    assert house.play(ApplauseStarted()) == []
    assert house.scene.entry().applause
    house.play(ApplauseEnded())
    assert not house.scene.entry().applause
