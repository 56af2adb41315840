"""A measured room: its file, its picture, what the doctor says of it, and what it means for the show."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from installation.config import load_show
from installation.findings import State
from installation.room import ROOM_FILE, RoomMeasurement, advice, read_room, write_room
from installation.room_check import check_room
from installation.room_picture import room_svg
from installation.sound.acoustics import Outcome, analyse
from installation.sound.devices import Device, DeviceError
from models.settings import SettingsError
from tests.fakes.rooms import FakeRoom, hall
from tests.fakes.show_folder import make_show

HALL = RoomMeasurement(
    measured_at="2026-11-27T19:04:05+01:00",
    microphone="USB “Audio” CODEC",
    loudspeaker='Built-in "Audio"',
    noise_floor_db=-61.2,
    speech_noise_floor_db=-64.0,
    delay_ms=83.3,
    echo_return_loss_db=24.1,
    reverberation_s=1.52,
)
HEADPHONES = RoomMeasurement(HALL.measured_at, HALL.microphone, HALL.loudspeaker, -61.2, -64.0, outcome=Outcome.UNHEARD)
KNOWN = (
    Device(0, HALL.microphone, "ALSA", 1, 0, 48_000, default_input=True, default_output=False),
    Device(1, HALL.loudspeaker, "ALSA", 0, 2, 48_000, default_input=False, default_output=True),
    Device(2, "Headset", "ALSA", 1, 2, 48_000, default_input=False, default_output=False),
)
NO_BARGE_IN = "[hearing]\nbarge_in = false\n"


@pytest.mark.parametrize("room", [HALL, HEADPHONES, replace(HALL, reverberation_s=None)])
def test_what_is_kept_is_read_again_and_says_by_which_command_it_was_written(
    tmp_path: Path, room: RoomMeasurement
) -> None:
    file, picture = write_room(tmp_path, room, "<svg/>")
    assert read_room(tmp_path) == room
    assert "souffleur calibrate" in file.read_text(encoding="utf-8").splitlines()[0]
    assert picture.read_text(encoding="utf-8") == "<svg/>"
    assert {path.name for path in tmp_path.iterdir()} == {"room.toml", "room.svg"}


def test_a_room_that_was_never_measured_is_none(tmp_path: Path) -> None:
    assert read_room(tmp_path) is None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"delay": 80.0}, "has no key 'delay'; did you mean 'delay_ms'?"),
        ({"delay_ms": "80"}, 'delay_ms must be a number, not the text "80"'),
        ({"delay_ms": -1.0}, "delay_ms must be between 0 and 5000"),
        ({"measured_at": "yesterday"}, 'measured_at "yesterday" is no date and time'),
        ({"measured_at": "2026-11-27T19:04:05"}, "lacks its offset"),
        ({"outcome": "noisy"}, 'outcome "noisy" measures nothing'),
        ({"outcome": "unheard"}, 'outcome "unheard" excludes a key delay_ms'),
    ],
)
def test_a_room_that_was_changed_by_hand_is_read_strictly(tmp_path: Path, wrong: dict[str, object], told: str) -> None:
    file, _ = write_room(tmp_path, HALL, "")
    values = tomllib.loads(file.read_text(encoding="utf-8")) | wrong
    rows = (f"{key} = {value if isinstance(value, float) else repr(value)}" for key, value in values.items())
    file.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_room(tmp_path)
    assert told in str(caught.value)
    assert ROOM_FILE in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_heard_room_needs_its_delay(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='outcome "heard" needs a key delay_ms'):
        replace(HALL, delay_ms=None)


def test_a_folder_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / ROOM_FILE).mkdir()
    with pytest.raises(SettingsError, match=r"room\.toml: cannot be written"):
        write_room(tmp_path, HALL, "")
    assert not list(tmp_path.glob("*.new"))


def test_headphones_a_faint_echo_a_usual_one_and_a_loud_one_mean_different_things() -> None:
    dry = replace(HALL, reverberation_s=0.4)
    said = [advice(replace(dry, echo_return_loss_db=loss_db)) for loss_db in (60.0, 24.0, 3.0)]
    assert len({advice(HEADPHONES), *said}) == 4
    assert "nothing needs cancelling" in advice(HEADPHONES)
    assert "turn the microphone away" in said[2]
    assert not any("hall" in sentence for sentence in said)
    assert "keep the microphone near" in advice(HALL)


def test_the_doctor_tells_when_it_was_measured_and_what_came_of_it(tmp_path: Path) -> None:
    show = load_show(make_show(tmp_path / "letters"))
    write_room(show.folder, HALL, "")
    check = check_room(show, KNOWN)
    assert (check.name, check.state) == ("room", State.OK)
    assert check.what == "measured 2026-11-27 19:04: echo after 83 ms, 24 dB quieter, rings for 1.5 s"
    write_room(show.folder, HEADPHONES, "")
    assert "does not hear" in check_room(show, KNOWN).what


def test_the_doctor_notes_a_room_that_was_measured_with_other_devices(tmp_path: Path) -> None:
    show = load_show(make_show(tmp_path / "letters", '[sound]\noutput = "Headset"\n'))
    write_room(show.folder, HALL, "")
    check = check_room(show, KNOWN)
    assert check.state is State.WARN
    assert f"{HALL.loudspeaker} then, Headset now" in check.what
    assert HALL.microphone not in check.what
    assert f"souffleur calibrate {show.folder}" in check.remedy
    assert check_room(show, DeviceError("no PortAudio")).state is State.OK


def test_the_doctor_asks_for_a_measurement_only_where_visitors_may_interrupt(tmp_path: Path) -> None:
    asked = check_room(load_show(make_show(tmp_path / "open")), KNOWN)
    assert (asked.state, "not measured" in asked.what) == (State.WARN, True)
    assert "souffleur calibrate" in asked.remedy
    assert check_room(load_show(make_show(tmp_path / "closed", NO_BARGE_IN)), KNOWN).state is State.OK


def test_a_room_file_gone_wrong_is_a_fault(tmp_path: Path) -> None:
    show = load_show(make_show(tmp_path / "letters"))
    (show.folder / ROOM_FILE).write_text("delay = 3\n", encoding="utf-8")
    check = check_room(show, KNOWN)
    assert check.state is State.FAULT
    assert "did you mean 'delay_ms'" in check.what


def words(svg: str) -> str:
    return " ".join(ElementTree.fromstring(svg).itertext())


def test_the_picture_marks_the_direct_sound_and_the_loudness_of_the_echo() -> None:
    room = FakeRoom(hall(0.8), delay_ms=83.3, gain_db=-20)
    take = room.answer()
    svg = room_svg("The room of “A & B”", "tonight", take, analyse(take))
    assert "The room of “A & B”" in words(svg)
    assert "direct sound, 83 ms" in words(svg)
    assert f"in the band of speech, {-room.return_loss_db:.0f} dB" in words(svg)
    assert svg.count("<polyline") == 6
    assert "nan" not in svg


def test_the_picture_of_headphones_shows_the_noise_and_says_why_there_is_no_echo() -> None:
    take = FakeRoom(gain_db=-120, noise_db=-60).answer()
    svg = room_svg("The room", "tonight", take, analyse(take))
    assert "does not hear the loudspeaker" in words(svg)
    assert "direct sound" not in words(svg)
    assert svg.count("<polyline") == 1
