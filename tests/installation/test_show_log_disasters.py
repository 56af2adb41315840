"""The show log when the house is killed, when the disk is full, and when its folder is an archive."""

from __future__ import annotations

import json
import os
import queue
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from installation.bus import Bus
from installation.events import (
    Event,
    FaultCleared,
    FaultRaised,
)
from installation.show_log import Recorder
from installation.show_log_file import explain
from installation.show_log_reading import list_evenings, read_evening
from tests.fakes.show_lines import evening, visitor

PROJECT = Path(__file__).resolve().parents[2]
HOUSE = PROJECT / "tests" / "fakes" / "recording_house.py"


def house(what: str, log: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(HOUSE), what, str(log)],
        cwd=PROJECT,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed_after(lines: int, log: Path) -> list[str]:
    """What a house had shown when it was killed in the middle of its work."""
    with house("talk", log) as process:
        assert process.stdout is not None
        shown = [process.stdout.readline().strip() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        shown += process.stdout.read().split("\n")[:-1]
    assert process.returncode == -signal.SIGKILL
    return shown


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 400 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("there is no mount command here")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=400k", "none", str(folder)], check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run([umount, str(folder)], check=True)


@pytest.fixture
def archive() -> Iterator[Path]:
    """A folder that every user of this machine can look into."""
    with tempfile.TemporaryDirectory(prefix="archive-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_killed_house_loses_no_line_that_was_shown(tmp_path: Path) -> None:
    log = tmp_path / "demo.sqlite"
    chance = random.Random(20251123)
    for night in range(1, 7):
        shown = killed_after(chance.randint(1, 600), log)
        written = [line.text for line in read_evening(log).lines]
        assert written[: len(shown)] == shown
        assert len(list_evenings(log)) == night
        assert list_evenings(log)[-1].ended_at is None


def test_the_start_after_a_kill_repairs_nothing_and_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "demo.sqlite"
    shown = killed_after(50, log)
    with Recorder(log, Bus(), evening(), True, print) as recorder:
        recorder.record(visitor("Good evening again."))
    first, second = list_evenings(log)
    assert [line.text for line in read_evening(log, first.id).lines][: len(shown)] == shown
    assert [line.text for line in read_evening(log, second.id).lines] == ["Good evening again."]
    assert (first.ended_at is None, second.ended_at is None) == (True, False)
    connection = sqlite3.connect(log)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_what_a_power_cut_leaves_is_the_evening_up_to_some_line(tmp_path: Path) -> None:
    """A power cut leaves the end of the journal torn anywhere."""
    log = tmp_path / "demo.sqlite"
    shown = killed_after(200, log)
    journal = log.with_name("demo.sqlite-wal").read_bytes()
    log.with_name("demo.sqlite-shm").unlink()
    chance = random.Random(7)
    lengths = []
    for night in range(5):
        after = tmp_path / str(night)
        after.mkdir()
        shutil.copy(log, after)
        torn = journal[: chance.randrange(len(journal) // 2, len(journal))]
        (after / "demo.sqlite-wal").write_bytes(torn + bytes(100))
        left = [line.text for line in read_evening(after / "demo.sqlite").lines]
        assert left == [f"line {number}" for number in range(len(left))]
        lengths.append(len(left))
    assert 0 < min(lengths) < len(shown)


def test_nothing_is_lost_when_the_file_cannot_grow_for_a_while(tmp_path: Path) -> None:
    log = tmp_path / "demo.sqlite"
    with house("fill", log) as process:
        out, err = process.communicate(timeout=100)
    told = json.loads(out)
    assert err.splitlines() == [told["raised"]], "the terminal is told once, and nothing else"
    assert str(log) in told["raised"]
    assert "cannot be written" in told["raised"]
    assert told["raised_once"]
    assert told["cleared"]
    assert [line.text for line in read_evening(log).lines] == told["shown"]


def test_a_full_disk_is_said_and_survived(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(200_000))
    log = small_disk / "demo.sqlite"
    bus = Bus()
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    said = 0
    with Recorder(log, bus, evening(), True, events.put) as recorder, bus.subscribe() as page:
        while events.empty():
            recorder.record(visitor(f"line {said}" + " and so on" * 100))
            assert page.next(timeout_s=60) is not None
            said += 1
        fault = events.get()
        assert isinstance(fault, FaultRaised)
        assert fault.message == f"The show log {log} cannot be written: the disk is full. Free some space."
        ballast.unlink()
        assert isinstance(events.get(timeout=60), FaultCleared)
    lines = read_evening(log).lines
    assert [line.text.split(" and")[0] for line in lines] == [f"line {number}" for number in range(said)]


def test_a_full_database_is_called_a_full_disk(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "demo.sqlite")
    connection.execute("PRAGMA max_page_count = 2")
    connection.execute("CREATE TABLE t (x)")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    connection.close()
    assert "the disk is full. Free some space." in explain(tmp_path / "demo.sqlite", caught.value, "written")


@pytest.mark.parametrize("index", ["with its index", "without its index"])
def test_the_log_of_a_killed_house_can_be_read_in_an_archive_that_nobody_may_write(archive: Path, index: str) -> None:
    log = archive / "demo.sqlite"
    shown = killed_after(30, log)
    if index == "without its index":
        log.with_name("demo.sqlite-shm").unlink()
    assert _read_as_nobody(log)[: len(shown)] == shown


def test_the_log_of_an_ended_evening_can_be_read_in_an_archive_that_nobody_may_write(archive: Path) -> None:
    log = archive / "demo.sqlite"
    with Recorder(log, Bus(), evening(), True, print) as recorder:
        recorder.record(visitor("Good evening."))
    assert [file.name for file in log.parent.iterdir()] == ["demo.sqlite"]
    assert _read_as_nobody(log) == ["Good evening."]


def _read_as_nobody(log: Path) -> list[str]:
    """What a process reads that may not write where the log is; root may write everywhere, so it becomes nobody."""
    code = """
import os, sys
from pathlib import Path
from installation.show_log_reading import read_evening
if os.geteuid() == 0:
    os.setuid(65534)
for line in read_evening(Path(sys.argv[1])).lines:
    print(line.text)
"""
    for file in log.parent.iterdir():
        file.chmod(0o444)
    log.parent.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", code, str(log)],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    log.parent.chmod(0o755)
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]
