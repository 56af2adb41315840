"""How an answer came about, step by step, told when it begins to sound."""

from __future__ import annotations

from installation.entries import Step
from installation.events import (
    AnswerBegun,
    Ask,
    DraftFinished,
    Heard,
    SentenceDrafted,
    SentenceStarted,
    UtteranceEnded,
    VoiceMade,
    VoicePaused,
    VoiceResumed,
    VoiceStarted,
)
from models.protocols import Transcript
from tests.fakes.scenario import UTTERANCE, Scenario

HEARD = Transcript("Do you like the sea?", "en")
EVERY_MS = 100.0
"""A scenario's clock goes on so far with each event."""


def test_a_drafted_answer_waits_for_the_end_of_the_turn() -> None:
    evening = Scenario()
    evening.play(VoiceStarted(), VoicePaused(UTTERANCE, silent_s=0.2), Heard(1, HEARD), AnswerBegun(1))
    evening.play(SentenceDrafted(1, 0, "I do.", "en"), VoiceMade(1, 0), DraftFinished(1), UtteranceEnded())
    assert evening.waterfalls == []
    evening.play(SentenceStarted(1, 0))
    (waterfall,) = evening.waterfalls
    assert waterfall.turn_id == 1
    assert waterfall.passed_ms == (
        (Step.VOICE_END, 0.0),
        (Step.PAUSE, 200.0),
        (Step.TRANSCRIPT, 300.0),
        (Step.TOKEN, 400.0),
        (Step.CLAUSE, 500.0),
        (Step.SOUND, 600.0),
        (Step.TURN_END, 800.0),
        (Step.OUT, 900.0),
    )


def test_slow_engines_are_told_after_the_end_of_the_turn() -> None:
    evening = Scenario()
    evening.play(VoiceStarted(), VoicePaused(UTTERANCE, silent_s=0.2), UtteranceEnded(), Heard(1, HEARD))
    evening.play(SentenceDrafted(1, 0, "I do.", "en"), VoiceMade(1, 0), SentenceStarted(1, 0))
    (waterfall,) = evening.waterfalls
    steps = [step for step, _ in waterfall.passed_ms]
    assert steps.index(Step.TURN_END) < steps.index(Step.TRANSCRIPT)


def test_each_answer_tells_once_and_only_its_first_sentence_counts() -> None:
    evening = Scenario()
    turn = evening.ask()
    evening.draft(turn, "I do.", "It is near.")
    evening.speak(turn, 2)
    assert [waterfall.turn_id for waterfall in evening.waterfalls] == [turn]
    clause_ms = dict(evening.waterfalls[0].passed_ms)[Step.CLAUSE]
    assert clause_ms == 3 * EVERY_MS


def test_a_visitor_who_goes_on_is_timed_from_the_last_word() -> None:
    evening = Scenario()
    evening.play(VoiceStarted(), VoicePaused(UTTERANCE, silent_s=0.2), Heard(1, HEARD), VoiceResumed())
    evening.play(VoicePaused(UTTERANCE, silent_s=0.2), Heard(2, HEARD), UtteranceEnded())
    evening.play(SentenceDrafted(2, 0, "I do.", "en"), SentenceStarted(2, 0))
    (waterfall,) = evening.waterfalls
    assert (waterfall.turn_id, dict(waterfall.passed_ms)[Step.PAUSE]) == (2, 200.0)


def test_a_typed_question_has_no_last_sample_to_count_from() -> None:
    evening = Scenario()
    evening.play(Ask("Do you like the sea?"), SentenceDrafted(1, 0, "I do.", "en"), SentenceStarted(1, 0))
    assert evening.waterfalls == []
