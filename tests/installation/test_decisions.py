"""What the house does about what it hears and what people press."""

from __future__ import annotations

import pytest

from installation.commands import (
    Ask,
    Close,
    Interrupt,
    MuteMicrophone,
    Panic,
    Pause,
    Reject,
    Release,
    Resume,
    Say,
    ScaleDouble,
    SetMode,
    Steer,
)
from installation.effects import Dictated, Finish, HoldVoice, Record, SetDoubleScale, SetEars, Typed
from installation.entries import Mood, Who
from installation.events import (
    AdapterFound,
    DraftFailed,
    FaultCleared,
    FaultRaised,
    Heard,
    Mode,
    Room,
    RoomCrashed,
    SentenceDrafted,
    SentenceSpoken,
    SentenceStarted,
    SpeechCut,
    TurnSpoken,
    UtteranceEnded,
    VoiceDiscarded,
    VoicePaused,
    VoiceResumed,
    VoiceStarted,
)
from models.protocols import Transcript
from persona.memory import Exchange
from tests.fakes.scenario import UTTERANCE, Scenario, cancelled, released, started


def test_a_draft_begins_at_the_first_pause_and_is_released_when_the_visitor_has_finished() -> None:
    house = Scenario()
    effects = house.play(VoiceStarted(), VoicePaused(UTTERANCE))
    assert [turn.turn_id for turn in started(effects)] == [1]
    assert released(effects) == []
    assert house.scene.mood is Mood.THINKING
    assert released(house.play(UtteranceEnded())) == [1]


def test_a_visitor_who_goes_on_cancels_the_draft_unheard_and_the_next_one_hears_everything() -> None:
    house = Scenario()
    house.play(VoiceStarted(), VoicePaused(UTTERANCE), Heard(1, Transcript("Do you", "en")))
    assert cancelled(house.play(VoiceResumed())) == [(1, "visitor resumed")]
    effects = house.play(VoicePaused(UTTERANCE), UtteranceEnded())
    assert [turn.turn_id for turn in started(effects)] == [2]
    assert released(effects) == [2]
    assert ("cancelled", "Do you", "visitor resumed") in house.log


def test_a_line_is_logged_through_its_whole_life() -> None:
    house = Scenario()
    turn = house.ask("Who are you?")
    house.draft(turn, "A double.", "Of Ada.")
    house.speak(turn, 2)
    assert house.log == [
        ("heard", "Who are you?", ""),
        ("drafted", "A double.", ""),
        ("released", "A double.", ""),
        ("drafted", "Of Ada.", ""),
        ("released", "Of Ada.", ""),
        ("released", "A double.", "sounding"),
        ("spoken", "A double.", ""),
        ("released", "Of Ada.", "sounding"),
        ("spoken", "Of Ada.", ""),
    ]
    assert house.scene.turns == ()
    assert house.scene.memory.exchanges == (Exchange("Who are you?", "A double. Of Ada.", "en", cut_off=False),)


def test_speech_over_the_answer_stops_it_and_the_memory_keeps_what_was_heard() -> None:
    house = Scenario()
    turn = house.ask("Who are you?")
    house.draft(turn, "A double, as they say.", "I was made from her letters.", "There are many.")
    house.play(SentenceStarted(turn, 0), SentenceSpoken(turn, 0), SentenceStarted(turn, 1))
    house.wait(5.0)
    assert cancelled(house.speak_over("What do you remember?")) == [(turn, "barge-in")]
    house.play(SpeechCut(turn, 1, 0.5))
    assert house.log[-3:] == [
        ("cut", "I was made", "barge-in"),
        ("cancelled", "There are many.", "barge-in"),
        ("heard", "What do you remember?", ""),
    ]
    exchange = house.scene.memory.exchanges[-1]
    assert exchange.said == "A double, as they say. I was made"
    assert exchange.cut_off
    assert [each.heard for each in house.scene.turns] == ["What do you remember?"]


def test_an_answer_that_ended_in_the_same_moment_is_remembered_whole() -> None:
    house = Scenario()
    turn = house.ask()
    house.draft(turn, "Yes.")
    house.play(SentenceStarted(turn, 0), VoiceStarted(), SentenceSpoken(turn, 0), TurnSpoken(turn))
    assert house.scene.memory.exchanges[-1] == Exchange("Do you like the sea?", "Yes.", "en", cut_off=False)
    assert house.scene.turns == ()


def test_sound_without_words_is_not_answered() -> None:
    house = Scenario()
    house.play(VoiceStarted(), VoicePaused(UTTERANCE))
    assert cancelled(house.play(Heard(1, Transcript("", "en")))) == [(1, "nothing heard")]
    assert released(house.play(UtteranceEnded())) == []
    assert house.scene.mood is Mood.LISTENING


