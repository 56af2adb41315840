"""Questions that come in pieces, interrupt each other, or wait: none is lost, and each is answered once."""

from __future__ import annotations

import numpy as np

from installation.commands import (
    Ask,
    Interrupt,
    Panic,
    Pause,
    Release,
    Resume,
    Say,
    SetMode,
)
from installation.decisions import MAX_PENDING
from installation.effects import Dictated, SetEars, Typed
from installation.entries import Mood
from installation.events import (
    LONGEST_UTTERANCE_S,
    FaultCleared,
    FaultRaised,
    Heard,
    Mode,
    Room,
    SentenceDrafted,
    SentenceSpoken,
    SentenceStarted,
    SpeechCut,
    TurnSpoken,
    Utterance,
    UtteranceEnded,
    VoiceDiscarded,
    VoiceGrown,
    VoicePaused,
    VoiceStarted,
)
from models.audio import Audio
from models.protocols import Transcript
from persona.memory import Exchange
from tests.fakes.scenario import Scenario, cancelled, released, started


def utterance(level: float, duration_s: float = 1.0) -> Utterance:
    return Utterance(Audio(np.full(round(16_000 * duration_s), level, np.float32), 16_000), 0.0, duration_s)


FIRST, SECOND = utterance(0.1), utterance(0.2)


def samples(source: object) -> list[float]:
    """The levels in an utterance, in order."""
    assert isinstance(source, Utterance)
    return [round(float(level), 3) for level in dict.fromkeys(source.audio.samples)]


# --- a visitor who goes on before the first word of the answer --------------------------------------------------------


def test_who_goes_on_before_the_answer_is_understood_from_the_beginning() -> None:
    house = Scenario()
    house.play(VoiceStarted(), VoicePaused(FIRST), UtteranceEnded())
    assert cancelled(house.play(VoiceStarted(), SpeechCut(1, 0, 0.0))) == [(1, "visitor resumed")]
    (second,) = started(house.play(VoicePaused(SECOND), UtteranceEnded()))
    assert samples(second.source) == [0.1, 0.2]
    house.play(VoiceStarted(), SpeechCut(2, 0, 0.0))
    (third,) = started(house.play(VoicePaused(utterance(0.3)), UtteranceEnded()))
    assert samples(third.source) == [0.1, 0.2, 0.3]


def test_the_half_that_was_understood_already_is_not_remembered_twice() -> None:
    house = Scenario()
    turn = house.ask("Do you like the sea?")
    house.draft(turn, "Yes.")
    house.play(VoiceStarted(), SpeechCut(turn, 0, 0.0))
    assert house.log[-2:] == [
        ("cancelled", "Do you like the sea?", "visitor resumed"),
        ("cancelled", "Yes.", "visitor resumed"),
    ]
    assert house.scene.memory.exchanges == ()
    house.play(VoicePaused(SECOND), Heard(2, Transcript("Do you like the sea? In winter?", "en")), UtteranceEnded())
    house.draft(2, "No.")
    house.speak(2, 1)
    assert house.scene.memory.exchanges == (Exchange("Do you like the sea? In winter?", "No.", "en"),)


def test_once_a_word_is_out_a_new_question_stands_alone() -> None:
    house = Scenario()
    turn = house.ask()
    house.draft(turn, "Yes.")
    house.play(SentenceStarted(turn, 0), VoiceStarted(), SpeechCut(turn, 0, 0.5))
    (second,) = started(house.play(VoicePaused(SECOND)))
    assert samples(second.source) == [0.2]


def test_a_cough_before_the_answer_does_not_make_it_fail_to_come() -> None:
    house = Scenario()
    house.play(VoiceStarted(), VoicePaused(FIRST), UtteranceEnded())
    house.play(VoiceStarted(), SpeechCut(1, 0, 0.0))
    effects = house.play(VoiceDiscarded())
    assert [samples(turn.source) for turn in started(effects)] == [[0.1]]
    assert released(effects) == [2]


