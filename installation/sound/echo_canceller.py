"""Takes the double's own voice out of what the microphone hears.

Two cancellers, each for what the other cannot do. Our filter is linear: once it knows the room it takes out 25 dB in a
dry room and in a hall alike, and leaves a visitor's voice as it was; until then it lets our own voice through. WebRTC's
AEC3 behind it suppresses the rest from the first word on, and a visitor who speaks at the same time with it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from pywebrtc_audio import EchoCanceller as Aec3

from installation.sound.clock_drift import ClockDrift
from installation.sound.echo_filter import PARTITIONS, EchoFilter
from installation.sound.echo_presence import EchoPresence
from installation.sound.played import PlayedSound
from installation.sound.sources import FRAME_SAMPLES
from models.audio import HEARING_RATE_HZ, Audio, Frame, Samples

AUDIBLE = 1e-4
"""A sample above this is played sound: -80 dBFS."""
TRUSTED_DB = 18.0
"""From so much echo taken out on, the filter knows the room."""
LEARNT_DB = 6.0
"""From so much on what the filter expects is like what comes, and tells how the clocks differ."""
DOUBTED_DB = 4.0
"""Below this for DOUBT_FRAMES it does not know it any more: somebody moved the microphone."""
DOUBT_FRAMES = 150
_LEAD_SAMPLES = round(0.3 * HEARING_RATE_HZ)
"""The played sound is given so much earlier than measured: the filter has room for it."""
_SLACK_FRAMES = 100
"""How long the way from playing to hearing is watched before it is believed to have changed."""
_FIRST_SLACK = FRAME_SAMPLES // 2
_MOST_SLACK = 4 * FRAME_SAMPLES
_KEEPS = 0.95
_ECHO_FADES = 0.9
"""Per frame: what echoes fades no faster."""
_DIVERGED = 2.0
_DIVERGED_FRAMES = 25


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A frame without our voice."""

    frame: Frame
    own: bool
    """Whether our voice, or its echo, may still be in the room."""
    echo_db: float = -120.0
    """How loud our voice came back of late, before it was taken out, in dBFS."""


class EchoCanceller:
    """For the listener's thread: frames in order, each when it is heard."""

    def __init__(self, played: PlayedSound, delay_s: float = 0.0) -> None:
        """`delay_s`: from the loudspeaker's callback to the listener, as measured; 0 where it was not."""
        self._played = played
        self._held_samples = max(0, round(delay_s * HEARING_RATE_HZ) - _LEAD_SAMPLES)
        self._filter = EchoFilter()
        self._drift = ClockDrift()
        self._presence = EchoPresence()
        self._aec3 = Aec3(sample_rate=HEARING_RATE_HZ)
        self._position: float | None = None
        self._slacks: deque[float] = deque(maxlen=_SLACK_FRAMES)
        self._heard_to_s = 0.0
        self._silent_frames = PARTITIONS
        self._echo_power = 0.0
        self._trusted = self._diverged = False
        self._doubts = self._diverged_frames = 0
        self._heard_power = self._left_power = 0.0
        self.reference: Samples = np.zeros(FRAME_SAMPLES, np.float32)
        """What was played while the last frame was heard, as far as is known."""

    @property
    def taken_out_db(self) -> float:
        """How much of the echo the filter takes out, of late."""
        return float(10 * np.log10((self._heard_power + 1e-12) / (self._left_power + 1e-12)))

    @property
    def trusted(self) -> bool:
        """Whether the filter knows the room."""
        return self._trusted

    def clean(self, frame: Frame) -> Cleaned:
        """The frame without our voice, as far as can be told."""
        return self.take_out(frame, self._read(frame))

    def take_out(self, frame: Frame, played: Samples) -> Cleaned:
        """The same where it is known what was played while the frame was heard."""
        self.reference = played
        sounding = bool(np.max(np.abs(played)) > AUDIBLE)
        self._silent_frames = 0 if sounding else self._silent_frames + 1
        heard = frame.audio.samples
        self._presence.feed(float(np.mean(heard**2)), float(np.mean(played**2)) if sounding else 0.0)
        if self._silent_frames >= PARTITIONS or not self._presence.there:
            return Cleaned(frame, own=False)
        left, echo = self._filter.feed(heard, played, eager=not self._trusted)
        if self._silent_frames == 0:
            self._judge(heard, left)
            if self.taken_out_db >= LEARNT_DB and self._position is not None:
                self._position -= self._drift.feed(heard, echo)
        # Where nothing of us is in the room, or it is not learnt yet, what the filter takes out would be put in.
        helps = not self._diverged and self._left_power < self._heard_power
        better = left if helps else heard
        cleaned = better if self._trusted else self._aec3.process(better, played)
        self._echo_power = max(_ECHO_FADES * self._echo_power, float(np.mean(echo**2)))
        echo_db = 10 * float(np.log10(self._echo_power + 1e-12))
        return Cleaned(Frame(Audio(cleaned, HEARING_RATE_HZ), frame.start_s), own=True, echo_db=echo_db)

    def _read(self, frame: Frame) -> Samples:
        """What was played when this frame was heard, less the delay that is known."""
        end = self._played.end()
        if self._position is None:
            self._position = float(end - FRAME_SAMPLES - self._held_samples - _FIRST_SLACK)
        else:
            self._position += max(0.0, frame.start_s - self._heard_to_s) * HEARING_RATE_HZ
        self._heard_to_s = frame.end_s
        self._slacks.append(end - self._held_samples - FRAME_SAMPLES - self._position)
        self._keep_in_step()
        rate = self._drift.rate
        played = self._played.read(self._position, FRAME_SAMPLES, rate)
        self._position += FRAME_SAMPLES * (1.0 + rate)
        return played

    def _keep_in_step(self) -> None:
        """Go back when what we want has not been played yet, and on when we are far behind; by whole frames."""
        assert self._position is not None
        least = min(self._slacks)
        frames = 0
        if least < 0:
            frames = -int(np.ceil(-least / FRAME_SAMPLES))
        elif least > _MOST_SLACK and len(self._slacks) == _SLACK_FRAMES:
            frames = int(least // FRAME_SAMPLES) - 1
        if frames:
            self._position += frames * FRAME_SAMPLES
            self._filter.shift(frames)
            self._slacks.clear()

    def _judge(self, heard: Samples, left: Samples) -> None:
        """Whether the filter knows the room, and whether it makes things worse."""
        self._heard_power = _KEEPS * self._heard_power + (1 - _KEEPS) * float(np.mean(heard**2))
        self._left_power = _KEEPS * self._left_power + (1 - _KEEPS) * float(np.mean(left**2))
        self._trusted = self._trusted or self.taken_out_db >= TRUSTED_DB
        self._doubts = self._doubts + 1 if self.taken_out_db < DOUBTED_DB else 0
        if self._doubts >= DOUBT_FRAMES:
            self._trusted = False
        self._diverged = float(np.mean(left**2)) > _DIVERGED * float(np.mean(heard**2))
        self._diverged_frames = self._diverged_frames + 1 if self._diverged else 0
        if self._diverged_frames >= _DIVERGED_FRAMES:
            self._forget_room()

    def _forget_room(self) -> None:
        self._filter.reset()
        self._drift.restart()
        self._trusted = self._diverged = False
        self._doubts = self._diverged_frames = 0
        self._heard_power = self._left_power = 0.0
