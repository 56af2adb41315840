"""A sounddevice module without devices of its own: what is plugged in, what opens and what plays is up to the test."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from installation.events import (
    Room,
)
from installation.sound import devices, microphone, speaker, stream_keeper
from models.audio import Samples

FILLED_AFTER_S = 0.003


class PortAudioError(Exception):
    """As sounddevice raises it."""


@dataclass
class Flags:
    """What PortAudio tells a callback beside the sound."""

    input_overflow: bool = False
    output_underflow: bool = False


@dataclass
class FakeTime:
    """Stands in for the module `time`: it passes when the test says so, or when the house sleeps."""

    now_s: float = 1_000.0

    def monotonic(self) -> float:
        """The present."""
        return self.now_s

    def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.now_s += seconds


@dataclass
class FakeStream:
    """A stream that the test plays by hand, or lets run."""

    is_output: bool
    samplerate: int
    channels: int
    callback: Callable[..., None]
    fills_first: bool = False
    """Call back once soon after the start: the empty buffer of a loudspeaker, whether or not sound moves."""
    active: bool = False
    closed: bool = False

    def start(self) -> None:
        """Begin."""
        self.active = True

    def abort(self) -> None:
        """Stop at once."""
        self.active = False

    def close(self) -> None:
        """Give the device back."""
        self.closed = True

    def hear(self, samples: Samples, flags: Flags | None = None) -> None:
        """The device brings these mono samples on every channel."""
        self.callback(np.repeat(samples[:, None], self.channels, axis=1), len(samples), None, flags or Flags())

    def play(self, n: int, flags: Flags | None = None) -> Samples:
        """The device asks for sound; its first channel."""
        out = np.zeros((n, self.channels), np.float32)
        self.callback(out, n, None, flags or Flags())
        return out[:, 0]


@dataclass
class FakePortAudio:
    """Stands in for the module `sounddevice`; a plugged device appears when PortAudio is started again."""

    rate_hz: int = 48_000
    channels: int = 2
    refused_rates: tuple[int, ...] = ()
    plugged: bool = True
    broken: str = ""
    """Why no stream opens; empty: they do."""
    has_output: bool = True
    """Whether a loudspeaker is connected to the device."""
    stuck: bool = False
    """Whether streams open but no sound moves."""
    fills_first: bool = False
    time: FakeTime = field(default_factory=FakeTime)
    streams: list[FakeStream] = field(default_factory=list)
    starts: int = 0
    _initialized: int = 1
    _listed: bool = True
    PortAudioError = PortAudioError

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be the module that the house imports."""
        monkeypatch.setitem(sys.modules, "sounddevice", self)
        for module in (microphone, speaker, stream_keeper):
            monkeypatch.setattr(module, "time", self.time)
        devices.portaudio.cache_clear()
        self._listed = self.plugged

    @property
    def open_streams(self) -> list[FakeStream]:
        """Those not closed."""
        return [stream for stream in self.streams if not stream.closed]

    @property
    def default(self) -> Any:
        """sounddevice.default."""
        index = 0 if self._listed else -1
        return type("Default", (), {"device": (index, index)})

    def query_hostapis(self) -> list[dict[str, Any]]:
        """One."""
        return [{"name": "ALSA"}]

    def query_devices(self) -> list[dict[str, Any]]:
        """One, or none when it was not plugged in at the last start."""
        one = {
            "index": 0,
            "name": "USB Audio",
            "hostapi": 0,
            "max_input_channels": self.channels,
            "max_output_channels": self.channels,
            "default_samplerate": float(self.rate_hz),
        }
        return [one] if self._listed else []

    def check_input_settings(self, samplerate: int, **_: Any) -> None:
        """Refuse the rates that are refused."""
        if samplerate in self.refused_rates:
            raise PortAudioError("Invalid sample rate")

    check_output_settings = check_input_settings

    def InputStream(self, samplerate: int, channels: int, callback: Callable[..., None], **_: Any) -> FakeStream:  # noqa: N802
        """Open one."""
        return self._open(FakeStream(False, samplerate, channels, callback))

    def OutputStream(self, samplerate: int, channels: int, callback: Callable[..., None], **_: Any) -> FakeStream:  # noqa: N802
        """Open one."""
        return self._open(FakeStream(True, samplerate, channels, callback, self.fills_first))

    def unplug(self) -> None:
        """Take the device away."""
        self.plugged = False
        for stream in self.streams:
            stream.active = False

    def disconnect_output(self) -> None:
        """Take the loudspeaker away, and leave the microphone."""
        self.has_output = False
        for stream in self.streams:
            stream.active = stream.active and not stream.is_output

    def run(self, seconds: float) -> None:
        """Time passes: every stream that works takes sound, or brings silence."""
        self.time.sleep(FILLED_AFTER_S)
        for stream in self.open_streams:
            if stream.fills_first:
                stream.fills_first = False
                stream.play(480)
        self.time.sleep(seconds - FILLED_AFTER_S)
        for stream in self.open_streams:
            if stream.active and not self.stuck:
                stream.play(round(seconds * stream.samplerate))

    def _open(self, stream: FakeStream) -> FakeStream:
        if self.broken or not self.plugged or (stream.is_output and not self.has_output):
            raise PortAudioError(self.broken or "Device unavailable")
        self.check_input_settings(stream.samplerate)
        self.streams.append(stream)
        return stream

    def _terminate(self) -> None:
        assert not self.open_streams, "PortAudio must not be stopped while a stream is open"
        self._initialized -= 1

    def _initialize(self) -> None:
        self._initialized += 1
        self.starts += 1
        self._listed = self.plugged


def keeper_of(room: Room) -> stream_keeper.StreamKeeper:
    """Who looks after that end of the sound."""
    return next(keeper for keeper in stream_keeper.REGISTRY.keepers if keeper.line.room is room)


def pass_time(card: FakePortAudio, seconds: float, step_s: float = stream_keeper.POLL_S) -> None:
    """Let the devices run, and the house look after them as often as it does by itself."""
    for _ in range(round(seconds / step_s)):
        card.run(step_s)
        for keeper in stream_keeper.REGISTRY.keepers:
            keeper.look(card.time.now_s)


def lose_and_find(card: FakePortAudio, room: Room, lost_s: float) -> None:
    """The device is unplugged for so long, and opened again; no sound has come from it yet."""
    card.unplug()
    keeper_of(room).look(card.time.now_s)
    card.plugged = True
    card.time.sleep(lost_s)
    keeper_of(room).look(card.time.now_s)