def test_after_the_interrupt_key_the_question_before_it_does_not_come_back() -> None:
    house = Scenario()
    house.play(VoiceStarted(), VoicePaused(FIRST), UtteranceEnded(), VoiceStarted(), SpeechCut(1, 0, 0.0), Interrupt())
    (second,) = started(house.play(VoicePaused(SECOND)))
    assert samples(second.source) == [0.2]
    house.play(UtteranceEnded(), VoiceStarted(), SpeechCut(2, 0, 0.0), Panic(), Resume())
    assert started(house.play(VoiceDiscarded())) == []


def test_what_a_curator_let_go_is_not_drafted_again_because_somebody_speaks() -> None:
    house = Scenario(Mode.CURATED)
    turn = house.ask()
    house.draft(turn, "Yes.")
    assert cancelled(house.play(Release(turn), VoiceStarted())) == [], "it may be a cough"
    house.play(VoiceGrown(0.6), VoicePaused(utterance(0.2, 1.0), 0.2, 0.6))
    effects = house.play(Heard(turn + 1, Transcript("And your sister?", "en")))
    assert cancelled(effects) == [(turn, "barge-in")]


def test_a_speech_without_an_end_is_kept_as_long_as_one_can_be() -> None:
    whole = utterance(0.2, 100.0).after(utterance(0.1, 100.0))
    assert whole.audio.duration_s == LONGEST_UTTERANCE_S
    assert whole.audio.samples[-1] == np.float32(0.2)


# --- the moment in which an answer is stopped -------------------------------------------------------------------------


def test_a_sentence_that_began_to_sound_in_the_moment_of_an_interruption_is_logged_and_remembered() -> None:
    house = Scenario()
    turn = house.ask("Who are you?")
    house.play(Interrupt(), SentenceDrafted(turn, 0, "A double of Ada.", "en"), SentenceStarted(turn, 0))
    house.play(SpeechCut(turn, 0, 0.6))
    assert house.log[-1] == ("cut", "A double", "performer")
    assert house.scene.memory.exchanges[-1] == Exchange("Who are you?", "A double", "en", cut_off=True)
    assert house.scene.turns == ()


# --- typed questions --------------------------------------------------------------------------------------------------


def test_a_typed_question_is_in_the_log_before_anybody_works_on_it() -> None:
    house = Scenario()
    house.play(Ask("Are you cold?"), Panic())
    assert house.log[0] == ("heard", "Are you cold?", "")


def test_a_typed_question_knows_what_was_heard_of_the_answer_that_it_stops() -> None:
    house = Scenario()
    turn = house.ask("Who are you?")
    house.draft(turn, "A double of Ada.")
    effects = house.play(SentenceStarted(turn, 0), Ask("What did you say?"))
    assert (cancelled(effects), started(effects)) == ([(turn, "barge-in")], [])
    (question,) = started(house.play(SpeechCut(turn, 0, 0.6)))
    assert question.source == Typed("What did you say?", "en")
    assert question.memory.exchanges == (Exchange("Who are you?", "A double", "en", cut_off=True),)
    assert released(house.effects)[-1] == question.turn_id


def test_two_questions_typed_at_once_are_both_answered() -> None:
    house = Scenario()
    turn = house.ask()
    house.draft(turn, "Yes.")
    house.play(SentenceStarted(turn, 0), Ask("Why?"), Ask("Since when?"))
    (question,) = started(house.play(SpeechCut(turn, 0, 0.5)))
    assert question.source == Typed("Why? Since when?", "en")


def test_a_typed_question_stopped_before_the_first_word_is_remembered_as_unanswered() -> None:
    house = Scenario()
    house.play(Ask("Are you cold?"), VoiceStarted(), SpeechCut(1, 0, 0.0))
    assert house.scene.memory.exchanges[-1] == Exchange("Are you cold?", "", "en", cut_off=True)


