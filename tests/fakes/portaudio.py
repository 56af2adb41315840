"""A sounddevice module without devices of its own: what is plugged in, what opens and what plays is up to the test."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from installation.sound import devices
from models.audio import Samples


class PortAudioError(Exception):
    """As sounddevice raises it."""


@dataclass
class Flags:
    """What PortAudio tells a callback beside the sound."""

    input_overflow: bool = False
    output_underflow: bool = False


@dataclass
class FakeStream:
    """A stream that the test plays by hand."""

    samplerate: int
    channels: int
    callback: Callable[..., None]
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
    streams: list[FakeStream] = field(default_factory=list)
    starts: int = 0
    _initialized: int = 1
    _listed: bool = True
    PortAudioError = PortAudioError

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be the module that the house imports."""
        monkeypatch.setitem(sys.modules, "sounddevice", self)
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
        if self.broken or not self.plugged:
            raise PortAudioError(self.broken or "Device unavailable")
        self.check_input_settings(samplerate)
        self.streams.append(FakeStream(samplerate, channels, callback))
        return self.streams[-1]

    OutputStream = InputStream

    def unplug(self) -> None:
        """Take the device away."""
        self.plugged = False
        for stream in self.streams:
            stream.active = False

    def _terminate(self) -> None:
        assert not self.open_streams, "PortAudio must not be stopped while a stream is open"
        self._initialized -= 1

    def _initialize(self) -> None:
        self._initialized += 1
        self.starts += 1
        self._listed = self.plugged
