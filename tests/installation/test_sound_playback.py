"""What the public hears of the double, sample by sample, without a loudspeaker."""

from __future__ import annotations

import threading
from contextlib import suppress

import numpy as np
import pytest

from installation.events import (
    Event,
    SentenceSpoken,
    SentenceStarted,
    SpeechCut,
    TurnSpoken,
)
from installation.sound.playback import Playback
from installation.turn import CancelReason, Turn, TurnCancelled
from models.audio import Audio, Samples

RATE_HZ = 48_000
FADE_SAMPLES = 480
LARGEST_STEP = 0.01
"""Between neighbouring samples: more is a click. A cut of these constant sounds without a fade would step by 0.5."""


def sound(samples: int, level: float = 0.5, rate_hz: int = RATE_HZ) -> Audio:
    return Audio(np.full(samples, level, np.float32), rate_hz)


class House:
    """A playback with the events that it has posted."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.playback = Playback(RATE_HZ, self.events.append)

    def turn(self, turn_id: int, *sentences: Audio, finished: bool = True) -> Turn:
        turn = Turn(turn_id)
        for part, audio in enumerate(sentences):
            self.playback.add(turn, part, audio, last=True)
        if finished:
            self.playback.finish(turn)
        return turn

    def cut(self, turn: Turn) -> None:
        turn.cancel(CancelReason.BARGE_IN)
        self.playback.cut(turn)

    def hear(self, samples: int, block: int = 240) -> Samples:
        return np.concatenate([self.playback.render(block) for _ in range(samples // block)])


@pytest.fixture
def house() -> House:
    return House()


def steps(heard: Samples) -> float:
    return float(np.abs(np.diff(heard)).max())


def test_a_draft_makes_no_sound_before_its_release(house: House) -> None:
    turn = house.turn(1, sound(960))
    assert not house.hear(960).any()
    house.playback.release(turn)
    assert house.playback.render(1)[0] == 0.5


def test_sound_added_after_the_release_is_played_at_once(house: House) -> None:
    turn = Turn(1)
    house.playback.release(turn)
    assert not house.hear(480).any()
    house.playback.add(turn, 0, sound(480), last=True)
    assert (house.playback.render(480) == 0.5).all()


def test_a_turn_tells_when_each_sentence_begins_and_ends(house: House) -> None:
    turn = house.turn(7, sound(480), sound(240))
    house.playback.release(turn)
    house.hear(480)
    assert house.events == [SentenceStarted(7, 0), SentenceSpoken(7, 0)]
    house.hear(240)
    assert house.events[2:] == [SentenceStarted(7, 1), SentenceSpoken(7, 1), TurnSpoken(7)]


def test_sentences_follow_each_other_without_a_gap(house: House) -> None:
    turn = house.turn(1, sound(100), sound(100), sound(100))
    house.playback.release(turn)
    heard = house.playback.render(400)
    assert (heard[:300] == 0.5).all()
    assert not heard[300:].any()


def test_pieces_of_a_sentence_at_another_rate_join_without_a_seam(house: House) -> None:
    wave = (0.5 * np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)).astype(np.float32)
    turn = Turn(1)
    for start in range(0, 22_050, 1_000):
        house.playback.add(turn, 0, Audio(wave[start : start + 1_000], 22_050), last=False)
    house.playback.add(turn, 0, sound(0, rate_hz=22_050), last=True)
    house.playback.finish(turn)
    house.playback.release(turn)
    heard = house.hear(RATE_HZ)
    whole = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)
    assert np.abs(heard - whole)[1_000:-1_000].max() < 0.001


def test_turns_are_spoken_in_the_order_of_their_release(house: House) -> None:
    first, second = house.turn(1, sound(240, 0.1)), house.turn(2, sound(240, 0.2))
    house.playback.release(second)
    house.playback.release(first)
    heard = house.playback.render(480)
    assert np.allclose(heard, [0.2] * 240 + [0.1] * 240)
    assert [event.turn_id for event in house.events if isinstance(event, TurnSpoken)] == [2, 1]


def test_a_voice_that_is_late_leaves_a_silence_and_goes_on(house: House) -> None:
    turn = house.turn(1, sound(240), finished=False)
    house.playback.release(turn)
    house.hear(480)
    assert house.events == [SentenceStarted(1, 0), SentenceSpoken(1, 0)]
    house.playback.add(turn, 1, sound(240), last=True)
    house.playback.finish(turn)
    assert (house.playback.render(240) == 0.5).all()
    assert house.events[-1] == TurnSpoken(1)


def test_a_turn_without_words_ends_at_once(house: House) -> None:
    house.playback.release(house.turn(1))
    house.playback.render(240)
    assert house.events == [TurnSpoken(1)]


def test_a_cut_falls_silent_within_ten_milliseconds_without_a_click(house: House) -> None:
    turn = house.turn(1, sound(48_000))
    house.playback.release(turn)
    before = house.hear(4_800)
    house.cut(turn)
    after = house.hear(4_800)
    assert not after[FADE_SAMPLES:].any()
    assert steps(np.concatenate((before, after))) < LARGEST_STEP


def test_a_cut_tells_how_much_of_the_sentence_was_heard(house: House) -> None:
    turn = house.turn(1, sound(480), sound(48_000))
    house.playback.release(turn)
    house.hear(480 + 12_000 - FADE_SAMPLES)
    house.cut(turn)
    assert house.events[-1] == SpeechCut(1, part=1, heard=0.25)


def test_a_cut_before_the_first_sample_says_that_nothing_was_heard(house: House) -> None:
    turn = house.turn(1, sound(480))
    house.playback.release(turn)
    house.cut(turn)
    assert house.events == [SpeechCut(1, part=0, heard=0.0)]
    assert not house.hear(480).any()


def test_a_cut_of_a_turn_that_has_no_sound_yet_says_that_nothing_was_heard(house: House) -> None:
    house.cut(Turn(3))
    assert house.events == [SpeechCut(3, part=0, heard=0.0)]


def test_a_cut_between_sentences_names_the_one_that_was_to_come(house: House) -> None:
    turn = house.turn(1, sound(240), finished=False)
    house.playback.release(turn)
    house.hear(480)
    house.cut(turn)
    assert house.events[-1] == SpeechCut(1, part=1, heard=0.0)


def test_a_turn_is_cut_once_and_never_after_it_has_been_spoken(house: House) -> None:
    spoken, cut = house.turn(1, sound(240)), house.turn(2, sound(240))
    house.playback.release(spoken)
    house.hear(480)
    house.cut(spoken)
    assert house.events[-1] == TurnSpoken(1)
    house.cut(cut)
    house.cut(cut)
    assert house.events.count(SpeechCut(2, part=0, heard=0.0)) == 1


def test_the_next_turn_sounds_at_once_after_a_cut(house: House) -> None:
    first, second = house.turn(1, sound(48_000, 0.25)), house.turn(2, sound(48_000, 0.5))
    house.playback.release(first)
    house.playback.release(second)
    house.hear(2_400)
    house.cut(first)
    heard = house.hear(2_400)
    assert heard[0] == pytest.approx(0.75, abs=0.01)
    assert heard[FADE_SAMPLES:].min() == 0.5


def test_a_cut_of_a_waiting_turn_leaves_the_speaking_one_alone(house: House) -> None:
    speaking, waiting = house.turn(1, sound(4_800, 0.25)), house.turn(2, sound(4_800, 0.5))
    house.playback.release(speaking)
    house.playback.release(waiting)
    house.hear(480)
    house.cut(waiting)
    assert (house.hear(4_320) == 0.25).all()
    assert not house.hear(480).any()


def test_a_cancelled_turn_takes_no_more_sound(house: House) -> None:
    turn = house.turn(1, sound(480), finished=False)
    house.cut(turn)
    with pytest.raises(TurnCancelled):
        house.playback.add(turn, 1, sound(480), last=True)
    house.playback.finish(turn)
    house.playback.release(turn)
    assert not house.hear(960).any()
    assert house.events == [SpeechCut(1, part=0, heard=0.0)]


def test_a_release_that_comes_after_the_cut_does_not_stop_the_turns_behind_it(house: House) -> None:
    cut, next_one = house.turn(1, sound(480), finished=False), house.turn(2, sound(480))
    house.cut(cut)
    house.playback.release(cut)
    house.playback.release(next_one)
    assert (house.hear(480) == 0.5).all()


def test_a_hold_fades_out_and_a_go_on_continues_at_the_same_place(house: House) -> None:
    ramp = np.linspace(0.2, 0.8, 48_000, dtype=np.float32)
    turn = house.turn(1, Audio(ramp, RATE_HZ))
    house.playback.release(turn)
    before = house.hear(4_800)
    house.playback.hold()
    fading = house.hear(960)
    pause = house.hear(48_000)
    house.playback.go_on()
    after = house.hear(4_800)
    assert not fading[FADE_SAMPLES:].any()
    assert not pause.any()
    assert steps(np.concatenate((before, fading, pause, after))) < LARGEST_STEP
    assert after[-1] == pytest.approx(ramp[4_800 + FADE_SAMPLES + 4_800 - 1], abs=1e-3)


def test_a_turn_that_is_cut_during_a_hold_stays_silent_after_it(house: House) -> None:
    turn = house.turn(1, sound(48_000))
    house.playback.release(turn)
    house.hear(24_000 - FADE_SAMPLES)
    house.playback.hold()
    house.hear(960)
    house.cut(turn)
    house.playback.go_on()
    assert not house.hear(4_800).any()
    assert house.events[-1] == SpeechCut(1, part=0, heard=pytest.approx(0.5, abs=0.001))


def test_a_turn_released_during_a_hold_waits_for_its_end(house: House) -> None:
    house.playback.hold()
    house.hear(960)
    turn = house.turn(1, sound(960))
    house.playback.release(turn)
    assert not house.hear(960).any()
    assert house.events == []
    house.playback.go_on()
    assert house.hear(960).any()
    assert house.events[-1] == TurnSpoken(1)


def test_the_end_of_the_evening_fades_everything_within_thirty_milliseconds(house: House) -> None:
    turn, later = house.turn(1, sound(48_000)), house.turn(2, sound(48_000))
    house.playback.release(turn)
    before = house.hear(4_800)
    house.playback.fade_out()
    after = house.hear(4_800)
    house.playback.release(later)
    assert not after[3 * FADE_SAMPLES :].any()
    assert steps(np.concatenate((before, after))) < LARGEST_STEP
    assert not house.hear(48_000).any()


def test_a_device_with_another_rate_goes_on_where_the_first_one_stopped(house: House) -> None:
    ramp = np.linspace(0.2, 0.8, 48_000, dtype=np.float32)
    turn = house.turn(1, Audio(ramp, RATE_HZ))
    house.playback.release(turn)
    house.hear(24_000)
    house.playback.change_rate(16_000)
    rest = house.hear(3_840)
    assert rest[800] == pytest.approx(0.5 + 0.6 * 800 / 16_000, abs=0.01)
    assert rest[3_200] == pytest.approx(0.5 + 0.6 * 3_200 / 16_000, abs=0.01)
    house.cut(turn)
    assert house.events[-1] == SpeechCut(1, part=0, heard=pytest.approx(0.5 + 3_840 / 16_000 + 0.01, abs=0.001))


def test_no_sound_of_a_cut_turn_is_heard_however_busily_it_is_still_being_made(house: House) -> None:
    """The voice adds without a pause while the turn is cut: after the fade, silence, whichever comes first."""
    for turn_id in range(200):
        turn = Turn(turn_id)
        begun = threading.Event()

        def speak(turn: Turn = turn, begun: threading.Event = begun) -> None:
            with suppress(TurnCancelled):
                while True:
                    house.playback.add(turn, 0, sound(48), last=False)
                    begun.set()

        voice = threading.Thread(target=speak)
        house.playback.release(turn)
        voice.start()
        begun.wait()
        house.playback.render(48)
        house.cut(turn)
        house.playback.render(FADE_SAMPLES)
        stale = house.playback.render(4_800)
        voice.join()
        assert not stale.any()
        assert not house.playback.render(4_800).any()
        assert house.playback.idle
    assert sum(isinstance(event, SpeechCut) for event in house.events) == 200


def test_an_evening_of_turns_leaves_nothing_behind(house: House) -> None:
    for turn_id in range(50):
        turn = house.turn(turn_id, sound(48))
        house.playback.release(turn)
        if turn_id % 2:
            house.cut(turn)
        house.playback.render(480)
    assert house.playback.idle
    assert not house.playback._tracks
