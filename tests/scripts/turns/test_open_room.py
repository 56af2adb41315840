"""The delay of an open room, found on a tape."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from models.audio import Audio
from scripts.turns.open_room import OpenRoom, OpenRoomSettings, delay_between
from tests.fakes.sound_card import RATE_HZ


def noise(seconds: float, seed: int = 0) -> Audio:
    return Audio(np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE_HZ)).astype(np.float32), RATE_HZ)


def test_a_room_needs_a_card_that_is_open():
    with pytest.raises(ValueError, match="is_open=True"):
        OpenRoom(SimpleNamespace(is_open=False), OpenRoomSettings())


def test_a_delay_is_found_behind_an_echo():
    played = noise(1.0).samples
    heard = np.zeros(len(played), np.float32)
    heard[2_000:] = 0.5 * played[:-2_000]
    heard[4_000:] += 0.4 * played[:-4_000]
    assert delay_between(played, heard) == pytest.approx(2_000 / RATE_HZ)


def test_there_is_no_delay_where_nothing_comes_back():
    played = noise(1.0).samples
    assert delay_between(played, np.zeros_like(played)) is None
    assert delay_between(played, noise(1.0, 7).samples) is None
