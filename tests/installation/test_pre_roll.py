"""What is kept from before a voice: its first syllable, and not the double's last word. In virtual time."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from installation.events import (
    TurnSpoken,
    Utterance,
    VoicePaused,
)
from installation.virtual_house import VirtualHouse
from models.audio import HEARING_RATE_HZ, level_db
from scripts.turns import recordings, spoken
from scripts.turns.stimuli import Stimulus
from tests.fakes.open_room import open_house, path, room_tone, said

BEFORE_S = 1.0


def utterances(house: VirtualHouse) -> list[Utterance]:
    return [event.utterance for _, event in house.events if isinstance(event, VoicePaused)]


def clipped_s(stimulus: Stimulus) -> float:
    """How much of its beginning is not in what the ears were given."""
    sound = stimulus.audio.at_rate(HEARING_RATE_HZ).samples
    house = open_house(answer="Yes.")
    house.hear(np.concatenate((room_tone(BEFORE_S), sound, room_tone(1.0, 2))))
    return utterances(house)[0].start_s - (BEFORE_S + stimulus.onset_s)


def test_no_first_syllable_is_clipped_of_espeaks_voices() -> None:
    assert max(clipped_s(stimulus) for stimulus in islice(spoken.questions(), 40)) < 0.0
    assert max(clipped_s(stimulus) for stimulus in islice(spoken.interruptions(), 20)) < 0.0


def test_no_first_syllable_is_clipped_of_people() -> None:
    folder = recordings.folder_of_voices()
    if folder is None:
        pytest.skip(recordings.missing())
    assert max(map(clipped_s, recordings.utterances(folder))) < 0.0


@pytest.mark.parametrize("rt60_s", [0.3, 0.8])
def test_the_doubles_last_word_is_not_in_what_a_visitor_said_right_after(rt60_s: float) -> None:
    pytest.importorskip("pyroomacoustics")
    answer = "I remember that the sea was cold and grey in the morning, and that we swam there before the others woke."
    visitor = said("Why did nobody come with you?", "en-gb+m3", -24)
    house = open_house(answer=answer)
    way = path(rt60_s)
    house.hear(np.concatenate((room_tone(1.0), said("What do you remember of the sea?"), room_tone(4.0))), way.feed)
    while not any(isinstance(event, TurnSpoken) for _, event in house.events):
        house.hear(room_tone(0.02), way.feed)
    ended_s = house.now_s
    house.hear(np.concatenate((room_tone(0.2), visitor, room_tone(1.0))), way.feed)
    late = next(one for one in utterances(house) if one.start_s > ended_s - 0.5)
    before = late.audio.samples[: round((ended_s + 0.15 - late.start_s) * HEARING_RATE_HZ)]
    assert level_db(before) < -45, "the double speaks at -20 dBFS, and its echo is at -26"
