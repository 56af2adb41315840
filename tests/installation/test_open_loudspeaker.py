"""A double on an open loudspeaker: it does not interrupt itself, and a visitor can; whole houses, in virtual time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from installation.entries import LineEntry, LineState
from installation.events import (
    SpeechCut,
    TurnSpoken,
    VoiceStarted,
)
from installation.sound.sources import FRAME_SAMPLES
from installation.virtual_house import VirtualHouse
from models.audio import HEARING_RATE_HZ
from scripts.turns.noises import noise
from tests.fakes.open_room import LONG_ANSWER, open_house, path, said, timeline

pytest.importorskip("pyroomacoustics")

QUESTION = said("What do you remember of the sea?")
ASKED = "What do you remember of the sea?"


def cut(house: VirtualHouse) -> list[float]:
    """When an answer was ended before its end."""
    return [at_s for at_s, event in house.events if isinstance(event, SpeechCut)]


def spoken(house: VirtualHouse) -> int:
    return sum(isinstance(event, TurnSpoken) for _, event in house.events)


def lines(house: VirtualHouse, state: LineState) -> list[str]:
    entries = (entry for _, entry in house.entries)
    return [entry.text for entry in entries if isinstance(entry, LineEntry) and entry.state is state]


def level(house: VirtualHouse, at_s: float, seconds: float = 0.1) -> float:
    """RMS of what the loudspeaker plays then."""
    begin = round(at_s * HEARING_RATE_HZ)
    return float(np.sqrt(np.mean(house.played[begin : begin + round(seconds * HEARING_RATE_HZ)] ** 2)))


def silent_from(house: VirtualHouse, from_s: float, within_s: float = 2.0) -> float | None:
    """When the loudspeaker falls silent for 200 ms."""
    frames = house.played[: len(house.played) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    quiet = np.abs(frames).max(axis=1) < 1e-3
    first = round(from_s * HEARING_RATE_HZ / FRAME_SAMPLES)
    for frame in range(first, first + round(within_s * 50)):
        if quiet[frame : frame + 10].all():
            return frame / 50
    return None


@pytest.mark.parametrize(("rt60_s", "delay_s", "drift_ppm"), [(0.3, 0.06, 50), (0.8, 0.15, -50), (1.5, 0.25, 50)])
def test_a_long_answer_does_not_interrupt_itself(rt60_s: float, delay_s: float, drift_ppm: float) -> None:
    house = open_house(answer=LONG_ANSWER * 2)
    house.hear(timeline(45, (1.0, QUESTION)), path(rt60_s, delay_s, drift_ppm).feed)
    assert (cut(house), spoken(house)) == ([], 1)
    assert sum(isinstance(event, VoiceStarted) for _, event in house.events) == 1


@pytest.mark.parametrize("rt60_s", [0.3, 0.8, 1.5])
def test_a_visitor_as_loud_as_the_echo_interrupts(rt60_s: float) -> None:
    house = open_house((ASKED, "And your sister?"), answer=LONG_ANSWER * 2)
    visitor = said("Excuse me, but what about your sister?", "en-gb+m3", -24)
    house.hear(timeline(20, (1.0, QUESTION), (12.0, visitor)), path(rt60_s).feed)
    assert cut(house)
    silent_s = silent_from(house, 12.0)
    assert silent_s is not None
    assert silent_s < 12.5
    assert "And your sister?" in lines(house, LineState.HEARD)


def test_it_lowers_its_voice_before_it_knows_and_comes_back_where_it_was_when_it_was_a_cough() -> None:
    house = open_house(answer=LONG_ANSWER * 2)
    cough = noise(1, ("cough",)).audio.samples
    loud = (cough * 0.3 / np.abs(cough).max()).astype(np.float32)
    house.hear(timeline(46, (1.0, QUESTION), (15.0, loud)), path(0.3).feed)
    assert (cut(house), spoken(house)) == ([], 1)
    whole = open_house(answer=LONG_ANSWER * 2)
    whole.hear(timeline(46, (1.0, QUESTION)), path(0.3).feed)
    assert said_of(house) == said_of(whole)


def said_of(house: VirtualHouse) -> list[str]:
    return lines(house, LineState.SPOKEN)


NOISES = (
    "a little applause",
    "great applause",
    "laughter",
    "cough",
    "door",
    "dropped thing",
    "chair",
    "music",
    "babble",
)


@pytest.mark.parametrize("kind", NOISES)
def test_nobody_is_answered_where_nobody_spoke(kind: str) -> None:
    for number in range(3):
        house = open_house()
        house.hear(timeline(8, (2.0, noise(500 + number, (kind,)).audio.samples)))
        assert lines(house, LineState.HEARD) == [], f"{kind} {number}"


@pytest.mark.parametrize("kind", NOISES)
def test_a_noise_does_not_end_an_answer(kind: str) -> None:
    house = open_house(answer=LONG_ANSWER * 2)
    sounds = [(8.0 + 7 * number, noise(600 + number, (kind,)).audio.samples) for number in range(3)]
    house.hear(timeline(50, (1.0, QUESTION), *sounds), path(0.3).feed)
    assert (cut(house), spoken(house)) == ([], 1)


@pytest.mark.parametrize("words", ["mm-hm", "yeah, yeah", "I see"])
def test_a_listener_does_not_end_an_answer(words: str) -> None:
    house = open_house((ASKED, words), answer=LONG_ANSWER * 2)
    house.hear(timeline(45, (1.0, QUESTION), (12.0, said(words))), path(0.3).feed)
    assert (cut(house), spoken(house)) == ([], 1)


@pytest.mark.parametrize(
    ("halves", "words"),
    [
        (("I have always wondered whether", "you are happy where you are"), ("I have always wondered whether",)),
        (("My grandmother read her letters", "every winter, in the kitchen."), ("My grandmother read her letters",)),
    ],
)
def test_a_visitor_who_stops_to_think_is_not_cut_off(halves: tuple[str, str], words: Sequence[str]) -> None:
    house = open_house((*words, f"{halves[0]} {halves[1]}"), answer="Yes.")
    first, second = (said(half) for half in halves)
    pause_s = 0.2  # and what silence espeak-ng leaves at the end
    begin_s = 1.0 + len(first) / HEARING_RATE_HZ + pause_s
    house.hear(timeline(begin_s + 6, (1.0, first), (begin_s, second)))
    end_s = begin_s + np.flatnonzero(np.abs(second) > 0.01)[-1] / HEARING_RATE_HZ
    begun_s = np.flatnonzero(np.abs(house.played) > 1e-3)[0] / HEARING_RATE_HZ
    assert begun_s > end_s
    assert lines(house, LineState.SPOKEN) == ["Yes."]


def test_a_finished_question_is_answered_at_once() -> None:
    house = open_house(answer="Yes.")
    house.hear(timeline(6, (1.0, QUESTION)))
    loud = np.flatnonzero(np.abs(QUESTION) > 0.01)[-1]
    begun_s = np.flatnonzero(np.abs(house.played) > 1e-3)[0] / HEARING_RATE_HZ
    assert begun_s - (1.0 + loud / HEARING_RATE_HZ) < 0.33
