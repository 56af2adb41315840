"""Devices as a person names them, and what they read when the name is wrong."""

from __future__ import annotations

import importlib

import pytest

from installation.sound import devices
from installation.sound.devices import NO_PORTAUDIO, Device, DeviceError, Kind, choose, format_table
from tests.fakes.portaudio import FakePortAudio, PortAudioError

KNOWN = (
    Device(0, "HDMI 0", "ALSA", 0, 8, 44_100, False, False),
    Device(1, "USB Audio CODEC", "ALSA", 1, 2, 48_000, True, False),
    Device(2, "Built-in Audio", "ALSA", 2, 2, 44_100, False, True),
    Device(3, "Built-in Audio Pro", "ALSA", 2, 2, 96_000, False, False),
)


@pytest.mark.parametrize(
    ("wanted", "kind", "index"),
    [
        ("", "input", 1),
        ("", "output", 2),
        (2, "input", 2),
        ("3", "output", 3),
        ("built-in audio", "input", 2),
        ("USB", "output", 1),
        ("pro", "output", 3),
    ],
)
def test_a_device_is_known_by_number_name_or_a_part_of_it(wanted: str | int, kind: Kind, index: int) -> None:
    assert choose(KNOWN, wanted, kind).index == index


@pytest.mark.parametrize(
    ("wanted", "kind", "told"),
    [
        ("built", "input", "more than one"),
        ("usb codec", "input", "USB Audio CODEC"),
        ("hdmi", "input", "no input device"),
        (0, "input", "1 “USB Audio CODEC”"),
        (9, "output", "0 “HDMI 0”"),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(wanted: str | int, kind: Kind, told: str) -> None:
    with pytest.raises(DeviceError, match=told):
        choose(KNOWN, wanted, kind)


def test_a_machine_without_devices_says_so() -> None:
    with pytest.raises(DeviceError, match="no sound input device"):
        choose((), "", "input")
    assert format_table((), "", "").startswith("No sound device")


def test_the_table_marks_what_is_in_use() -> None:
    lines = format_table(KNOWN, "", "pro").splitlines()
    marked = {line.split()[0]: line for line in lines[1:5] if not line[0].isspace()}
    assert "USB Audio CODEC" in marked["●"]
    assert "Built-in Audio Pro" in marked["►"]
    assert "96000 Hz" in marked["►"]
    assert len(marked) == 2


def test_the_table_is_shown_even_when_the_chosen_device_is_not_there() -> None:
    assert "USB Audio CODEC" in format_table(KNOWN, "gone", "gone")


def test_a_machine_without_portaudio_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise OSError("PortAudio library not found")

    devices.portaudio.cache_clear()
    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(DeviceError) as caught:
        devices.devices()
    assert str(caught.value) == NO_PORTAUDIO


def test_a_machine_where_portaudio_does_not_start_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(name: str) -> None:
        raise PortAudioError("Error initializing PortAudio: Internal PortAudio error [PaErrorCode -9986]")

    devices.portaudio.cache_clear()
    monkeypatch.setattr(importlib, "import_module", dead)
    with pytest.raises(DeviceError, match=r"does not start .*-9986.*restart the sound server") as caught:
        devices.devices()
    assert "\n" not in str(caught.value)
    assert devices.portaudio_errors() == ()


def test_a_fault_that_is_not_portaudios_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(name: str) -> None:
        raise SyntaxError("sounddevice.py is cut short")

    devices.portaudio.cache_clear()
    monkeypatch.setattr(importlib, "import_module", torn)
    with pytest.raises(SyntaxError):
        devices.devices()


def test_a_rate_that_the_device_refuses_gives_way_to_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    FakePortAudio(rate_hz=48_000, refused_rates=(16_000,)).install(monkeypatch)
    device = devices.find("", "input")
    assert devices.working_rate_hz(device, "input", 16_000) == 48_000
    assert devices.working_rate_hz(device, "input", 44_100) == 44_100
    devices.portaudio.cache_clear()
