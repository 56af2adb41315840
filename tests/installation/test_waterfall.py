"""How an answer came about, step by step, told when it begins to sound."""

from __future__ import annotations

from installation.commands import (
    Ask,
    Pause,
    Release,
    Resume,
)
from installation.effects import Record
from installation.entries import Step, WaterfallEntry
from installation.events import (
    AnswerBegun,
    DraftFinished,
    FillerStarted,
    Heard,
    Mode,
    SentenceDrafted,
    SentenceStarted,
    SpeechCut,
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


def test_what_was_said_over_an_answer_is_timed_from_its_own_last_sample() -> None:
    evening = Scenario()
    first = evening.ask()
    evening.draft(first, "I do, and I always have.")
    evening.play(SentenceStarted(first, 0))
    evening.wait(5.0)
    evening.speak_over("And your sister?")
    second = first + 1
    evening.play(UtteranceEnded(), SpeechCut(first, 0, 0.5))
    evening.play(AnswerBegun(second), SentenceDrafted(second, 0, "She too.", "en"), VoiceMade(second, 0))
    evening.play(SentenceStarted(second, 0))
    waterfall = evening.waterfalls[-1]
    assert waterfall.turn_id == second
    assert waterfall.passed_ms == (
        (Step.VOICE_END, 0.0),
        (Step.PAUSE, 160.0),
        (Step.TRANSCRIPT, 260.0),
        (Step.TURN_END, 360.0),
        (Step.TOKEN, 560.0),
        (Step.CLAUSE, 660.0),
        (Step.SOUND, 760.0),
        (Step.OUT, 860.0),
    )


def test_a_mm_hm_over_an_answer_has_no_waterfall_and_changes_none() -> None:
    evening = Scenario()
    turn = evening.ask()
    evening.draft(turn, "I do.", "It is near.")
    evening.play(SentenceStarted(turn, 0))
    evening.wait(5.0)
    evening.speak_over("mm-hm", voice_s=0.4)
    evening.play(UtteranceEnded(), SentenceStarted(turn, 1))
    assert [waterfall.turn_id for waterfall in evening.waterfalls] == [turn]


def test_the_wait_for_a_person_is_marked_as_theirs() -> None:
    evening = Scenario(Mode.CURATED)
    turn = evening.ask()
    evening.draft(turn, "I do.")
    evening.wait(30.0)
    evening.play(Release(turn), SentenceStarted(turn, 0))
    assert [step for step, _ in evening.waterfalls[0].passed_ms[-2:]] == [Step.LET_GO, Step.OUT]


def test_an_answer_that_the_desk_held_back_is_marked_as_well() -> None:
    evening = Scenario()
    turn = evening.ask()
    evening.draft(turn, "I do.")
    evening.play(Pause())
    evening.wait(30.0)
    evening.play(Resume(), SentenceStarted(turn, 0))
    assert Step.LET_GO in dict(evening.waterfalls[0].passed_ms)


def test_what_fills_the_wait_is_a_step_and_the_answer_is_still_timed_to_its_own_first_sample() -> None:
    evening = Scenario()
    evening.play(VoiceStarted(), VoicePaused(UTTERANCE, silent_s=0.2), Heard(1, HEARD), UtteranceEnded())
    evening.play(FillerStarted(1, "Hm."))
    assert evening.waterfalls == []
    evening.play(SentenceDrafted(1, 0, "I do.", "en"), SentenceStarted(1, 0))
    assert [step for step, _ in evening.waterfalls[0].passed_ms[-3:]] == [Step.FILLER, Step.CLAUSE, Step.OUT]


def test_the_log_keeps_how_an_answer_came_about_and_nothing_of_a_rehearsal() -> None:
    assert (kept_waterfalls(Mode.PERFORMANCE), kept_waterfalls(Mode.REHEARSAL)) == ([True], [False])


def kept_waterfalls(mode: Mode) -> list[bool]:
    evening = Scenario(mode)
    turn = evening.ask()
    evening.draft(turn, "I do.")
    evening.speak(turn, 1)
    records = [effect for effect in evening.effects if isinstance(effect, Record)]
    return [record.keep for record in records if isinstance(record.entry, WaterfallEntry)]
