"""What was moved at the panel is saved with the show, and is in force when that opens again."""

from __future__ import annotations

import os
import queue
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from installation.commands import (
    Close,
    Refused,
    Tune,
    TuneBack,
)
from installation.config import load_show
from installation.doctor import check_tuning
from installation.entries import TuningEntry
from installation.events import (
    Event,
    FaultCleared,
    FaultRaised,
    Room,
)
from installation.findings import State
from installation.house import House, open_house
from installation.paths import log_path
from installation.show_log_reading import read_evening
from installation.sound.silent_clock import SilentSpeaker
from installation.tuning_file import TUNING_FILE, TuningKeeper, read_tuning, write_tuning
from installation.turn_taking.settings import TurnTakingSettings, Wake
from models.settings import SettingsError
from tests.fakes.show_folder import make_show

OWN = TurnTakingSettings(open_pause_s=2.0)
INSTANT = '[engines]\nears = "instant"\npersona = "instant"\nvoice = "instant"\n'


@pytest.fixture
def events() -> queue.SimpleQueue[Event]:
    return queue.SimpleQueue()


def test_only_what_differs_is_written_and_it_is_read_as_it_was(tmp_path: Path) -> None:
    tuned = replace(OWN, stop_s=0.3, wake=Wake.BUTTON)
    write_tuning(tmp_path, tuned, OWN)
    text = (tmp_path / TUNING_FILE).read_text()
    assert text.startswith("# Written by the panel, not by hand")
    assert [line for line in text.splitlines() if "=" in line] == ["stop_s = 0.3", 'wake = "button"']
    assert read_tuning(tmp_path, OWN) == tuned
    assert [file.name for file in tmp_path.iterdir()] == [TUNING_FILE]


def test_what_the_show_says_anew_holds_where_nothing_was_moved(tmp_path: Path) -> None:
    write_tuning(tmp_path, replace(OWN, stop_s=0.3), OWN)
    rewritten = replace(OWN, open_pause_s=1.0)
    assert read_tuning(tmp_path, rewritten) == replace(rewritten, stop_s=0.3)


def test_where_everything_is_the_shows_own_again_there_is_no_file(tmp_path: Path) -> None:
    write_tuning(tmp_path, OWN, OWN)
    write_tuning(tmp_path, replace(OWN, stop_s=0.3), OWN)
    write_tuning(tmp_path, OWN, OWN)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_whole_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tuning(tmp_path, replace(OWN, stop_s=0.3), OWN)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_tuning(tmp_path, replace(OWN, stop_s=0.5), OWN)
    assert read_tuning(tmp_path, OWN).stop_s == 0.3
    assert [file.name for file in tmp_path.iterdir()] == [TUNING_FILE]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[turn_taking]\nopen_pause = 1.0\n", "[turn_taking] has no key 'open_pause'; did you mean 'open_pause_s'?"),
        ("[turn_taking]\nstop_s = 'long'\n", '[turn_taking] stop_s must be a number, not the text "long".'),
        ("[turn_taking]\nunclear_pause_s = 5.0\n", "none shorter than the one before."),
        ("stop_s = 1.0\n", "the file has no key 'stop_s'"),
        ("turn_taking = 3\n", "turn_taking must be a table"),
        ("[turn_taking\n", "this is not valid TOML"),
    ],
)
def test_a_wrong_file_is_one_sentence_that_names_it_and_the_way_out(tmp_path: Path, text: str, sentence: str) -> None:
    folder = make_show(tmp_path / "show")
    (folder / TUNING_FILE).write_text(text)
    with pytest.raises(SettingsError) as wrong:
        load_show(folder)
    message = str(wrong.value)
    assert message.startswith(f"{folder / TUNING_FILE}: ")
    assert sentence in message
    assert message.endswith("Mend the file, or delete it to go back to the show's own values.")


