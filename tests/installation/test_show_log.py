"""What the show log promises to whoever sits at the panel, and to whoever reads it the next day."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from installation.bus import Bus, Subscription
from installation.entries import Entry, LevelEntry, LineEntry, LineState, SceneEntry, Who
from installation.events import (
    Event,
    FaultCleared,
    FaultRaised,
    Mode,
)
from installation.scene import Scene
from installation.show_log import NOT_KEPT, RECENT_LINES, Recorder
from installation.show_log_file import LogError, NewerLogError
from installation.show_log_reading import list_evenings, read_evening
from tests.fakes.show_lines import CURTAIN, double, evening, life, visitor


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "var" / "logs" / "demo.sqlite"


@pytest.fixture
def events() -> queue.SimpleQueue[Event]:
    return queue.SimpleQueue()


@pytest.fixture
def refuge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files, for once an empty one."""
    folder = tmp_path / "refuge"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


Open = Callable[..., Recorder]


@pytest.fixture
def recorder(log: Path, events: queue.SimpleQueue[Event]) -> Open:
    def make(bus: Bus | None = None, keep_words: bool = True) -> Recorder:
        return Recorder(log, bus or Bus(), evening(), keep_words, events.put)

    return make


def shown(page: Subscription) -> Entry:
    entry = page.next(timeout_s=60)
    assert entry is not None
    return entry


