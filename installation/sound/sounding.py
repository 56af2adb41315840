"""Sounds a room out: plays the sweep through the show's loudspeaker while the show's microphone listens.

The ends of the way are the house's own, with its latencies and its blocks: `Playback.render`, which the loudspeaker's
callback calls, and `Microphone.frames`. The delay lies between the moment at which `render` is called for a block that
begins with a sound, and the moment at which `frames` yields a frame that ends with the same sound, both on the
monotonic clock. A sound inside a block counts as handed over so much later as it stands behind the block's first
sample, and as got so much earlier as it stands before the frame's last. So the delay holds the buffers of the system,
the converters of both devices and the air between them. Single callbacks come early or late by milliseconds: what
counts is their mean over the sweep.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from installation.events import (
    Event,
    FaultRaised,
    RoomCrashed,
    SentenceStarted,
    TurnSpoken,
)
from installation.sound.acoustics import Take
from installation.sound.choice import SoundSettings
from installation.sound.devices import DeviceError, find
from installation.sound.microphone import Microphone
from installation.sound.playback import Playback
from installation.sound.sources import FRAME_SAMPLES, LONGEST_JOIN_S
from installation.sound.speaker import Speaker, SpeakerSettings
from installation.sound.sweep import sweep
from installation.turn import Turn
from models.audio import HEARING_RATE_HZ, Audio, Frame, Samples

SETTLE_S = 0.5
"""What a microphone brings first is often a click, and the level at which its own converter starts."""
LISTEN_S = 2.0
TAIL_S = 3.0
"""After the sweep: what is still on its way, and the reverberation of a church."""
LOST = (
    "Nothing was measured, since sound was lost while the sweep played: close other programs, or set a higher "
    "input_latency_s and output_latency_s under [sound] in show.toml, and measure again."
)
_OUTLIERS = 0.1
"""Share of the stamps, at either end, that does not count."""
_FRAME_S = FRAME_SAMPLES / HEARING_RATE_HZ


class LostSoundError(Exception):
    """Sound was lost while the sweep played, so that nothing can be told from it; one sentence."""

    def __init__(self) -> None:
        super().__init__(LOST)


@dataclass(frozen=True, slots=True)
class Sounding:
    """One take, and the names of the devices that made it."""

    take: Take
    microphone: str
    loudspeaker: str


def sound_out(settings: SoundSettings, level_db: float, tell: Callable[[str], None]) -> Sounding:
    """Listen to the room, play the sweep at `level_db` (dBFS RMS), listen to its end; takes some 12 seconds.

    `tell` is told what is going on. Whatever ends it early, the loudspeaker fades out.

    Raises:
        DeviceError: a device is not there, cannot be opened, or was lost on the way.
        LostSoundError: the machine was too busy.
    """
    find(settings.input, "input")
    find(settings.output, "output")
    session = _Session(sweep(level_db))
    # The loudspeaker is the last to open, and so the first to close: on Ctrl-C it fades out at once.
    with _Microphone(settings.microphone, session.post) as microphone:
        session.begin(microphone)
        loudspeaker = _Loudspeaker(settings.loudspeaker, session.post)
        with loudspeaker:
            session.check()
            tell("Listening to the empty room: nobody speaks, please.")
            session.record(microphone, loudspeaker, tell)
            session.check()
    return Sounding(session.take(loudspeaker), microphone.name, loudspeaker.name)


def clock_offset_s(stamps: Sequence[tuple[float, float]]) -> float:
    """How far the monotonic clock is ahead of a sample clock: `stamps` are moments on the one and on the other."""
    offsets = sorted(now_s - sample_s for now_s, sample_s in stamps)
    outliers = int(_OUTLIERS * len(offsets))
    return float(np.mean(offsets[outliers : len(offsets) - outliers]))


class _TimedPlayback(Playback):
    """Notes when it is asked for how much, and for which of that the sweep began."""

    def __init__(self, rate_hz: int, post: Callable[[Event], None]) -> None:
        super().__init__(rate_hz, self._note)
        self._forward = post
        self.asked: list[tuple[float, int]] = []
        self.first: int | None = None
        """Which entry of `asked` the sweep began in; it begins with its first sample."""

    def render(self, n: int) -> Samples:
        self.asked.append((time.monotonic(), n))
        return super().render(n)

    def _note(self, event: Event) -> None:
        if isinstance(event, SentenceStarted):
            self.first = len(self.asked) - 1
        self._forward(event)

    def handed_over_s(self) -> float:
        """When the first sample of the sweep was handed over, on the monotonic clock, by all blocks since."""
        blocks = self.asked[self.first :]
        before = accumulate((n for _, n in blocks), initial=0)
        stamps = [(asked_s, samples / self.rate_hz) for (asked_s, _), samples in zip(blocks, before, strict=False)]
        return clock_offset_s(stamps)


class _Loudspeaker(Speaker):
    """The house's, except that its loss ends the measurement."""

    def __init__(self, settings: SpeakerSettings, post: Callable[[Event], None]) -> None:
        super().__init__(settings, post)
        self.timed = _TimedPlayback(self.playback.rate_hz, post)
        self.playback = self.timed

    def describe(self, reason: str) -> str:
        return _fault("loudspeaker", self.name, reason)


