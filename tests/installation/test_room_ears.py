"""What the ears learn of a room: how loud it is, how much of our own voice comes through, and whether people clap."""

from __future__ import annotations

import numpy as np
import pytest

from installation.hearing.applause import Applause
from installation.hearing.echo_level import EchoLevel
from installation.hearing.room_level import RoomLevel
from models.audio import HEARING_RATE_HZ, Samples
from models.instant import voice_like
from scripts.pocket import noises
from scripts.turns.noises import noise

FRAME = 320


def frames(samples: Samples) -> list[Samples]:
    return [samples[begin : begin + FRAME] for begin in range(0, len(samples) - FRAME + 1, FRAME)]


def hiss(level_db: float, seconds: float, seed: int = 1) -> Samples:
    random = np.random.default_rng(seed)
    return random.normal(0, 10 ** (level_db / 20), round(seconds * HEARING_RATE_HZ)).astype(np.float32)


def test_the_level_of_a_quiet_room_is_learnt_at_once_and_a_voice_stands_out_of_it() -> None:
    room = RoomLevel()
    for frame in frames(hiss(-58, 1)):
        room.feed(frame)
    assert room.room_db == pytest.approx(-58, abs=2)
    for frame in frames(voice_like(3.0, -25, HEARING_RATE_HZ)):
        room.feed(frame)
    assert room.over_room_db > 25
    assert room.room_db < -53, "somebody who speaks is not the room"


def test_an_air_conditioner_that_is_switched_on_becomes_the_room() -> None:
    room = RoomLevel()
    for frame in frames(hiss(-58, 1)) + frames(hiss(-40, 25)):
        room.feed(frame)
    assert room.over_room_db < 3


def test_our_own_voice_is_not_the_room() -> None:
    room = RoomLevel()
    for frame in frames(hiss(-58, 1)):
        room.feed(frame)
    for frame in frames(hiss(-30, 30)):
        room.feed(frame, may_be_room=False)
    assert room.room_db == pytest.approx(-58, abs=2)


def test_what_usually_comes_through_of_our_own_voice_does_not_stand_out_and_a_visitor_does() -> None:
    echo = EchoLevel()
    for _ in range(200):
        echo.feed(now_db=-46, echo_db=-22)
    assert echo.over_echo_db == pytest.approx(0, abs=1)
    echo.feed(now_db=-24, echo_db=-22)
    assert echo.over_echo_db > 20
    for _ in range(200):
        echo.feed(now_db=-24, echo_db=-22)
    assert echo.over_echo_db > 20, "a visitor who goes on is not learnt as our own voice"


def claps(samples: Samples, certainty: float = 0.05) -> list[bool]:
    room, applause, told = RoomLevel(), Applause(), []
    whole = np.concatenate((np.zeros(HEARING_RATE_HZ, np.float32), samples, np.zeros(4 * HEARING_RATE_HZ, np.float32)))
    for frame in frames(whole + hiss(-60, len(whole) / HEARING_RATE_HZ)[: len(whole)]):
        room.feed(frame)
        if applause.feed(frame, room.over_room_db, certainty):
            told.append(applause.on)
    return told


def test_applause_begins_and_ends() -> None:
    clapping = noises.KINDS["applause"](5 * HEARING_RATE_HZ, np.random.default_rng(1))
    assert claps((0.5 * clapping / np.abs(clapping).max()).astype(np.float32)) == [True, False]


@pytest.mark.parametrize("kind", ["door", "dropped thing", "chair", "laughter", "music"])
def test_other_noises_are_no_applause(kind: str) -> None:
    assert [claps(noise(number, (kind,)).audio.samples) for number in range(5)] == [[]] * 5


def test_a_voice_is_no_applause() -> None:
    assert claps(voice_like(3.0, -25, HEARING_RATE_HZ)) == []
