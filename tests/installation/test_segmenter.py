"""When an utterance begins, pauses and ends: the specification of hearing, in virtual time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.events import (
    SuspicionLifted,
    UtteranceEnded,
    VoiceDiscarded,
    VoiceGrown,
    VoicePaused,
    VoiceResumed,
    VoiceStarted,
    VoiceSuspected,
)
from installation.hearing.segmenter import HearingEvent, Segmenter, Verdict
from installation.turn_taking.settings import TurnTakingSettings
from models.audio import HEARING_RATE_HZ, Audio, Frame

FRAME_S = 0.02
SETTINGS = TurnTakingSettings()


def hear(
    segmenter: Segmenter, pattern: Iterable[tuple[bool, float]], start_s: float = 0.0
) -> list[tuple[float, HearingEvent]]:
    """Feed (voiced, seconds) stretches; each frame's samples hold its own number, so that cuts can be checked."""
    events: list[tuple[float, HearingEvent]] = []
    number = round(start_s / FRAME_S)
    for voiced, seconds in pattern:
        for _ in range(round(seconds / FRAME_S)):
            frame = Frame(Audio(np.full(320, number, np.float32), HEARING_RATE_HZ), number * FRAME_S)
            number += 1
            events += [(round(number * FRAME_S, 2), event) for event in segmenter.feed(frame, Verdict(voiced))]
    return events


PASSING = (VoiceSuspected, SuspicionLifted, VoiceGrown)


def kinds(events: list[tuple[float, HearingEvent]]) -> list[type]:
    return [type(event) for _, event in events if not isinstance(event, PASSING)]


def times(events: list[tuple[float, HearingEvent]]) -> list[float]:
    return [at for at, event in events if not isinstance(event, PASSING)]


def pauses(events: list[tuple[float, HearingEvent]]) -> list[VoicePaused]:
    return [event for _, event in events if isinstance(event, VoicePaused)]


def test_a_sentence_is_drafted_at_the_first_pause_and_ended_when_nobody_goes_on() -> None:
    events = hear(Segmenter(SETTINGS), [(False, 1.0), (True, 2.0), (False, 2.0)])
    assert kinds(events) == [VoiceStarted, VoicePaused, UtteranceEnded]
    assert times(events) == [1.08, 3.2, 4.5], "without a word about it, a visitor is given time to think"
    (pause,) = pauses(events)
    assert pause.silent_s == pytest.approx(0.2)
    assert pause.voice_s == pytest.approx(2.0)


def test_a_finished_thought_is_answered_as_soon_as_it_is_known_to_be_one() -> None:
    segmenter = Segmenter(SETTINGS)
    before = hear(segmenter, [(False, 1.0), (True, 2.0), (False, 0.2)])
    (pause,) = pauses(before)
    segmenter.answer_after(pause.number, 0.22)
    after = hear(segmenter, [(False, 1.0)], start_s=3.2)
    assert (kinds(after), times(after)) == ([UtteranceEnded], [3.22])


def test_what_was_decided_about_one_pause_does_not_end_the_next() -> None:
    segmenter = Segmenter(SETTINGS)
    (pause,) = pauses(hear(segmenter, [(True, 1.0), (False, 0.2)]))
    resumed = hear(segmenter, [(True, 1.0)], start_s=1.2)
    segmenter.answer_after(pause.number, 0.22)
    after = hear(segmenter, [(False, 2.0)], start_s=2.2)
    assert kinds(resumed) == [VoiceResumed]
    assert next(event.pause_s for _, event in resumed if isinstance(event, VoiceResumed)) == pytest.approx(0.2)
    assert times(after) == [2.4, 3.7]


def test_the_very_first_sound_is_a_suspicion_that_is_lifted_when_nothing_comes_of_it() -> None:
    segmenter = Segmenter(SETTINGS)
    frames = [Frame(Audio(np.zeros(320, np.float32), HEARING_RATE_HZ), n * FRAME_S) for n in range(40)]
    told = [
        (n, event) for n, frame in enumerate(frames) for event in segmenter.feed(frame, Verdict(False, n in (5, 6, 8)))
    ]
    assert told == [(5, VoiceSuspected()), (18, SuspicionLifted())]


