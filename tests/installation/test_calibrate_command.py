"""`souffleur calibrate`: what a person reads, what is written, and the exit code."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from installation import calibrate_command
from installation.__main__ import main
from installation.room import read_room
from installation.sound.choice import SoundSettings
from installation.sound.devices import DeviceError
from installation.sound.sounding import LostSoundError, Sounding
from tests.fakes.rooms import FakeRoom, hall
from tests.fakes.show_folder import make_show

CHURCH = FakeRoom(hall(1.8), delay_ms=120, gain_db=-24)


@pytest.fixture
def show(tmp_path: Path) -> Path:
    return make_show(tmp_path / "letters", "# the artist's own words\n[panel]\nport = 0\n")


@pytest.fixture
def sounds(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[float]]:
    """What the room answers to each sweep, or what goes wrong; gives the levels that were asked for."""

    def set_up(*answers: FakeRoom | BaseException) -> list[float]:
        levels: list[float] = []

        def sound_out(settings: SoundSettings, level_db: float, tell: Callable[[str], None]) -> Sounding:
            answer = answers[len(levels)]
            levels.append(level_db)
            if isinstance(answer, BaseException):
                raise answer
            return Sounding(answer.answer(level_db), "USB Audio CODEC", "Built-in Audio")

        monkeypatch.setattr(calibrate_command, "sound_out", sound_out)
        return levels

    return set_up


def calibrate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["calibrate", *map(str, arguments)], prog_name="souffleur")


def refusal(result: Result, show: Path, code: int) -> str:
    """The one sentence; nothing was written."""
    assert result.exit_code == code, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.output
    assert not list(show.glob("room.*"))
    return lines[0]


def test_a_room_is_told_in_a_few_lines_and_kept_beside_the_show(show: Path, sounds: Callable[..., list[float]]) -> None:
    before = (show / "show.toml").read_bytes()
    sounds(CHURCH)
    result = calibrate(show)
    assert result.exit_code == 0
    for words in ("120 ms", "dB quieter", "1.8 s", "-70 dBFS", "USB Audio CODEC", "hall", str(show / "room.toml")):
        assert words in result.stdout
    assert len(result.stdout.splitlines()) <= 8
    room = read_room(show)
    assert room is not None
    assert (room.delay_ms, room.microphone) == (pytest.approx(120, abs=0.5), "USB Audio CODEC")
    assert "direct sound, 120 ms" in (show / "room.svg").read_text(encoding="utf-8")
    assert (show / "show.toml").read_bytes() == before


def test_headphones_are_a_good_end_and_are_kept_too(show: Path, sounds: Callable[..., list[float]]) -> None:
    sounds(FakeRoom(gain_db=-120, noise_db=-60))
    result = calibrate(show)
    assert result.exit_code == 0
    assert "nothing needs cancelling" in result.stdout
    room = read_room(show)
    assert room is not None
    assert room.delay_ms is None


def test_a_sweep_that_was_lost_in_noise_asks_for_more(show: Path, sounds: Callable[..., list[float]]) -> None:
    sounds(FakeRoom(gain_db=-40, noise_db=-25))
    assert "turn the loudspeaker up, or take --level -12" in refusal(calibrate(show), show, 1)
    sounds(FakeRoom(gain_db=-40, noise_db=-14))
    assert "--level" not in refusal(calibrate(show, "--level", "-6"), show, 1)


def test_a_sweep_that_was_clipped_asks_for_less(show: Path, sounds: Callable[..., list[float]]) -> None:
    sounds(FakeRoom(gain_db=20))
    said = refusal(calibrate(show), show, 1)
    assert "clipped" in said
    assert "--level -30" in said


def test_a_microphone_that_is_muted_is_not_taken_for_one_beside_headphones(
    show: Path, sounds: Callable[..., list[float]]
) -> None:
    sounds(FakeRoom(gain_db=-400, noise_db=-400))
    assert "is it muted" in refusal(calibrate(show), show, 1)


def test_the_sweep_is_gentle_unless_asked_and_never_loud(show: Path, sounds: Callable[..., list[float]]) -> None:
    levels = sounds(CHURCH, CHURCH)
    calibrate(show)
    calibrate(show, "--level", "-12")
    assert levels == [-20, -12]
    assert calibrate(show, "--level", "-3").exit_code == 2
    assert levels == [-20, -12]


def test_sound_that_is_lost_once_is_played_once_more(show: Path, sounds: Callable[..., list[float]]) -> None:
    lost = LostSoundError()
    levels = sounds(lost, CHURCH)
    assert calibrate(show).exit_code == 0
    assert len(levels) == 2
    for file in show.glob("room.*"):
        file.unlink()
    sounds(lost, lost)
    assert "close other programs" in refusal(calibrate(show), show, 1)


def test_a_device_that_is_lost_is_one_sentence(show: Path, sounds: Callable[..., list[float]]) -> None:
    sounds(DeviceError("The microphone (USB) has gone."))
    assert "has gone" in refusal(calibrate(show), show, 2)


def test_control_c_is_one_sentence(show: Path, sounds: Callable[..., list[float]]) -> None:
    sounds(KeyboardInterrupt())
    assert "nothing was written" in refusal(calibrate(show), show, 1)


def test_a_stick_that_is_write_protected_is_told_before_any_sound(
    show: Path, sounds: Callable[..., list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(**_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", denied)
    levels = sounds(CHURCH)
    said = refusal(calibrate(show), show, 2)
    assert f"{show}: nothing can be written there (Read-only file system)" in said
    assert levels == []


def test_while_a_house_is_open_nothing_is_played(show: Path, sounds: Callable[..., list[float]]) -> None:
    levels = sounds(CHURCH)
    with socket.create_server(("127.0.0.1", 0)) as panel:
        port = panel.getsockname()[1]
        toml = show / "show.toml"
        toml.write_text(toml.read_text(encoding="utf-8").replace("port = 0", f"port = {port}"), encoding="utf-8")
        assert f"port {port} is in use" in refusal(calibrate(show), show, 4)
    assert levels == []
