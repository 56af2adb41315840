"""How long a visitor must be silent: their words, the sound of their voice, their own pace and the room all vote."""

from __future__ import annotations

import pytest

from installation.turn_taking.end_of_turn import Words, pause_to_answer_s
from installation.turn_taking.settings import TurnTakingSettings
from persona.thought import Thought

SETTINGS = TurnTakingSettings()
FINISHED_S, UNCLEAR_S, OPEN_S = SETTINGS.finished_pause_s, SETTINGS.unclear_pause_s, SETTINGS.open_pause_s
QUIET_DB, LOUD_DB = -60.0, -30.0
STATED_S = SETTINGS.stated_pause_s
ASKED, STATED = Words(Thought.FINISHED, asks=True), Words(Thought.FINISHED, asks=False)
UNCLEAR, OPEN = Words(Thought.UNCLEAR, asks=False), Words(Thought.OPEN, asks=True)
QUICK: tuple[float, ...] = ()


@pytest.mark.parametrize(
    ("words", "finished", "expected_s"),
    [
        # nobody was asked: the words alone
        (ASKED, None, FINISHED_S),
        (UNCLEAR, None, UNCLEAR_S),
        (OPEN, None, OPEN_S),
        (None, None, OPEN_S),
        # a voice that does not tell changes nothing
        (ASKED, 0.5, FINISHED_S),
        (UNCLEAR, 0.5, UNCLEAR_S),
        (OPEN, 0.5, OPEN_S),
        # one that tells moves what it is close to, and no further than the next
        (ASKED, 0.21, FINISHED_S),
        (ASKED, 0.2, UNCLEAR_S),
        (ASKED, 0.0, UNCLEAR_S),
        (ASKED, 1.0, FINISHED_S),
        (UNCLEAR, 0.79, UNCLEAR_S),
        (UNCLEAR, 0.8, FINISHED_S),
        (UNCLEAR, 1.0, FINISHED_S),
        (UNCLEAR, 0.0, UNCLEAR_S),
        # after a statement a question may follow, unless the voice has finished
        (STATED, None, STATED_S),
        (STATED, 0.5, STATED_S),
        (STATED, 0.8, FINISHED_S),
        (STATED, 0.0, STATED_S),
        # words that want to go on are waited for, however final they sound
        (OPEN, 1.0, OPEN_S),
        (None, 1.0, OPEN_S),
    ],
)
def test_the_sound_of_a_voice_is_one_vote(words: Words | None, finished: float | None, expected_s: float) -> None:
    assert pause_to_answer_s(words, QUICK, QUIET_DB, SETTINGS, finished) == pytest.approx(expected_s)


@pytest.mark.parametrize(
    ("pauses_s", "finished", "expected_s"),
    [
        ((0.3,), None, UNCLEAR_S),
        ((0.3,), 0.9, 1.3 * 0.3),
        ((0.1,), 0.9, FINISHED_S),
        ((0.3, 0.7), None, 1.3 * 0.7),
        ((0.3, 0.7), 0.9, 1.3 * 0.7),
        ((5.0,), 0.9, OPEN_S),
    ],
)
def test_a_visitor_who_pauses_long_is_given_their_time_however_final_it_sounds(
    pauses_s: tuple[float, ...], finished: float | None, expected_s: float
) -> None:
    assert pause_to_answer_s(UNCLEAR, pauses_s, QUIET_DB, SETTINGS, finished) == pytest.approx(expected_s)


def test_a_loud_room_is_waited_for_longer_whatever_the_voice_tells() -> None:
    for words, finished, expected_s in ((UNCLEAR, 0.9, FINISHED_S), (ASKED, 0.1, UNCLEAR_S)):
        pause_s = pause_to_answer_s(words, QUICK, LOUD_DB, SETTINGS, finished)
        assert pause_s == pytest.approx(expected_s + SETTINGS.noisy_room_s)


def test_how_sure_the_voice_must_be_can_be_set() -> None:
    trusting = TurnTakingSettings(sounds_open=0.4, sounds_finished=0.6)
    assert pause_to_answer_s(UNCLEAR, QUICK, QUIET_DB, trusting, 0.6) == pytest.approx(FINISHED_S)
    assert pause_to_answer_s(ASKED, QUICK, QUIET_DB, trusting, 0.4) == pytest.approx(UNCLEAR_S)


@pytest.mark.parametrize("pair", [(0.5, 0.5), (-0.1, 0.8), (0.2, 1.1)])
def test_thresholds_that_contradict_each_other_are_refused(pair: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="sounds_open and sounds_finished"):
        TurnTakingSettings(sounds_open=pair[0], sounds_finished=pair[1])
