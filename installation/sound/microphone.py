"""The room's microphone: frames at 16 kHz from a sound device at whatever rate it has."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from installation.events import (
    Event,
    Room,
)
from installation.sound.devices import find, portaudio, working_channels, working_rate_hz
from installation.sound.framing import Framer
from installation.sound.realtime import run_first
from installation.sound.sources import LONGEST_JOIN_S
from installation.sound.stream_keeper import StreamKeeper
from models.audio import HEARING_RATE_HZ, Frame, Resampler, Samples

BLOCK_S = 0.020
"""One frame of the detector: shorter blocks wake the machine more often, and are heard no sooner."""
QUEUED_BLOCKS = 500
"""Ten seconds of sound: a listener that is further behind has lost the visitor anyway."""


@dataclass(frozen=True, slots=True)
class MicrophoneSettings:
    """Where the double hears."""

    input: str | int = ""
    """Name (or a part that only one device has) or number, as `souffleur devices` lists them; "" is the default."""
    latency_s: float = 0.01
    """Sound that the device gathers before it hands over."""

    def __post_init__(self) -> None:
        if not 0.001 <= self.latency_s <= 1.0:
            raise ValueError("latency_s must be between 0.001 and 1 second")


@dataclass(frozen=True, slots=True)
class _Block:
    """What one callback brought, shape (n, channels)."""

    sound: Samples
    rate_hz: int
    start_s: float
    """On the sample clock, which counts the time that a device was lost as well."""

    @property
    def end_s(self) -> float:
        """Where the next one begins, if nothing is lost between."""
        return self.start_s + len(self.sound) / self.rate_hz


class Microphone:
    """A frame source over an input stream; while the device is lost `frames` waits, and goes on when it is back."""

    room = Room.MICROPHONE

    def __init__(
        self,
        settings: MicrophoneSettings,
        post: Callable[[Event], None],
        in_utterance: Callable[[], bool] = lambda: False,
    ) -> None:
        """`in_utterance` tells whether a visitor is speaking, or pausing; called from any thread."""
        self._settings = settings
        self._in_utterance = in_utterance
        self.name = str(settings.input) or "default microphone"
        self.overruns = 0
        """How often sound was lost because the machine or the listener was late."""
        self._blocks: queue.SimpleQueue[_Block | None] = queue.SimpleQueue()
        self._closed = False
        self._rate_hz = HEARING_RATE_HZ
        self._beat_s = time.monotonic()
        self._fresh = True
        self._clock_s = 0.0
        self._heard_to_s: float | None = None
        self._keeper = StreamKeeper(self, post)

    def __enter__(self) -> Microphone:
        self._keeper.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
        self._keeper.__exit__(*exc)

    def frames(self) -> Iterator[Frame]:
        """Frames of FRAME_SAMPLES at 16 kHz in real time, until `close`; after a loss the first one begins later."""
        framer, resampler, rate_hz, end_s = Framer(), Resampler(HEARING_RATE_HZ, HEARING_RATE_HZ), HEARING_RATE_HZ, 0.0
        while not self._closed and (block := self._blocks.get()) is not None:
            if block.rate_hz != rate_hz or block.start_s - end_s > LONGEST_JOIN_S:
                rate_hz = block.rate_hz
                resampler = Resampler(rate_hz, HEARING_RATE_HZ, prompt=True)
                framer.begin_at(block.start_s)
            end_s = block.end_s
            yield from framer.feed(resampler.feed(block.sound.mean(axis=1, dtype=np.float32)))

    def close(self) -> None:
        """End `frames`, from any thread."""
        self._closed = True
        self._blocks.put(None)

    @property
    def beat_s(self) -> float:
        """When the device brought sound last, on the monotonic clock."""
        return self._beat_s

    @property
    def may_pause(self) -> bool:
        """Whether nobody is in the middle of a sentence."""
        return not self._in_utterance()

    def open_stream(self) -> Any:
        """A started stream on the device that the settings name. Raises DeviceError or sounddevice.PortAudioError."""
        device = find(self._settings.input, "input")
        # A sound server converts well and hands over sooner than soxr; hardware that refuses 16 kHz gets soxr.
        rate_hz = working_rate_hz(device, "input", HEARING_RATE_HZ)
        stream = portaudio().InputStream(
            device=device.index,
            samplerate=rate_hz,
            channels=working_channels(device, "input"),
            blocksize=round(BLOCK_S * rate_hz),
            latency=self._settings.latency_s,
            dtype="float32",
            callback=self._callback,
        )
        self.name, self._rate_hz, self._beat_s, self._fresh = device.name, rate_hz, time.monotonic(), True
        stream.start()
        return stream

    def describe(self, reason: str) -> str:
        """The fault in one sentence."""
        return f"The microphone ({self.name}) hears nothing: {reason.rstrip('.')}; the house tries it again."

    def while_lost(self) -> None:
        """Nothing: there is nothing to hear."""

    def _callback(self, sound: Samples, _: int, __: Any, status: Any) -> None:
        now_s = time.monotonic()
        if self._fresh:
            self._fresh = False
            run_first()
            self._skip_unheard(now_s - len(sound) / self._rate_hz)
        self._beat_s = self._heard_to_s = now_s
        if status.input_overflow:
            self.overruns += 1
        block = _Block(sound.copy(), self._rate_hz, self._clock_s)
        self._clock_s = block.end_s
        self._blocks.put(block)
        if self._blocks.qsize() > QUEUED_BLOCKS:
            self._blocks.get()
            self.overruns += 1

    def _skip_unheard(self, heard_from_s: float) -> None:
        if self._heard_to_s is not None:
            # At least a block: what a stream brings never continues what the one before it brought.
            self._clock_s += max(BLOCK_S, heard_from_s - self._heard_to_s)
