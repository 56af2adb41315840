from __future__ import annotations

import pytest

from installation.bus import CAPACITY
from installation.entries import LevelEntry
from tests.fakes.house import FakeHouse
from web.refusal import Refusal
from web.stream import MAX_STREAMS, Streams


def test_a_silent_house_sends_a_beat(house: FakeHouse) -> None:
    stream = Streams(house, beat_s=0.01).open()
    events = iter(stream)
    next(events)
    assert next(events) == "event: beat\ndata: {}\n\n"
    stream.close()


def test_a_page_that_was_too_slow_is_sent_away_to_begin_again(house: FakeHouse) -> None:
    stream = Streams(house, beat_s=60).open()
    events = iter(stream)
    next(events)
    for _ in range(CAPACITY + 1):
        house.publish(LevelEntry(-40.0))
    assert len(list(events)) == CAPACITY
    stream.close()


def test_closing_ends_every_stream_after_what_is_queued(house: FakeHouse) -> None:
    streams = Streams(house, beat_s=60)
    stream = streams.open()
    house.publish(LevelEntry(-40.0))
    streams.close()
    snapshot, level = list(stream)
    assert snapshot.startswith("event: snapshot")
    assert '"level_db": -40.0' in level
    stream.close()
    with pytest.raises(Refusal, match="closing"):
        streams.open()


def test_one_page_too_many_is_told_so_and_comes_in_when_another_leaves(house: FakeHouse) -> None:
    streams = Streams(house)
    opened = [streams.open() for _ in range(MAX_STREAMS)]
    with pytest.raises(Refusal, match="close one"):
        streams.open()
    opened.pop().close()
    opened.append(streams.open())
    for stream in opened:
        stream.close()