# --- answers that wait ------------------------------------------------------------------------------------------------


def test_when_too_many_answers_wait_the_oldest_gives_way() -> None:
    house = Scenario(Mode.CURATED)
    turns = [house.ask(f"Question {number}?") for number in range(MAX_PENDING + 2)]
    assert house.scene.pending == tuple(turns[2:])
    assert [turn for turn in cancelled(house.effects) if turn[1] == "too many wait"] == [
        (turns[0], "too many wait"),
        (turns[1], "too many wait"),
    ]


def test_leaving_curated_mode_throws_away_what_waited_and_the_house_listens() -> None:
    house = Scenario(Mode.CURATED)
    turn = house.ask()
    house.draft(turn, "Yes.")
    assert cancelled(house.play(SetMode(Mode.GALLERY))) == [(turn, "mode changed")]
    assert house.scene.mood is Mood.LISTENING


def test_an_interruption_in_a_pause_leaves_the_pause_as_it_was() -> None:
    house = Scenario()
    turn = house.ask()
    house.draft(turn, "Yes.")
    effects = house.play(SentenceStarted(turn, 0), Pause(), Interrupt())
    assert cancelled(effects) == [(turn, "performer")]
    assert house.scene.paused
    assert SetEars(True) in house.play(Resume())


def test_words_in_a_language_that_the_show_does_not_speak_are_said_in_one_that_it_does() -> None:
    house = Scenario()
    (turn,) = started(house.play(Say("Good evening.", "de")))
    assert turn.source == Dictated("Good evening.", "en")


# --- rehearsals and lost loudspeakers ---------------------------------------------------------------------------------


def test_a_house_that_opens_in_rehearsal_brings_nothing_of_it_into_the_performance() -> None:
    house = Scenario(Mode.REHEARSAL)
    turn = house.ask("Secret?")
    house.draft(turn, "Yes.")
    house.speak(turn, 1)
    house.play(SetMode(Mode.PERFORMANCE))
    assert house.scene.memory.exchanges == ()


def test_an_answer_that_ends_in_a_rehearsal_which_began_meanwhile_is_remembered_after_it() -> None:
    house = Scenario()
    turn = house.ask("Before?")
    house.draft(turn, "Yes.")
    house.play(SetMode(Mode.REHEARSAL))
    house.speak(turn, 1)
    assert house.scene.memory.exchanges == ()
    house.play(SetMode(Mode.PERFORMANCE))
    assert [exchange.heard for exchange in house.scene.memory.exchanges] == ["Before?"]


def test_an_answer_ends_at_the_word_at_which_the_loudspeaker_was_lost() -> None:
    house = Scenario()
    turn = house.ask("Who are you?")
    house.draft(turn, "A double of Ada.")
    effects = house.play(SentenceStarted(turn, 0), FaultRaised(Room.LOUDSPEAKER, "Unplugged."))
    assert cancelled(effects) == [(turn, "loudspeaker lost")]
    house.play(SpeechCut(turn, 0, 0.6))
    assert house.log[-1] == ("cut", "A double", "loudspeaker lost")


def test_what_is_said_without_a_loudspeaker_is_not_remembered_as_heard() -> None:
    house = Scenario()
    house.play(FaultRaised(Room.LOUDSPEAKER, "Unplugged."))
    turn = house.ask("Who are you?")
    house.draft(turn, "A double.")
    house.play(SentenceStarted(turn, 0), SentenceSpoken(turn, 0), TurnSpoken(turn))
    assert house.log[-1] == ("spoken", "A double.", "loudspeaker lost")
    assert house.scene.memory.exchanges == (Exchange("Who are you?", "", "en", cut_off=True),)
    house.play(FaultCleared(Room.LOUDSPEAKER))
    turn = house.ask("And now?")
    house.draft(turn, "Still a double.")
    house.speak(turn, 1)
    assert house.scene.memory.exchanges[-1].said == "Still a double."