class _Microphone(Microphone):
    """The house's, except that its loss ends the measurement."""

    def describe(self, reason: str) -> str:
        return _fault("microphone", self.name, reason)


def _fault(what: str, name: str, reason: str) -> str:
    why = reason.rstrip(".")
    return f"Nothing was measured, since the {what} ({name}) cannot be used: {why}; close what else uses it."


class _Session:
    """What happens during one take; events come from the threads of the devices."""

    def __init__(self, sweep: Audio) -> None:
        self.sweep = sweep
        self._microphone: Microphone | None = None
        self._frames: list[Frame] = []
        self._got_s: list[float] = []
        self._fault = ""
        self._spoken = False

    def post(self, event: Event) -> None:
        """What a device or the playback tells."""
        match event:
            case FaultRaised(_, message):
                self._end(message)
            case RoomCrashed(name, reason):
                self._end(f"Nothing was measured, since a bug ended the thread {name}: {reason}.")
            case TurnSpoken():
                self._spoken = True
            case _:
                pass

    def begin(self, microphone: Microphone) -> None:
        """The microphone is open, and closed when a device is lost."""
        self._microphone = microphone
        self.check()

    def check(self) -> None:
        """Raise DeviceError when a device has been lost."""
        if self._fault:
            raise DeviceError(self._fault)

    def record(self, microphone: Microphone, loudspeaker: _Loudspeaker, tell: Callable[[str], None]) -> None:
        """Gather frames; play the sweep after LISTEN_S, and end TAIL_S after its end, or when a device is lost.

        Raises:
            LostSoundError: there is a gap in what was played or recorded.
        """
        played_at = spoken_at = lost = 0
        for frame in microphone.frames():
            if not self._frames and frame.start_s < SETTLE_S:
                continue
            self._frames.append(frame)
            self._got_s.append(time.monotonic())
            count = len(self._frames)
            if not played_at and count * _FRAME_S >= LISTEN_S:
                tell("Playing the sweep.")
                played_at, lost = count, loudspeaker.underruns + microphone.overruns
                _play(self.sweep, loudspeaker.timed)
            if self._spoken and not spoken_at:
                spoken_at = count
            if spoken_at and (count - spoken_at) * _FRAME_S >= TAIL_S:
                break
        lost = loudspeaker.underruns + microphone.overruns - lost + self._gaps()
        if lost and not self._fault:
            raise LostSoundError

    def take(self, loudspeaker: _Loudspeaker) -> Take:
        """All that was recorded, and where in it the sweep was handed over."""
        recorded = np.concatenate([frame.audio.samples for frame in self._frames])
        stamps = [(got_s, frame.end_s) for got_s, frame in zip(self._got_s, self._frames, strict=True)]
        sweeping = stamps[round(LISTEN_S / _FRAME_S) :]
        began_s = self._frames[0].start_s + clock_offset_s(sweeping)
        return Take(recorded, self.sweep.samples, loudspeaker.timed.handed_over_s() - began_s)

    def _end(self, fault: str) -> None:
        self._fault = self._fault or fault
        if self._microphone is not None:
            self._microphone.close()

    def _gaps(self) -> int:
        return sum(after.start_s - frame.end_s > LONGEST_JOIN_S for frame, after in pairwise(self._frames))


def _play(audio: Audio, playback: Playback) -> None:
    turn = Turn(1)
    playback.add(turn, 0, audio, last=True)
    playback.finish(turn)
    turn.release()
    playback.release(turn)
