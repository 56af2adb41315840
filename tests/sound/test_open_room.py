"""The open room on the virtual sound card: what the microphone hears, and what the tape keeps apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from models.audio import Audio, level_db
from scripts.turns.open_room import OpenRoom, OpenRoomSettings, echo_delay_s
from tests.fakes.sound_card import RATE_HZ, VirtualSoundCard

pytestmark = [
    pytest.mark.sound,
    pytest.mark.skipif(bool(VirtualSoundCard.missing()), reason=VirtualSoundCard.missing()),
]


def noise(seconds: float, seed: int) -> Audio:
    return Audio(np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE_HZ)).astype(np.float32), RATE_HZ)


@pytest.fixture(scope="module")
def card() -> Iterator[VirtualSoundCard]:
    with VirtualSoundCard(is_open=True) as card:
        yield card


def test_the_microphone_hears_the_loudspeaker_after_the_delay_that_was_asked_for(card: VirtualSoundCard) -> None:
    pytest.importorskip("pyroomacoustics")
    with OpenRoom(card, OpenRoomSettings(rt60_s=0.3, delay_s=0.2)) as room, card.tape() as tape:
        card.play("house", noise(0.8, 0))
        tape.run_on(0.6)
        assert room.delay_s == pytest.approx(0.2, abs=0.003)
        assert echo_delay_s(tape) == pytest.approx(0.2, abs=0.003)
        assert not tape.visitor.any()
        assert -15 < level_db(tape.microphone) - level_db(tape.house) < -3


def test_without_a_room_the_microphone_hears_the_visitor_alone_and_to_the_sample(card: VirtualSoundCard) -> None:
    with card.tape() as tape:
        card.play("house", noise(0.2, 1))
        card.speak(noise(0.3, 2))
        tape.run_on(0.2)
        visitor, microphone = tape.visitor, tape.microphone
        count = min(len(visitor), len(microphone))
        assert tape.house.any()
        assert visitor.any()
        assert (visitor[:count] == microphone[:count]).all()
