"""Who interrupts what: the double lowers its voice, stops, listens, and then ends its answer or goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from installation.commands import Ask, Interrupt, Panic, Pause, Release, Resume, Say
from installation.effects import AnswerAfter, DuckVoice, Effect, HoldVoice, Overhear, Typed
from installation.entries import Mood
from installation.events import (
    DraftFinished,
    FillerStarted,
    Heard,
    Mode,
    SentenceDrafted,
    SentenceStarted,
    SpeechCut,
    SuspicionLifted,
    TurnSpoken,
    UtteranceEnded,
    VoiceDiscarded,
    VoiceGrown,
    VoicePaused,
    VoiceResumed,
    VoiceStarted,
    VoiceSuspected,
)
from installation.listening import prepare
from models.protocols import Transcript
from tests.fakes.scenario import UTTERANCE, Scenario, cancelled, released, started

DOWN = DuckVoice(pytest.approx(0.251, abs=0.001))  # type: ignore[arg-type]
UP = DuckVoice(1.0)
STOP, GO_ON = HoldVoice(True), HoldVoice(False)


def at_the_loudspeaker(effects: list[Effect]) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, DuckVoice | HoldVoice)]


def speaking(mode: Mode = Mode.PERFORMANCE, guarded: bool = False, since_s: float = 5.0) -> Scenario:
    """A double in the middle of its answer."""
    house = Scenario(mode)
    turn = house.ask("Who are you?")
    house.play(SentenceDrafted(turn, 0, "I was made from her letters.", "en", guarded))
    house.play(SentenceDrafted(turn, 1, "There are six hundred of them.", "en"), DraftFinished(turn))
    if mode is Mode.CURATED:
        house.play(Release(turn))
    house.play(SentenceStarted(turn, 0))
    house.wait(since_s)
    return house


def test_the_double_lowers_its_voice_at_the_first_sound_and_comes_back_up_when_it_was_nothing() -> None:
    house = speaking()
    assert at_the_loudspeaker(house.play(VoiceSuspected())) == [DOWN]
    assert at_the_loudspeaker(house.play(SuspicionLifted())) == [UP]


def test_a_cough_lowers_the_voice_and_does_not_stop_it() -> None:
    house = speaking()
    effects = house.play(VoiceSuspected(), VoiceStarted(), VoiceGrown(0.08), VoiceGrown(0.12), VoiceDiscarded())
    assert at_the_loudspeaker(effects) == [DOWN, UP]
    assert cancelled(effects) == []


def test_nobody_is_interrupted_where_nobody_speaks() -> None:
    house = Scenario()
    assert at_the_loudspeaker(house.play(VoiceSuspected(), VoiceStarted(), VoiceGrown(2.0))) == []


def test_so_much_voice_stops_the_double_before_it_is_known_what_is_said() -> None:
    house = speaking()
    house.play(VoiceSuspected(), VoiceStarted())
    assert at_the_loudspeaker(house.play(VoiceGrown(0.14))) == []
    effects = house.play(VoiceGrown(0.16))
    assert at_the_loudspeaker(effects) == [STOP]
    assert cancelled(effects) == [], "it may still go on"


@pytest.mark.parametrize(("voice_s", "stopped"), [(0.3, False), (0.34, True)])
def test_at_the_beginning_of_an_answer_it_takes_more(voice_s: float, stopped: bool) -> None:
    house = speaking(since_s=0.2)
    effects = house.play(VoiceSuspected(), VoiceStarted(), VoiceGrown(voice_s))
    assert (STOP in effects) == stopped


@pytest.mark.parametrize(("voice_s", "stopped"), [(1.4, False), (1.6, True)])
def test_a_sentence_that_the_character_guards_takes_much_more(voice_s: float, stopped: bool) -> None:
    house = speaking(guarded=True)
    assert (STOP in house.play(VoiceSuspected(), VoiceStarted(), VoiceGrown(voice_s))) == stopped


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("mm-hm", "back-channel"),
        ("Uh-huh.", "back-channel"),
        ("ouais", "back-channel"),
        ("was made from her letters", "own voice"),
        ("", ""),
    ],
)
def test_what_is_no_interruption_lets_the_double_go_on_where_it_stopped(words: str, reason: str) -> None:
    house = speaking()
    effects = house.speak_over(words, voice_s=0.4)
    assert at_the_loudspeaker(effects) == [DOWN, STOP, GO_ON, UP]
    assert cancelled(effects) == []
    assert started(effects) == []
    log = [("heard", words, ""), ("cancelled", words, reason)] if words else []
    assert house.log[len(house.log) - len(log) :] == log
    assert cancelled(house.play(UtteranceEnded())) == []
    assert house.scene.sounding


def test_a_back_channel_that_goes_on_is_speech() -> None:
    house = speaking()
    house.speak_over("mm-hm", voice_s=0.4)
    assert at_the_loudspeaker(house.play(VoiceResumed(0.3), VoiceGrown(0.6))) == [DOWN, STOP]
    house.play(VoicePaused(UTTERANCE, 0.16, 1.0, number=8))
    effects = house.play(Heard(house.scene.next_turn_id - 1, Transcript("mm-hm but why her?", "en")))
    assert [reason for _, reason in cancelled(effects)] == ["barge-in"]


def test_speech_ends_the_answer_and_is_answered_when_it_is_known_how_much_of_that_was_heard() -> None:
    house = speaking()
    effects = house.speak_over("And your sister?")
    assert isinstance(next(effect for effect in effects if isinstance(effect, Overhear)), Overhear)
    assert cancelled(effects) == [(1, "barge-in")]
    assert started(effects) == [], "the memory does not hold yet what was heard of the first answer"
    (begun,) = started(house.play(SpeechCut(1, 0, 0.5)))
    assert begun.source == Typed("And your sister?", "en")
    assert begun.memory.exchanges[-1].said == "I was made"
    assert released(house.play(UtteranceEnded())) == [begun.turn_id]


def test_a_short_no_is_no_back_channel() -> None:
    house = speaking()
    assert cancelled(house.speak_over("No.", voice_s=0.2)) == [(1, "barge-in")]


def test_a_visitor_who_had_finished_before_their_words_were_known_is_answered_at_once() -> None:
    house = speaking()
    house.play(VoiceSuspected(), VoiceStarted(), VoiceGrown(0.6), VoicePaused(UTTERANCE, 0.16, 0.6), UtteranceEnded())
    effects = house.play(Heard(2, Transcript("And your sister?", "en")), SpeechCut(1, 0, 0.5))
    assert released(effects) == [2]


def test_who_was_cut_off_by_the_answer_is_answered_as_a_whole() -> None:
    house = speaking(since_s=0.4)
    house.speak_over("and where do you come from?", voice_s=0.8)
    (begun,) = started(house.play(SpeechCut(1, 0, 0.2)))
    assert begun.source == Typed("Who are you? and where do you come from?", "en")


def test_in_curated_mode_what_was_said_over_an_answer_waits_for_a_person() -> None:
    house = speaking(Mode.CURATED)
    effects = house.speak_over("And your sister?")
    effects += house.play(SpeechCut(1, 0, 0.5), UtteranceEnded())
    assert released(effects) == []
    assert house.scene.pending == (2,)


def test_an_answer_that_ends_while_somebody_says_yes_is_followed_by_an_answer_to_that() -> None:
    house = speaking()
    house.play(VoiceSuspected(), VoiceStarted(), VoiceGrown(0.12), TurnSpoken(1))
    effects = house.play(VoicePaused(UTTERANCE, 0.16, 0.3))
    assert [begun.source for begun in started(effects)] == [UTTERANCE], "the double may have asked"


def test_an_answer_that_ends_while_somebody_coughs_leaves_the_house_listening() -> None:
    house = speaking()
    house.play(VoiceSuspected(), VoiceStarted(), VoiceGrown(0.12), VoicePaused(UTTERANCE, 0.16, 0.12), UtteranceEnded())
    house.play(TurnSpoken(1), Heard(2, Transcript("", "en")))
    assert house.scene.turns == ()
    assert house.scene.mood is Mood.LISTENING


def test_a_performer_who_interrupts_ends_what_is_overheard_as_well() -> None:
    house = speaking()
    house.play(VoiceSuspected(), VoiceStarted(), VoiceGrown(0.6), VoicePaused(UTTERANCE, 0.16, 0.6), UtteranceEnded())
    assert [turn for turn, _ in cancelled(house.play(Interrupt()))] == [1, 2]
    house.play(SpeechCut(1, 0, 0.5))
    assert house.scene.turns == ()
    assert not house.scene.held


def test_after_an_interruption_at_the_desk_the_next_answer_is_heard() -> None:
    house = speaking()
    house.play(VoiceSuspected(), VoiceStarted(), VoiceGrown(0.6), Interrupt(), SpeechCut(1, 0, 0.5))
    house.play(VoicePaused(UTTERANCE, 0.2, 0.6), Heard(2, Transcript("And your sister?", "en")), UtteranceEnded())
    house.draft(2, "She left.")
    assert at_the_loudspeaker(house.play(SentenceStarted(2, 0))) == []
    assert not house.scene.held
    assert not house.scene.ducked


@pytest.mark.parametrize("line", [Ask("Who are you?"), Say("Good evening.")])
def test_what_waits_for_its_sound_is_not_lost_by_a_murmur_and_yields_to_speech(line: Ask | Say) -> None:
    for words, ends in (("mm-hm", False), ("", False), ("No, wait, what about her?", True)):
        house = Scenario()
        (begun,) = started(house.play(line))
        assert cancelled(house.play(VoiceSuspected(), VoiceStarted(), VoiceGrown(0.4))) == []
        house.play(VoicePaused(UTTERANCE, 0.2, 0.4))
        effects = house.play(Heard(house.scene.next_turn_id - 1, Transcript(words, "en")), UtteranceEnded())
        assert cancelled(effects) == ([(begun.turn_id, "barge-in")] if ends else [])


def test_a_cough_while_the_answer_to_a_typed_question_is_made_changes_nothing() -> None:
    house = Scenario()
    house.play(Ask("Who are you?"))
    assert cancelled(house.play(VoiceSuspected(), VoiceStarted(), VoiceGrown(0.1), VoiceDiscarded())) == []


def test_what_fills_the_wait_is_its_own_voice_too() -> None:
    house = Scenario()
    house.play(Ask("Who are you?"), FillerStarted(1, "Wait, I have it here."))
    effects = house.speak_over("wait I have it here", voice_s=1.0)
    assert cancelled(effects) == []
    assert house.log[-1] == ("cancelled", "wait I have it here", "own voice")


def test_a_pause_of_the_operators_outlasts_what_a_visitor_does() -> None:
    house = speaking()
    house.play(VoiceSuspected(), VoiceStarted(), VoiceGrown(0.6))
    assert at_the_loudspeaker(house.play(Pause())) == [UP], "the ears are closed, and it is silent already"
    assert house.scene.held
    assert at_the_loudspeaker(house.play(VoiceDiscarded())) == []
    assert at_the_loudspeaker(house.play(Resume())) == [GO_ON]


def test_after_a_panic_nothing_is_held_or_lowered() -> None:
    house = speaking()
    effects = house.play(VoiceSuspected(), VoiceStarted(), VoiceGrown(0.6), Panic())
    assert at_the_loudspeaker(effects) == [DOWN, STOP, GO_ON, UP]


@pytest.mark.parametrize(
    ("words", "pauses_s", "room_db", "expected_s"),
    [
        ("What do you remember of the sea?", (), -60.0, 0.2),
        ("I have always wondered whether", (), -60.0, 1.5),
        ("What do you remember of the sea?", (), -30.0, 0.35),
    ],
)
def test_the_words_and_the_room_tell_how_long_a_visitor_is_waited_for(
    words: str, pauses_s: tuple[float, ...], room_db: float, expected_s: float
) -> None:
    house = Scenario()
    house.scene = replace(house.scene, pauses_s=pauses_s)
    house.play(VoiceStarted(), VoicePaused(UTTERANCE, 0.16, 1.0, number=3, room_db=room_db))
    effects = house.play(Heard(1, Transcript(words, "en")))
    assert [effect for effect in effects if isinstance(effect, AnswerAfter)] == [
        AnswerAfter(3, pytest.approx(expected_s))  # type: ignore[arg-type]
    ]


@pytest.mark.parametrize(
    ("after_s", "words", "answered"),
    [
        (-0.5, "six hundred of them", False),
        (-0.5, "Six hundred? Where are they?", True),
        (2.0, "six hundred of them", True),
    ],
)
def test_the_end_of_an_answer_that_echoes_is_not_answered(after_s: float, words: str, answered: bool) -> None:
    house = speaking()
    house.play(SentenceStarted(1, 1))
    house.wait(5.0)
    if after_s < 0:
        house.play(VoiceStarted(), TurnSpoken(1))
    else:
        house.play(TurnSpoken(1))
        house.wait(after_s)
        house.play(VoiceStarted())
    effects = house.play(VoicePaused(UTTERANCE), Heard(2, Transcript(words, "en")))
    assert (cancelled(effects) == [(2, "own voice")]) is not answered


def test_the_pauses_of_a_visitor_are_remembered_until_another_one_may_have_come() -> None:
    house = Scenario()
    house.play(VoiceStarted(), VoicePaused(UTTERANCE), VoiceResumed(0.7), VoicePaused(UTTERANCE), UtteranceEnded())
    assert house.scene.pauses_s == (0.7,)
    house.wait(60.0)
    house.play(VoiceStarted())
    assert house.scene.pauses_s == ()


def test_the_lists_of_words_are_read_before_the_doors_open(monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(("en", "fr"))
    monkeypatch.setattr("models.settings.tomllib.load", None)
    monkeypatch.setattr("models.settings.tomllib.loads", None)
    house = Scenario()
    house.play(VoiceStarted(), VoicePaused(UTTERANCE, 0.2, 1.0), Heard(1, Transcript("Qui êtes-vous ?", "fr")))
    assert house.scene.turns[0].heard == "Qui êtes-vous ?"