def test_a_show_is_loaded_with_what_was_moved_and_still_knows_its_own(tmp_path: Path) -> None:
    folder = make_show(tmp_path / "show", "[turn_taking]\nopen_pause_s = 2.0\n")
    write_tuning(folder, replace(OWN, duck_db=20.0), OWN)
    show = load_show(folder)
    assert show.config.turn_taking == replace(OWN, duck_db=20.0)
    assert show.own_turn_taking == OWN


def test_the_doctor_tells_what_is_in_force_beside_the_show(tmp_path: Path) -> None:
    folder = make_show(tmp_path / "show")
    assert check_tuning(load_show(folder)) == ()
    own = TurnTakingSettings()
    write_tuning(folder, replace(own, duck_db=20.0, stop_s=0.3), own)
    (note,) = check_tuning(load_show(folder))
    assert note.state is State.WARN
    assert note.what == (
        f"{folder / TUNING_FILE} is in force and changes 2 keys of [turn_taking]: duck_db = 20.0, stop_s = 0.3"
    )


def test_a_folder_that_takes_no_file_is_one_fault_and_it_is_saved_when_it_does_again(
    tmp_path: Path, events: queue.SimpleQueue[Event]
) -> None:
    folder = tmp_path / "stick"
    with TuningKeeper(folder, OWN, events.put) as keeper:
        keeper.keep(replace(OWN, stop_s=0.3))
        fault = events.get(timeout=60)
        assert isinstance(fault, FaultRaised)
        assert fault.room is Room.TUNING
        assert fault.message.startswith(f"{folder / TUNING_FILE}: what was moved at the panel cannot be saved (")
        assert "it holds for tonight" in fault.message
        folder.mkdir()
        keeper.keep(replace(OWN, stop_s=0.5))
        assert events.get(timeout=60) == FaultCleared(Room.TUNING)
    assert read_tuning(folder, OWN).stop_s == 0.5
    assert events.empty()


@contextmanager
def directed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """The whole house of the show in `folder`, with its director at work."""
    silence = folder / "silence.wav"
    with wave.open(str(silence), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(32_000))
    monkeypatch.setenv("SOUFFLEUR_HOME", str(folder / "home"))
    monkeypatch.setattr("installation.house.choose_loudspeaker", lambda _, post: SilentSpeaker(post))
    with open_house(load_show(folder), silence) as house:
        directing = threading.Thread(target=house.director.run, args=(house.stage,))
        directing.start()
        try:
            yield house
        finally:
            house.submit(Close())
            directing.join()


def settled(house: House, command: Tune | TuneBack) -> TuningEntry:
    """What is in force once the house has taken the command."""
    with house.bus.subscribe() as page:
        house.submit(command)
        while not isinstance(entry := page.next(60), TuningEntry):
            assert entry is not None, "nothing more came"
    return entry


def test_what_is_moved_at_the_panel_reaches_the_ears_the_log_and_the_next_evening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_show(tmp_path / "show", INSTANT)
    with directed(folder, monkeypatch) as house:
        assert dict(settled(house, Tune("draft_pause_s", 0.16)).values)["draft_pause_s"] == 0.16
        assert house.stage.listener.hearing.settings.draft_pause_s == 0.16
        assert dict(house.snapshot().tuning.values)["draft_pause_s"] == 0.16
        with pytest.raises(Refused, match="must not be longer"):
            house.submit(Tune("draft_pause_s", 0.5))
        own = {threshold.name: threshold.own for threshold in house.info.thresholds}
        assert own["draft_pause_s"] == TurnTakingSettings().draft_pause_s
    (line,) = read_evening(log_path("Letters")).lines
    assert (line.who, line.note, line.text) == ("desk", "draft_pause_s", "0.16")
    with directed(folder, monkeypatch) as house:
        assert house.stage.listener.hearing.settings.draft_pause_s == 0.16
        settled(house, TuneBack("draft_pause_s"))
    assert not (folder / TUNING_FILE).exists()
