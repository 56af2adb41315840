"""How answers came about, kept in the show log and counted for tonight."""

from __future__ import annotations

import queue
import sqlite3
from pathlib import Path

import pytest

from installation.bus import Bus, Subscription
from installation.entries import Entry, PaceEntry, SceneEntry, Step, WaterfallEntry
from installation.events import (
    Event,
    FaultCleared,
    FaultRaised,
    Mode,
)
from installation.scene import Scene
from installation.show_log import Recorder
from installation.show_log_reading import list_evenings, read_evening
from tests.fakes.show_lines import evening, visitor

QUICK = WaterfallEntry(1, ((Step.VOICE_END, 0.0), (Step.PAUSE, 160.0), (Step.OUT, 600.0)))
SLOW = WaterfallEntry(
    2, ((Step.VOICE_END, 0.0), (Step.PAUSE, 160.0), (Step.TRANSCRIPT, 160.0), (Step.CLAUSE, 160.0), (Step.OUT, 800.0))
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "demo.sqlite"


@pytest.fixture
def events() -> queue.SimpleQueue[Event]:
    return queue.SimpleQueue()


def shown(page: Subscription, count: int) -> list[Entry | None]:
    return [page.next(timeout_s=60) for _ in range(count)]


def test_the_log_keeps_every_step_of_every_answer(log: Path, events: queue.SimpleQueue[Event]) -> None:
    with Recorder(log, Bus(), evening(), True, events.put) as tonight:
        tonight.record(visitor("Hello?"))
        tonight.record(QUICK)
        tonight.record(SLOW)
    assert read_evening(log).waterfalls == (QUICK, SLOW)
    assert list_evenings(log)[0].changes == 1, "they are no changes of lines"


def test_each_answer_is_shown_with_the_pace_of_the_whole_evening(log: Path, events: queue.SimpleQueue[Event]) -> None:
    bus = Bus()
    with Recorder(log, bus, evening(), True, events.put) as tonight:
        tonight.record(QUICK)
        with bus.subscribe() as page:
            tonight.record(SLOW)
            while SLOW not in shown(page, 1):
                pass
            assert shown(page, 1) == [PaceEntry(2, 700.0, 790.0)]
        assert (tonight.waterfall, tonight.pace) == (SLOW, PaceEntry(2, 700.0, 790.0))


def test_a_rehearsal_counts_while_it_lasts_and_is_forgotten_with_it(
    log: Path, events: queue.SimpleQueue[Event]
) -> None:
    bus = Bus()
    with Recorder(log, bus, evening(), True, events.put) as tonight, bus.subscribe() as page:
        tonight.record(QUICK)
        tonight.record(SLOW, keep=False)
        assert shown(page, 4)[-1] == PaceEntry(2, 700.0, 790.0)
        tonight.record(scene(Mode.PERFORMANCE))
        assert shown(page, 2)[-1] == PaceEntry(1, 600.0, 600.0)
        assert tonight.waterfall == QUICK
    assert read_evening(log).waterfalls == (QUICK,)


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_log_is_read_as_it_is_and_gains_the_steps_when_it_is_written_on(
    log: Path, events: queue.SimpleQueue[Event], version: int
) -> None:
    with Recorder(log, Bus(), evening(), True, events.put) as tonight:
        tonight.record(visitor("Hello?"))
    connection = sqlite3.connect(log)
    connection.execute("DROP TABLE step")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    assert read_evening(log).waterfalls == ()
    with Recorder(log, Bus(), evening(), True, events.put) as tonight:
        tonight.record(QUICK)
    first, second = list_evenings(log)
    assert [line.text for line in read_evening(log, first.id).lines] == ["Hello?"]
    assert read_evening(log, second.id).waterfalls == (QUICK,)
    assert events.empty()


def test_what_the_disk_did_not_take_is_written_when_there_is_room_again(
    log: Path, events: queue.SimpleQueue[Event]
) -> None:
    log.mkdir(parents=True)
    with Recorder(log, Bus(), evening(), True, events.put) as tonight:
        assert isinstance(events.get(timeout=60), FaultRaised)
        tonight.record(QUICK)
        log.rmdir()
        assert isinstance(events.get(timeout=60), FaultCleared)
    assert read_evening(log).waterfalls == (QUICK,)


def scene(mode: Mode) -> SceneEntry:
    return Scene(mode, "en", ("en",)).entry()
