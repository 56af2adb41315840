"""The calibration's own loudspeaker and microphone: what happens when they are not there, or not alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from installation.sound import devices
from installation.sound.choice import SoundSettings
from installation.sound.devices import DeviceError
from installation.sound.sounding import sound_out
from installation.sound.stream_keeper import REGISTRY, StreamKeeper
from installation.sound.sweep import GENTLE_DB
from tests.fakes.portaudio import FakePortAudio


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePortAudio]:
    monkeypatch.setattr(StreamKeeper, "_watch", lambda self: None)
    card = FakePortAudio()
    card.install(monkeypatch)
    yield card
    devices.portaudio.cache_clear()
    assert not REGISTRY.keepers
    assert not card.open_streams


def refusal(settings: SoundSettings | None = None) -> str:
    """Why nothing is measured; nothing was begun."""
    told: list[str] = []
    with pytest.raises(DeviceError) as caught:
        sound_out(settings or SoundSettings(), GENTLE_DB, told.append)
    assert told == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_machine_without_devices_is_told_what_to_do(card: FakePortAudio) -> None:
    card._listed = False
    assert "no sound input device: plug one in" in refusal()


def test_a_device_that_is_not_there_is_named_with_the_nearest(card: FakePortAudio) -> None:
    assert "no output device “UBS Audio”; the nearest: “USB Audio”" in refusal(SoundSettings(output="UBS Audio"))


def test_a_microphone_that_another_program_holds_is_one_sentence(card: FakePortAudio) -> None:
    card.broken = "Device unavailable"
    said = refusal()
    assert "the microphone (default microphone) cannot be used: Device unavailable; close what else uses it" in said
    assert "tries it again" not in said


def test_a_loudspeaker_that_another_program_holds_is_one_sentence_and_the_microphone_is_closed(
    card: FakePortAudio,
) -> None:
    card.has_output = False
    assert "the loudspeaker (default loudspeaker) cannot be used: Device unavailable" in refusal()