class WatchfulBus(Bus):
    """Looks into the file, with the eyes of another program, whenever something is shown."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log = log
        self.missing: list[Entry] = []

    def publish(self, entry: Entry) -> None:
        if isinstance(entry, LineEntry) and entry not in read_evening(self._log).lines:
            self.missing.append(entry)
        super().publish(entry)


def test_an_evening_reads_as_it_was_played(recorder: Open, log: Path) -> None:
    played = (visitor("Are you alive?"), *life("I am made of letters — «bien sûr» 🎭.", at_s=1))
    with recorder() as log_of_tonight:
        for line in played:
            log_of_tonight.record(line)
    protocol = read_evening(log)
    assert protocol.lines == played
    assert protocol.evening.head == evening()
    assert protocol.evening.ended_at is not None
    assert protocol.evening.changes == 5


def test_no_line_is_shown_before_it_is_in_the_file(recorder: Open, log: Path) -> None:
    bus = WatchfulBus(log)
    with recorder(bus) as house:
        for number in range(30):
            house.record(visitor(f"line {number}", at_s=number))
    assert bus.missing == []
    assert len(read_evening(log).lines) == 30


def test_everything_is_shown_in_the_order_in_which_it_happened(recorder: Open) -> None:
    entries: list[Entry] = [visitor("Hello?"), LevelEntry(-30.0), *life("Good evening."), LevelEntry(-40.0)]
    bus = Bus()
    with recorder(bus) as house, bus.subscribe() as page:
        for entry in entries:
            house.record(entry)
        assert [shown(page) for _ in entries] == entries


def test_the_log_is_readable_while_the_show_runs(recorder: Open, log: Path) -> None:
    bus = Bus()
    with recorder(bus) as house, bus.subscribe() as page:
        house.record(visitor("Is anybody there?"))
        shown(page)
        assert [line.text for line in read_evening(log).lines] == ["Is anybody there?"]
        assert list_evenings(log)[0].ended_at is None
        house.record(visitor("Hello?"))
        shown(page)
        assert [line.text for line in read_evening(log).lines] == ["Is anybody there?", "Hello?"]


def test_a_rehearsal_is_shown_but_leaves_no_trace(recorder: Open, log: Path) -> None:
    bus = Bus()
    with recorder(bus) as house, bus.subscribe() as page:
        house.record(visitor("Let us try this."), keep=False)
        assert shown(page) == visitor("Let us try this.")
        assert house.recent() == (visitor("Let us try this."),)
    assert list_evenings(log) == ()
    assert b"try this" not in b"".join(file.read_bytes() for file in log.parent.iterdir())


def test_words_of_visitors_are_shown_but_not_kept_unless_the_show_says_so(recorder: Open, log: Path) -> None:
    bus = Bus()
    with recorder(bus, keep_words=False) as house, bus.subscribe() as page:
        house.record(visitor("My name is Rose Martin."))
        house.record(double("Good evening.", LineState.SPOKEN, at_s=2))
        assert shown(page) == visitor("My name is Rose Martin.")
        shown(page)
        assert b"Rose" not in b"".join(file.read_bytes() for file in log.parent.iterdir())
        house.record(replace(visitor("I am Rose Martin", turn=2), state=LineState.CANCELLED, note="visitor resumed"))
    heard, answer, cancelled = read_evening(log).lines
    assert (heard.who, heard.text, heard.note, heard.at) == (Who.VISITOR, "", NOT_KEPT, CURTAIN)
    assert answer.text == "Good evening."
    assert (cancelled.text, cancelled.note) == ("", f"visitor resumed, {NOT_KEPT}")


def test_a_page_that_comes_back_is_given_the_last_lines(recorder: Open) -> None:
    bus = Bus()
    with recorder(bus) as house, bus.subscribe() as page:
        for number in range(RECENT_LINES + 5):
            house.record(visitor(f"line {number}"))
            shown(page)
            assert house.recent()[-1].text == f"line {number}"
        assert len(house.recent()) == RECENT_LINES
        assert house.recent()[0].text == "line 5"


def test_half_a_character_from_a_browser_does_not_stop_the_log(
    recorder: Open, log: Path, events: queue.SimpleQueue[Event]
) -> None:
    with recorder() as house:
        house.record(visitor("broken \ud83d emoji\x00\x1b[31m"))
        house.record(visitor("and on"))
    assert [line.text for line in read_evening(log).lines] == ["broken ? emoji\x00\x1b[31m", "and on"]
    assert events.empty()


def test_each_start_is_an_evening_of_its_own(recorder: Open, log: Path) -> None:
    for text in ("first night", "second night"):
        with recorder() as house:
            house.record(visitor(text))
    assert [line.text for line in read_evening(log).lines] == ["second night"]
    first, second = list_evenings(log)
    assert [line.text for line in read_evening(log, first.id).lines] == ["first night"]
    assert second.id > first.id


def test_an_evening_that_is_not_there_is_answered_with_those_that_are(recorder: Open, log: Path) -> None:
    with pytest.raises(LogError, match=r"There is no show log at .*demo\.sqlite yet"):
        read_evening(log)
    with recorder() as house:
        house.record(visitor("Hello?"))
    with pytest.raises(LogError, match="has no evening 7: it knows 1"):
        read_evening(log, 7)


def test_a_log_of_a_later_version_is_refused_in_one_sentence(recorder: Open, log: Path) -> None:
    with recorder() as house:
        house.record(visitor("Hello?"))
    connection = sqlite3.connect(log)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with (
        pytest.raises(NewerLogError, match=r"demo\.sqlite was written by a later version .*update Souffleur"),
        recorder(),
    ):
        pass
    with pytest.raises(NewerLogError, match="later version"):
        read_evening(log)


def test_a_log_of_the_first_version_is_read_and_written_on(recorder: Open, log: Path) -> None:
    with recorder() as house:
        house.record(visitor("Hello?"))
    connection = sqlite3.connect(log)
    connection.execute("DROP TABLE step")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert [line.text for line in read_evening(log).lines] == ["Hello?"]
    with recorder() as house:
        house.record(replace(visitor("0.35"), who=Who.DESK, state=LineState.CHANGED))
    assert [line.state for line in read_evening(log).lines] == [LineState.CHANGED]
    connection = sqlite3.connect(log)
    assert connection.execute("PRAGMA user_version").fetchone() == (3,)
    connection.close()


def test_a_damaged_log_does_not_stop_the_show_and_a_new_one_begins_when_it_is_moved_away(
    recorder: Open, log: Path, events: queue.SimpleQueue[Event]
) -> None:
    log.parent.mkdir(parents=True)
    log.write_bytes(b"this is no database" * 100)
    with pytest.raises(LogError, match=r"cannot be read: the file is damaged\. Move it away"):
        read_evening(log)
    bus = Bus()
    with recorder(bus) as house, bus.subscribe() as page:
        fault = events.get(timeout=60)
        assert isinstance(fault, FaultRaised)
        assert "demo.sqlite cannot be written: the file is damaged. Move it away" in fault.message
        house.record(visitor("Hello?"))
        assert shown(page) == visitor("Hello?")
        log.rename(log.with_name("damaged"))
        assert isinstance(events.get(timeout=60), FaultCleared)
    assert [line.text for line in read_evening(log).lines] == ["Hello?"]


def test_the_file_of_another_program_is_left_alone(
    recorder: Open, log: Path, events: queue.SimpleQueue[Event], refuge: Path
) -> None:
    log.parent.mkdir(parents=True)
    connection = sqlite3.connect(log)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = log.read_bytes()
    with pytest.raises(LogError, match="database of another program"), recorder() as house:
        house.record(visitor("Hello?"))
    fault = events.get(timeout=60)
    assert isinstance(fault, FaultRaised)
    assert "is a database of another program, not a show log" in fault.message
    assert log.read_bytes() == before


def test_lines_that_the_disk_never_took_are_saved_elsewhere_at_the_end(recorder: Open, log: Path, refuge: Path) -> None:
    log.mkdir(parents=True)
    house = recorder()
    house.__enter__()
    house.record(visitor("first"))
    house.record(visitor("second"))
    with pytest.raises(LogError, match=r"The last 2 changes of the evening are in .*: keep that file") as told:
        house.__exit__(None, None, None)
    file = next(refuge.iterdir())
    assert str(file) in str(told.value)
    assert [row.split(",")[5] for row in file.read_text("utf-8").splitlines()] == ["text", "first", "second"]


def test_when_even_the_memory_is_full_the_loss_is_told(
    log: Path, events: queue.SimpleQueue[Event], refuge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("installation.show_log.UNWRITTEN_LINES", 3)
    log.mkdir(parents=True)
    house = Recorder(log, Bus(), evening(), True, events.put)
    house.__enter__()
    for number in range(5):
        house.record(visitor(f"line {number}"))
    with pytest.raises(LogError, match="The last 3 changes of the evening are in"):
        house.__exit__(None, None, None)
    told = []
    while not events.empty():
        told.append(events.get())
    assert isinstance(told[-1], FaultRaised)
    assert told[-1].message.endswith("The oldest unwritten lines are being lost.")
    assert "line 1" not in next(refuge.iterdir()).read_text("utf-8")


def test_a_line_after_the_end_is_a_bug_that_is_told(recorder: Open) -> None:
    with recorder() as house:
        pass
    with pytest.raises(RuntimeError, match="the show log is closed"):
        house.record(visitor("too late"))


def test_lines_of_two_houses_on_one_log_stay_apart(log: Path) -> None:
    heads = [evening(), replace(evening(), character="Bela")]
    with Recorder(log, Bus(), heads[0], True, print) as one, Recorder(log, Bus(), heads[1], True, print) as other:
        for number in range(20):
            one.record(visitor(f"one {number}"))
            other.record(visitor(f"other {number}"))
    by_character = {past.head.character: read_evening(log, past.id).lines for past in list_evenings(log)}
    assert [line.text for line in by_character["Ada"]] == [f"one {number}" for number in range(20)]
    assert [line.text for line in by_character["Bela"]] == [f"other {number}" for number in range(20)]


def test_a_page_opened_after_a_rehearsal_is_shown_nothing_of_it(recorder: Open) -> None:
    bus = Bus()
    with recorder(bus) as log_of_tonight, bus.subscribe() as page:
        log_of_tonight.record(visitor("Kept."))
        log_of_tonight.record(scene(Mode.REHEARSAL))
        log_of_tonight.record(visitor("Tried out."), keep=False)
        for _ in range(3):
            shown(page)
        assert [line.text for line in log_of_tonight.recent()] == ["Kept.", "Tried out."]
        log_of_tonight.record(scene(Mode.PERFORMANCE))
        shown(page)
        assert [line.text for line in log_of_tonight.recent()] == ["Kept."]


def test_a_line_that_waits_for_the_curator_is_shown_however_long_it_waits(recorder: Open) -> None:
    bus = Bus()
    with recorder(bus) as log_of_tonight, bus.subscribe() as page:
        log_of_tonight.record(double("Waiting.", LineState.DRAFTED, turn=1))
        log_of_tonight.record(replace(scene(Mode.CURATED), pending=(1,)))
        for turn in range(2, RECENT_LINES + 50):
            log_of_tonight.record(double("Over.", LineState.CANCELLED, turn=turn))
            shown(page)
        shown(page)
        shown(page)
        recent = log_of_tonight.recent()
    assert recent[0].text == "Waiting."
    assert len(recent) == RECENT_LINES


def test_a_log_that_cannot_be_closed_in_time_says_so(recorder: Open, log: Path) -> None:
    started, go_on = threading.Event(), threading.Event()

    class SlowBus(Bus):
        def publish(self, entry: Entry) -> None:
            started.set()
            go_on.wait(60)

    with recorder(SlowBus()) as log_of_tonight:
        log_of_tonight.record(visitor("Good night."))
        started.wait(60)
        assert not log_of_tonight.close(within_s=0.0)
        assert [line.text for line in read_evening(log).lines] == ["Good night."]
        go_on.set()
        assert log_of_tonight.close(within_s=60)


def scene(mode: Mode) -> SceneEntry:
    return Scene(mode, "en", ("en",)).entry()
