"""The loudspeaker: plays what the playback renders on a sound device, and goes on without one while it is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from installation.events import (
    Event,
    Room,
)
from installation.sound.devices import DeviceError, find, portaudio, working_channels, working_rate_hz
from installation.sound.playback import CLOSING_FADE_S, Playback
from installation.sound.realtime import run_first
from installation.sound.silent_clock import RATE_HZ, SilentClock
from installation.sound.stream_keeper import StreamKeeper
from models.audio import Samples

BLOCK_S = 0.010
"""Smaller blocks answer no sooner, and wake the machine more often."""


@dataclass(frozen=True, slots=True)
class SpeakerSettings:
    """Where the double's voice comes out."""

    output: str | int = ""
    """Name (or a part that only one device has) or number, as `souffleur devices` lists them; "" is the default."""
    latency_s: float = 0.04
    """Sound kept in the device's buffer: less answers and stops sooner, too little crackles."""

    def __post_init__(self) -> None:
        if not 0.001 <= self.latency_s <= 1.0:
            raise ValueError("latency_s must be between 0.001 and 1 second")


class Speaker:
    """A context manager around the output stream; `playback` is what it plays, at the device's rate."""

    room = Room.LOUDSPEAKER

    def __init__(self, settings: SpeakerSettings, post: Callable[[Event], None]) -> None:
        self._settings = settings
        self.name = str(settings.output) or "default loudspeaker"
        self.playback = Playback(self._device_rate_hz(), post)
        self.underruns = 0
        """How often the device had nothing to play because the machine was late."""
        self._beat_s = time.monotonic()
        self._clock: SilentClock | None = None
        self._fresh = True
        self._keeper = StreamKeeper(self, post)

    def __enter__(self) -> Speaker:
        self._keeper.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.playback.fade_out()
        if self._keeper.is_open:
            time.sleep(CLOSING_FADE_S + self._settings.latency_s + 0.02)
        self._keeper.__exit__(*exc)

    @property
    def beat_s(self) -> float:
        """When the device asked for sound last, on the monotonic clock."""
        return self._beat_s

    @property
    def may_pause(self) -> bool:
        """Whether nothing is being said."""
        return self.playback.idle

    def open_stream(self) -> Any:
        """A started stream on the device that the settings name. Raises DeviceError or sounddevice.PortAudioError."""
        device = find(self._settings.output, "output")
        rate_hz = working_rate_hz(device, "output", self.playback.rate_hz)
        if rate_hz != self.playback.rate_hz:
            self.playback.change_rate(rate_hz)
        stream = portaudio().OutputStream(
            device=device.index,
            samplerate=rate_hz,
            channels=working_channels(device, "output"),
            blocksize=round(BLOCK_S * rate_hz),
            latency=self._settings.latency_s,
            dtype="float32",
            callback=self._callback,
        )
        self.name, self._clock, self._beat_s, self._fresh = device.name, None, time.monotonic(), True
        stream.start()
        return stream

    def describe(self, reason: str) -> str:
        """The fault in one sentence."""
        return f"The loudspeaker ({self.name}) is silent: {reason.rstrip('.')}; the house tries it again."

    def while_lost(self) -> None:
        """Let the playback go on in silence."""
        if self._clock is None:
            self._clock = SilentClock(self.playback, self._beat_s)
        self._clock.advance(time.monotonic())

    def _device_rate_hz(self) -> int:
        try:
            return find(self._settings.output, "output").rate_hz
        except DeviceError:
            return RATE_HZ

    def _callback(self, out: Samples, n: int, _: Any, status: Any) -> None:
        if self._fresh:
            self._fresh = False
            run_first()
        self._beat_s = time.monotonic()
        if status.output_underflow:
            self.underruns += 1
        out[:] = self.playback.render(n)[:, None]
