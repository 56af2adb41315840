"""Chooses the ends of the sound's way: what stands at the microphone's place, and at the loudspeaker's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from installation.events import (
    Event,
)
from installation.sound.devices import DeviceError, Kind, devices
from installation.sound.microphone import Microphone, MicrophoneSettings
from installation.sound.silent_clock import SilentSpeaker
from installation.sound.sources import FrameSource
from installation.sound.speaker import Speaker, SpeakerSettings
from installation.sound.visitor import Question, Render, SimulatedVisitor

VISITOR_PAUSE_S = 2.5
"""The simulated visitor thinks this long before the next question."""


@dataclass(frozen=True, slots=True)
class SoundSettings:
    """Devices, by name or number as `souffleur devices` lists them: `[sound]` in show.toml."""

    input: str | int = ""
    """The microphone; "" is the machine's default, and the simulated visitor where there is none."""
    output: str | int = ""
    """The loudspeaker; "" is the machine's default, and silence where there is none."""
    input_latency_s: float = 0.01
    """Sound that the microphone gathers before it hands over."""
    output_latency_s: float = 0.04
    """Sound kept in the loudspeaker's buffer: less answers and stops sooner, too little crackles."""

    @property
    def microphone(self) -> MicrophoneSettings:
        """The part of it that the microphone wants."""
        return MicrophoneSettings(self.input, self.input_latency_s)

    @property
    def loudspeaker(self) -> SpeakerSettings:
        """The part of it that the loudspeaker wants."""
        return SpeakerSettings(self.output, self.output_latency_s)

    def __post_init__(self) -> None:
        for name, latency_s in (("input", self.input_latency_s), ("output", self.output_latency_s)):
            if not 0.001 <= latency_s <= 1.0:
                raise ValueError(f"{name}_latency_s must be between 0.001 and 1 second")


@dataclass(frozen=True, slots=True)
class SimulatedInput:
    """The simulated visitor: its questions, its voice, and how it knows that the house listens."""

    questions: Sequence[Question]
    render: Render
    is_listening: Callable[[], bool]


def needs_visitor(settings: SoundSettings) -> bool:
    """Whether there is no microphone to listen to: none is named, and the machine has none."""
    return settings.input == "" and not _has("input")


def choose_source(
    settings: SoundSettings,
    recording: Path | None,
    visitor: SimulatedInput | None,
    post: Callable[[Event], None],
    in_utterance: Callable[[], bool],
) -> FrameSource:
    """The recording if there is one, else the visitor if there is one, else the microphone.

    While a visitor is `in_utterance`, the microphone is not closed to look for a lost loudspeaker.
    """
    if recording is not None:
        from installation.sound.recording import Recording

        return Recording(recording)
    if visitor is not None:
        return SimulatedVisitor(visitor.questions, visitor.render, VISITOR_PAUSE_S, visitor.is_listening)
    return Microphone(settings.microphone, post, in_utterance)


def choose_loudspeaker(settings: SoundSettings, post: Callable[[Event], None]) -> Speaker | SilentSpeaker:
    """The loudspeaker, or its stand-in where none is named and the machine has none."""
    if settings.output == "" and not _has("output"):
        return SilentSpeaker(post)
    return Speaker(settings.loudspeaker, post)


def _has(kind: Kind) -> bool:
    try:
        return any(device.channels(kind) for device in devices())
    except DeviceError:
        return False
