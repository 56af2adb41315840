"""A recorded evening heard again: nothing is different, unless a threshold is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from installation.commands import (
    Interrupt,
    Listen,
    MuteMicrophone,
    Release,
    Say,
    Tune,
    TuneBack,
)
from installation.events import (
    Mode,
)
from installation.hearing.hearing import Hearing
from installation.replay.differences import Change, Decision, compare
from installation.replay.house import RecordedHouse
from installation.replay.words import RecordedWords
from installation.scene import Scene
from installation.sound.echo_canceller import EchoCanceller
from installation.sound.sources import FRAME_SAMPLES
from installation.tape.notes import What
from installation.tape.reading import RecordedEvening, read_recorded
from installation.turn_taking.settings import TurnTakingSettings, Wake
from models.audio import Samples
from tests.fakes.taped_evening import LoudDetector, TapedEvening, evening_of, taped

ANSWER = " ".join(["I was made from all of the letters that she wrote to her sister by the sea."] * 4)
"""Six seconds."""
SETTINGS = TurnTakingSettings()


def again(evening: RecordedEvening, settings: TurnTakingSettings = SETTINGS, barge_in: bool = True) -> list[Decision]:
    """What is decided on a recorded evening by those settings, beside what was."""

    def hear(canceller: EchoCanceller) -> Hearing:
        return Hearing(LoudDetector(), settings, canceller)

    scene = Scene(
        mode=evening.head.mode, language="en", languages=("en", "fr"), turn_taking=settings, barge_in=barge_in
    )
    house = RecordedHouse(evening, scene, hear, RecordedWords(evening.notes, "en"))
    house.play()
    return compare(evening.notes, house.notes)


def different(decisions: list[Decision]) -> list[tuple[str, str]]:
    """The changes, each as its mark and what was decided."""
    return [(decision.change.value, decision.what.value) for decision in decisions if decision.change != Change.SAME]


def recorded(evening: TapedEvening) -> RecordedEvening:
    return read_recorded(evening.sound)


@pytest.fixture(scope="module")
def long_evening(tmp_path_factory: pytest.TempPathFactory) -> RecordedEvening:
    """A question; a word of assent and an interruption over the answer; a cough; a question asked with a pause."""
    asks = ((False, 0.5), (True, 0.6), (False, 2.0))
    over = ((True, 0.4), (False, 1.0), (True, 0.8), (False, 3.0))
    coughs = ((True, 0.06), (False, 1.0), (True, 0.12), (False, 1.0))
    pauses = ((True, 0.7), (False, 0.45), (True, 0.5), (False, 3.0))
    texts = (
        "Who are you?",
        "mm-hm",
        "And where is your sister?",
        "I have always wondered",
        "whether she wrote.",
        "Why?",
    )
    with taped(tmp_path_factory.mktemp("long"), *texts, answer=ANSWER) as evening:
        evening.house.hear(evening_of(*asks, *over, *coughs, *pauses))
    return recorded(evening)


def test_the_same_house_decides_the_same(long_evening: RecordedEvening) -> None:
    decisions = again(long_evening)
    assert different(decisions) == []
    assert {decision.what for decision in decisions} == {
        What.VOICE_BEGAN,
        What.VOICE_ENDED,
        What.DUCKED,
        What.STOPPED,
        What.WENT_ON,
        What.ANSWERED,
        What.CUT,
    }
    assert all(abs(decision.moved_s) < 0.041 for decision in decisions), "a house in virtual time meets to the frame"


def test_a_longer_pause_moves_the_answers_and_nothing_else(long_evening: RecordedEvening) -> None:
    slower = replace(SETTINGS, finished_pause_s=0.5)
    decisions = again(long_evening, replace(slower, unclear_pause_s=0.6))
    moved = [decision for decision in decisions if decision.change == Change.MOVED]
    assert {change for change, _ in different(decisions)} == {"~"}
    assert {decision.what for decision in moved} == {What.VOICE_ENDED, What.ANSWERED}
    assert all(0.1 < decision.moved_s < 0.3 for decision in moved)


def test_more_voice_to_stop_the_double_stops_it_later(long_evening: RecordedEvening) -> None:
    decisions = again(long_evening, replace(SETTINGS, stop_s=0.3))
    assert {what for _, what in different(decisions)} == {"double stopped"}
    assert [round(decision.moved_s, 2) for decision in decisions if decision.what is What.STOPPED] == [0.14, 0.0]


def test_who_could_not_stop_the_double_any_more_is_missing(long_evening: RecordedEvening) -> None:
    decisions = again(long_evening, replace(SETTINGS, stop_s=5.0, early_stop_s=5.0))
    assert set(different(decisions)) == {("-", "double stopped"), ("-", "double went on")}


def test_a_question_that_is_not_heard_any_more_leaves_the_rest_as_it_was(tmp_path: Path) -> None:
    with taped(tmp_path, "Yes?", "And your sister?", answer=ANSWER) as evening:
        evening.house.hear(evening_of((False, 0.5), (True, 0.2), (False, 2.0), (True, 0.8), (False, 4.0)))
    decisions = again(recorded(evening), replace(SETTINGS, min_voice_s=0.3))
    assert different(decisions) == [("-", "voice ended"), ("-", "answered")]
    assert What.CUT in {decision.what for decision in decisions}, "who spoke over the answer still ended it"


def test_what_a_person_did_at_the_panel_is_done_again(tmp_path: Path) -> None:
    with taped(tmp_path, "Who are you?", answer=ANSWER) as evening:
        evening.house.submit(MuteMicrophone(True))
        evening.house.hear(evening_of((True, 1.0)))
        evening.house.submit(MuteMicrophone(False))
        evening.house.hear(evening_of((False, 0.5), (True, 0.6), (False, 1.0)))
        evening.house.submit(Interrupt())
        evening.house.hear(evening_of((False, 0.5)))
        evening.house.submit(Say("The bar is open."))
        evening.house.hear(evening_of((False, 2.0)))
    decisions = again(recorded(evening))
    assert different(decisions) == []
    assert [decision.then.why for decision in decisions if decision.what is What.CUT and decision.then] == ["performer"]
    assert [decision.what for decision in decisions].count(What.ANSWERED) == 2


def test_a_threshold_that_was_moved_at_the_panel_is_moved_again(tmp_path: Path) -> None:
    with taped(tmp_path, "Who are you?") as evening:
        evening.house.hear(evening_of((False, 0.5)))
        evening.house.submit(Tune("min_voice_s", 0.8))
        evening.house.hear(evening_of((True, 0.5), (False, 2.0)))
        evening.house.submit(TuneBack())
        evening.house.hear(evening_of((True, 0.5), (False, 2.0)))
    decisions = again(recorded(evening))
    assert different(decisions) == []
    assert [decision.what for decision in decisions].count(What.ANSWERED) == 1


def test_a_show_that_asks_for_a_gesture_is_woken_by_the_same_one(tmp_path: Path) -> None:
    asks = replace(SETTINGS, wake=Wake.BUTTON, wake_s=2.0)
    with taped(tmp_path, "Who are you?", settings=asks) as evening:
        evening.house.hear(evening_of((False, 0.5), (True, 0.6), (False, 1.0)))
        evening.house.submit(Listen())
        evening.house.hear(evening_of((False, 0.5), (True, 0.6), (False, 8.0)))
        evening.house.hear(evening_of((True, 0.6), (False, 1.0)))
    decisions = again(recorded(evening), asks)
    assert different(decisions) == []
    assert [decision.what for decision in decisions].count(What.ANSWERED) == 1


def test_a_curated_evening_is_let_go_by_the_same_hand(tmp_path: Path) -> None:
    with taped(tmp_path, "Who are you?", mode=Mode.CURATED) as evening:
        evening.house.hear(evening_of((False, 0.5), (True, 0.6), (False, 2.0)))
        evening.house.submit(Release(evening.house.director.scene.pending[0]))
        evening.house.hear(evening_of((False, 2.0)))
    decisions = again(recorded(evening))
    assert different(decisions) == []
    assert What.ANSWERED in {decision.what for decision in decisions}


def test_the_echo_of_the_double_is_taken_out_again(tmp_path: Path) -> None:
    past = [np.zeros(FRAME_SAMPLES, np.float32) for _ in range(3)]

    def room(played: Samples) -> Samples:
        past.append(played)
        return np.asarray(0.5 * past.pop(0), np.float32)

    with taped(tmp_path, *["Who are you?"] * 6, answer=ANSWER) as evening:
        evening.house.hear(evening_of((False, 0.5), (True, 0.6), (False, 8.0), (True, 0.6), (False, 8.0)), room)
    assert different(again(recorded(evening))) == []


def test_a_house_that_is_deaf_while_it_speaks_decides_the_same(tmp_path: Path) -> None:
    with taped(tmp_path, "Who are you?", "And your sister?", barge_in=False) as evening:
        evening.house.hear(evening_of((False, 0.5), (True, 0.6), (False, 0.5), (True, 0.6), (False, 3.0)))
        evening.house.hear(evening_of((True, 0.6), (False, 3.0)))
    decisions = again(recorded(evening), barge_in=False)
    assert different(decisions) == []
    assert [decision.what for decision in decisions].count(What.ANSWERED) == 2


def test_an_evening_that_was_cut_off_is_replayed_as_far_as_it_goes(
    tmp_path: Path, long_evening: RecordedEvening
) -> None:
    cut = tmp_path / "cut.flac"
    cut.write_bytes(long_evening.sound.read_bytes()[:-60_000])
    notes = long_evening.sound.with_suffix(".jsonl").read_bytes()
    cut.with_suffix(".jsonl").write_bytes(notes[:-400])
    left = read_recorded(cut)
    ends_s = sum(1 for _ in left.frames()) * 0.02
    assert 0 < ends_s < 12
    left = replace(left, notes=tuple(note for note in left.notes if note.at_s <= ends_s))
    assert different(again(left)) == []


@pytest.mark.parametrize("words", ["", "Who are you?"])
def test_words_that_nobody_knows_are_none(tmp_path: Path, words: str) -> None:
    with taped(tmp_path, words) as evening:
        evening.house.hear(evening_of((False, 0.5), (True, 0.6), (False, 2.0)))
    assert different(again(recorded(evening))) == []