def test_how_much_voice_there_was_is_told_while_it_grows_and_leaves_out_the_pauses() -> None:
    events = hear(Segmenter(SETTINGS), [(True, 0.5), (False, 0.1), (True, 0.5), (False, 2)])
    grown = [(at, round(event.voice_s, 2)) for at, event in events if isinstance(event, VoiceGrown)]
    assert grown[0] == (0.08, 0.08)
    assert grown[-1] == (1.1, 1.0)


def test_a_visitor_who_goes_on_after_a_short_pause_makes_one_utterance() -> None:
    events = hear(Segmenter(SETTINGS), [(False, 1), (True, 1), (False, 0.3), (True, 1), (False, 2)])
    assert kinds(events) == [VoiceStarted, VoicePaused, VoiceResumed, VoicePaused, UtteranceEnded]
    first, second = pauses(events)
    assert second.utterance.start_s == first.utterance.start_s
    assert second.utterance.end_s == pytest.approx(3.3)
    assert second.utterance.audio.duration_s > first.utterance.audio.duration_s + 1.2


def test_the_first_syllable_is_kept_by_the_pre_roll() -> None:
    events = hear(Segmenter(SETTINGS), [(False, 2.0), (True, 1.0), (False, 0.3)])
    utterance = next(event.utterance for _, event in events if isinstance(event, VoicePaused))
    assert utterance.start_s == pytest.approx(2.0 - SETTINGS.pre_roll_s, abs=0.1)
    numbers = utterance.audio.samples[::320]
    assert list(numbers) == list(range(int(numbers[0]), int(numbers[-1]) + 1)), "no frame is missing or doubled"


def test_a_click_is_not_a_voice() -> None:
    assert kinds(hear(Segmenter(SETTINGS), [(False, 1), (True, 0.06), (False, 1), (True, 0.06), (False, 1)])) == []


def test_what_is_too_short_to_be_a_word_is_thrown_away_without_a_draft() -> None:
    events = hear(Segmenter(SETTINGS), [(False, 1), (True, 0.12), (False, 1)])
    assert kinds(events) == [VoiceStarted, VoiceDiscarded]


def test_a_voice_without_end_is_cut_into_utterances_so_that_memory_cannot_grow() -> None:
    settings = TurnTakingSettings(max_utterance_s=10)
    events = hear(Segmenter(settings), [(True, 35), (False, 2)])
    assert kinds(events).count(UtteranceEnded) == 4
    assert all(e.utterance.audio.duration_s <= 10.1 for _, e in events if isinstance(e, VoicePaused))


def test_closing_the_ears_forgets_the_half_heard_utterance() -> None:
    segmenter = Segmenter(SETTINGS)
    hear(segmenter, [(True, 1)])
    assert segmenter.in_utterance
    assert segmenter.reset() == [VoiceDiscarded()]
    assert segmenter.reset() == []
    assert hear(segmenter, [(False, 2)], start_s=1) == []


def test_an_hour_of_silence_keeps_no_more_than_the_pre_roll() -> None:
    segmenter = Segmenter(SETTINGS)
    assert hear(segmenter, [(False, 3600)]) == []
    assert len(segmenter._recent) <= 30


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 60)), max_size=40))
def test_every_utterance_begins_once_and_ends_once_whatever_is_heard(runs: list[tuple[bool, int]]) -> None:
    events = kinds(hear(Segmenter(SETTINGS), [*((v, n * FRAME_S) for v, n in runs), (False, 3.0)]))
    inside = paused = False
    for kind in events:
        if kind is VoiceStarted:
            assert not inside
            inside, paused = True, False
        elif kind is VoicePaused:
            assert inside
            assert not paused
            paused = True
        elif kind is VoiceResumed:
            assert paused
            paused = False
        else:
            assert inside
            assert paused == (kind is UtteranceEnded)
            inside = False
    assert not inside


@pytest.mark.parametrize(
    "wrong",
    [{"draft_pause_s": 0.3}, {"open_pause_s": 1e9}, {"draft_pause_s": 0.0}, {"onset_s": 0.3}, {"max_utterance_s": 0.1}],
)
def test_settings_that_contradict_each_other_are_refused_with_a_sentence(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        TurnTakingSettings(**wrong)