def test_in_curated_mode_nothing_is_spoken_before_a_person_lets_it_go() -> None:
    house = Scenario(Mode.CURATED)
    turn = house.ask()
    house.draft(turn, "Yes.")
    assert released(house.effects) == []
    assert house.scene.pending == (turn,)
    assert house.scene.mood is Mood.WAITING
    assert released(house.play(Release(turn))) == [turn]
    assert released(house.play(Release(turn))) == [], "a second press of the same key does nothing"


def test_a_curated_draft_waits_while_the_next_visitor_speaks() -> None:
    house = Scenario(Mode.CURATED)
    first = house.ask("First?")
    second = house.ask("Second?")
    assert house.scene.pending == (first, second)
    assert cancelled(house.play(Reject(first))) == [(first, "rejected")]
    assert house.scene.pending == (second,)


def test_a_typed_visitor_waits_for_the_curator_too_but_a_performers_words_do_not() -> None:
    house = Scenario(Mode.CURATED)
    asked = house.play(Ask("Bonjour, qui êtes-vous ?"))
    assert started(asked)[0].source == Typed("Bonjour, qui êtes-vous ?", "fr")
    assert released(asked) == []
    said = house.play(Say("Good evening."))
    assert started(said)[0].source == Dictated("Good evening.", "en")
    assert released(said) == [2]


def test_a_performers_words_take_the_place_of_what_is_being_said_and_are_logged_as_theirs() -> None:
    house = Scenario()
    turn = house.ask()
    house.draft(turn, "Yes.", "Very much.")
    house.play(SentenceStarted(turn, 0))
    effects = house.play(Say("Stop."))
    assert cancelled(effects) == [(turn, "performer")]
    recorded = [e.entry.who for e in house.play(SentenceDrafted(2, 0, "Stop.", "en")) if isinstance(e, Record)]
    assert recorded == [Who.PERFORMER, Who.PERFORMER]


def test_in_rehearsal_nothing_is_kept() -> None:
    house = Scenario()
    turn = house.ask("Before?")
    house.draft(turn, "Yes.")
    house.speak(turn, 1)
    house.play(SetMode(Mode.REHEARSAL))
    turn = house.ask("During?")
    house.draft(turn, "Yes.")
    house.speak(turn, 1)
    assert all(not e.keep for e in house.effects if isinstance(e, Record) and e.entry.turn_id == turn)
    assert [exchange.heard for exchange in house.scene.memory.exchanges] == ["Before?", "During?"]
    turn = house.ask("At its end?")
    house.play(SetMode(Mode.PERFORMANCE))
    house.draft(turn, "Yes.")
    house.speak(turn, 1)
    assert [exchange.heard for exchange in house.scene.memory.exchanges] == ["Before?"]
    assert all(not e.keep for e in house.effects if isinstance(e, Record) and e.entry.turn_id == turn)


def test_how_much_double_is_shown_set_and_logged_once() -> None:
    house = Scenario()
    house.play(AdapterFound(1.0))
    assert house.scene.entry().double_scale == 1.0
    effects = house.play(ScaleDouble(0.35), ScaleDouble(0.35))
    assert [effect for effect in effects if isinstance(effect, SetDoubleScale)] == [SetDoubleScale(0.35)]
    assert house.log == [("changed", "0.35", "how much double")]
    assert house.scene.entry().double_scale == 0.35


def test_a_change_of_how_much_double_is_no_part_of_the_turn_beside_it() -> None:
    house = Scenario()
    house.play(AdapterFound(1.0), ScaleDouble(0.5))
    turn = house.ask()
    records = [effect.entry for effect in house.effects if isinstance(effect, Record)]
    assert {entry.turn_id for entry in records if entry.who is Who.DESK} == {turn - 1}


def test_without_an_adapter_there_is_nothing_to_scale() -> None:
    house = Scenario()
    assert house.play(ScaleDouble(0.35)) == []
    assert house.scene.entry().double_scale is None


def test_a_change_in_rehearsal_is_shown_and_not_kept() -> None:
    house = Scenario(Mode.REHEARSAL)
    house.play(AdapterFound(1.0), ScaleDouble(0.35))
    assert [effect.keep for effect in house.effects if isinstance(effect, Record)] == [False]


def test_steering_colours_the_next_answers_until_it_is_taken_away() -> None:
    house = Scenario()
    house.play(Steer("  be gentle "))
    house.ask()
    house.play(Steer(""))
    house.ask()
    assert [turn.steering for turn in started(house.effects)] == ["be gentle", ""]


def test_the_interrupt_key_stops_what_is_said_and_what_is_about_to_be_but_not_what_waits() -> None:
    house = Scenario(Mode.CURATED)
    waiting = house.ask("Waiting?")
    sounding = house.ask("Sounding?")
    house.draft(sounding, "Yes.")
    house.play(Release(sounding), SentenceStarted(sounding, 0), VoiceResumed())
    house.play(SpeechCut(sounding, 0, 0.5))
    house.play(VoicePaused(UTTERANCE))
    assert cancelled(house.play(Interrupt())) == [(3, "performer")]
    assert released(house.play(UtteranceEnded())) == [], "the utterance under way is not answered after all"
    assert house.scene.pending == (waiting,)


def test_a_muted_microphone_closes_the_ears_and_drops_the_half_heard_question() -> None:
    house = Scenario()
    house.play(VoiceStarted(), VoicePaused(UTTERANCE))
    assert SetEars(False) in house.play(MuteMicrophone(True))
    assert cancelled(house.play(VoiceDiscarded())) == [(1, "performer")]
    assert house.play(VoiceStarted(), VoicePaused(UTTERANCE)) == [], "what was on its way is not answered"
    assert SetEars(True) in house.play(MuteMicrophone(False))


def test_pause_holds_the_voice_and_resume_lets_it_go_on() -> None:
    house = Scenario()
    turn = house.ask()
    house.draft(turn, "Yes.")
    assert house.play(Pause()) == [HoldVoice(True), SetEars(False)]
    assert house.scene.mood is Mood.PAUSED
    assert house.play(Resume()) == [HoldVoice(False), SetEars(True)]
    assert house.scene.turn(turn) is not None


def test_panic_cancels_everything_and_stays_silent_until_resume() -> None:
    house = Scenario(Mode.CURATED)
    pending = house.ask()
    assert cancelled(house.play(Panic())) == [(pending, "panic")]
    assert house.scene.mood is Mood.PANIC
    assert house.play(Ask("Hello?"), Say("Hello."), VoiceStarted(), VoicePaused(UTTERANCE), Panic()) == []
    assert SetEars(True) in house.play(Resume())
    assert house.scene.mood is Mood.LISTENING


def test_panic_during_a_pause_leaves_nothing_that_resume_could_speak() -> None:
    house = Scenario()
    turn = house.ask()
    house.draft(turn, "Yes.")
    house.play(SentenceStarted(turn, 0), Pause(), Panic(), SpeechCut(turn, 0, 0.5), Resume())
    assert house.scene.turns == ()
    assert not house.scene.paused


def test_without_barge_in_the_ears_are_closed_while_the_double_speaks() -> None:
    house = Scenario(barge_in=False)
    turn = house.ask()
    assert SetEars(False) in house.effects
    house.draft(turn, "Yes.")
    house.play(SentenceStarted(turn, 0), SentenceSpoken(turn, 0))
    assert SetEars(True) in house.play(TurnSpoken(turn))


def test_faults_stand_on_the_panel_until_they_are_mended() -> None:
    house = Scenario()
    house.play(FaultRaised(Room.LOUDSPEAKER, "Unplugged."), FaultRaised(Room.LOUDSPEAKER, "Still unplugged."))
    assert [fault.message for fault in house.scene.entry().faults] == ["Still unplugged."]
    assert house.scene.mood is Mood.FAULT
    house.play(FaultCleared(Room.LOUDSPEAKER))
    assert house.scene.mood is Mood.LISTENING


def test_a_turn_whose_voice_fails_ends_and_the_house_listens_on() -> None:
    house = Scenario()
    turn = house.ask()
    house.play(SentenceDrafted(turn, 0, "Yes.", "en"), FaultRaised(Room.VOICE, "No voice."))
    assert cancelled(house.play(DraftFailed(turn))) == [(turn, "engine failed")]
    house.play(SpeechCut(turn, 0, 0.0))
    assert house.scene.turns == ()
    assert house.log[-1] == ("cancelled", "Yes.", "engine failed")


def test_a_cover_line_takes_the_place_of_a_sentence_to_which_the_voice_gave_no_sound() -> None:
    house = Scenario()
    turn = house.ask("Do you like the sea?")
    house.play(SentenceDrafted(turn, 0, "Yes.", "en"), SentenceDrafted(turn, 1, "Very much.", "en"))
    house.play(SentenceDrafted(turn, 1, "One moment.", "en"))
    assert house.log[-3:] == [
        ("cancelled", "Very much.", "engine failed"),
        ("drafted", "One moment.", ""),
        ("released", "One moment.", ""),
    ]
    house.speak(turn, 2)
    assert house.scene.memory.exchanges[-1].said == "Yes. One moment."


def test_what_comes_late_for_a_turn_that_is_over_changes_nothing() -> None:
    house = Scenario()
    before = house.scene
    late = (
        Heard(9, Transcript("Late", "en")),
        SentenceDrafted(9, 0, "Late.", "en"),
        SentenceStarted(9, 0),
        SpeechCut(9, 0, 0.5),
        TurnSpoken(9),
        Release(9),
        Reject(9),
    )
    assert house.play(*late) == []
    assert house.scene == before


@pytest.mark.parametrize(("event", "failed"), [(Close(), False), (RoomCrashed("worker", "KeyError"), True)])
def test_the_evening_ends_with_everything_cancelled(event: Close | RoomCrashed, failed: bool) -> None:
    house = Scenario()
    turn = house.ask()
    effects = house.play(event)
    assert cancelled(effects) == [(turn, "closing")]
    assert Finish(failed) in effects
    assert house.scene.mood is Mood.CLOSING
