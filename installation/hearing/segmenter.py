"""Cuts the stream of frames into utterances: pure logic, no clock, no thread, no sound card."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from installation.events import (
    SuspicionLifted,
    Utterance,
    UtteranceEnded,
    VoiceDiscarded,
    VoiceGrown,
    VoicePaused,
    VoiceResumed,
    VoiceStarted,
    VoiceSuspected,
)
from installation.turn_taking.settings import TurnTakingSettings
from models.audio import HEARING_RATE_HZ, Audio, Frame, Samples

GROWTH_TOLD_S = 3.0
"""From so much voice on nothing depends on its growth any more."""
SUSPICION_S = 0.2
"""A suspicion that nothing confirms for so long is lifted."""
NO_VOICE_PAUSE_S = 0.3
"""After so much silence what was too short to be a voice is none."""

CHECK_S = 0.8
"""So much voice is enough to tell speech from laughter and a crowd, without waiting for a pause."""
CHECK_EVERY_S = 1.6
CHECKED_S = 3.0
"""Of an utterance without a pause only the end is looked at."""
WARY_S = 5.0
"""After what was no speech, what sounds like a voice must prove that it is, before it stops anybody."""

_WARIER, _SUREST = 0.2, 0.95
"""So much more like speech it must be then."""

Likeness = Callable[[Samples, float], float]
"""Probability, 0..1, that one person speaks in an utterance, shape (n,) at 16 kHz, by the detector's mean certainty."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the detector makes of a frame."""

    voiced: bool
    suspect: bool = False
    """It may be the very beginning of a voice."""
    certainty: float = 1.0
    """Probability of a voice, 0..1."""
    room_db: float = -120.0
    """How loud the room is without one, in dBFS."""


def anything(samples: Samples, certainty: float) -> float:  # noqa: ARG001 - a Likeness
    """Takes every voice for speech."""
    return 1.0


HearingEvent = (
    VoiceSuspected
    | SuspicionLifted
    | VoiceStarted
    | VoiceGrown
    | VoicePaused
    | VoiceResumed
    | UtteranceEnded
    | VoiceDiscarded
)


class Segmenter:
    """Feed it frames with the detector's verdict; it tells when a voice begins, pauses, resumes and ends."""

    def __init__(self, settings: TurnTakingSettings, likeness: Likeness = anything) -> None:
        self.settings = settings
        """Another one takes effect with the next frame."""
        self._likeness = likeness
        self._recent: deque[tuple[Frame, Verdict]] = deque()
        self._frames: list[Frame] = []
        self._suspected_s: float | None = None
        self._wary_until_s = 0.0
        self._pause = 0
        self._answer_after = (0, 0.0)
        self._voice_s = self._certainty_s = self._voice_end_s = 0.0
        self._check_at_s = CHECK_S
        self._proven = True
        self._paused = self._doubted = False

    @property
    def in_utterance(self) -> bool:
        """Whether a visitor is speaking, or pausing."""
        return bool(self._frames)

    def answer_after(self, pause: int, pause_s: float) -> None:
        """End the utterance when the pause of that number has lasted so long. From any thread."""
        self._answer_after = (pause, pause_s)

    def feed(self, frame: Frame, verdict: Verdict) -> list[HearingEvent]:
        """What this frame makes known."""
        if not self._frames:
            return self._wait(frame, verdict)
        self._frames.append(frame)
        if verdict.voiced:
            self._voice_s += frame.audio.duration_s
            self._certainty_s += frame.audio.duration_s * verdict.certainty
            return self._go_on(frame)
        return self._fall_silent(frame, verdict.room_db)

    def reset(self) -> list[HearingEvent]:
        """Forget everything, as when the ears are closed."""
        events: list[HearingEvent] = [VoiceDiscarded()] if self._frames else self._lift_suspicion()
        self._recent.clear()
        self._end()
        return events

    def _wait(self, frame: Frame, verdict: Verdict) -> list[HearingEvent]:
        self._recent.append((frame, verdict))
        keep_s = self.settings.pre_roll_s + self.settings.onset_window_s
        while frame.end_s - self._recent[0][0].start_s > keep_s + 1e-6:
            self._recent.popleft()
        window_start_s = frame.end_s - self.settings.onset_window_s
        voiced = [(f, v) for f, v in self._recent if v.voiced and f.start_s >= window_start_s - 1e-6]
        voice_s = sum(f.audio.duration_s for f, _ in voiced)
        if voice_s < self.settings.onset_s - 1e-6:
            return self._suspect(frame, verdict)
        self._frames = [f for f, _ in self._recent]
        self._recent.clear()
        self._voice_s = voice_s
        self._certainty_s = sum(f.audio.duration_s * v.certainty for f, v in voiced)
        self._voice_end_s = frame.end_s
        self._suspected_s = None
        self._proven = frame.end_s >= self._wary_until_s
        return [VoiceStarted(), VoiceGrown(voice_s)] if self._proven else []

    def _suspect(self, frame: Frame, verdict: Verdict) -> list[HearingEvent]:
        if not (verdict.voiced or verdict.suspect) or frame.end_s < self._wary_until_s:
            long_ago = self._suspected_s is not None and frame.end_s - self._suspected_s >= SUSPICION_S
            return self._lift_suspicion() if long_ago else []
        events: list[HearingEvent] = [VoiceSuspected()] if self._suspected_s is None else []
        self._suspected_s = frame.end_s
        return events

    def _lift_suspicion(self) -> list[HearingEvent]:
        events: list[HearingEvent] = [] if self._suspected_s is None else [SuspicionLifted()]
        self._suspected_s = None
        return events

    def _go_on(self, frame: Frame) -> list[HearingEvent]:
        events: list[HearingEvent] = []
        if self._paused:
            events.append(VoiceResumed(frame.start_s - self._voice_end_s))
        self._paused = self._doubted = False
        self._voice_end_s = frame.end_s
        if self._voice_s >= self._check_at_s:
            self._check_at_s = self._voice_s + CHECK_EVERY_S
            if not self._holds_speech(frame):
                return self._discard(frame)
            if not self._proven:
                self._proven = True
                events.append(VoiceStarted())
        if self._proven and self._voice_s <= GROWTH_TOLD_S:
            events.append(VoiceGrown(self._voice_s))
        if self._proven and frame.end_s - self._frames[0].start_s >= self.settings.max_utterance_s:
            events += [self._pause_now(frame), UtteranceEnded()]
            self._end()
        return events

    def _fall_silent(self, frame: Frame, room_db: float) -> list[HearingEvent]:
        pause_s = frame.end_s - self._voice_end_s + 1e-6
        if self._doubted or self._voice_s < self.settings.min_voice_s - 1e-6:
            return [] if pause_s < NO_VOICE_PAUSE_S else self._discard(frame)
        events: list[HearingEvent] = []
        if not self._paused and pause_s >= self.settings.draft_pause_s:
            self._doubted = not self._holds_speech(frame)
            if self._doubted:
                return []
            events += [] if self._proven else [VoiceStarted()]
            self._proven = True
            events.append(self._pause_now(frame, room_db))
        if self._paused and pause_s >= self._pause_to_answer_s:
            events.append(UtteranceEnded())
            self._end()
        return events

    @property
    def _pause_to_answer_s(self) -> float:
        pause, pause_s = self._answer_after
        return pause_s if pause == self._pause else self.settings.open_pause_s

    def _pause_now(self, frame: Frame, room_db: float = -120.0) -> VoicePaused:
        self._paused = True
        self._pause += 1
        silent_s = max(0.0, frame.end_s - self._voice_end_s)
        samples = np.concatenate([f.audio.samples for f in self._frames])
        utterance = Utterance(Audio(samples, HEARING_RATE_HZ), self._frames[0].start_s, self._voice_end_s)
        return VoicePaused(utterance, silent_s, self._voice_s, self._pause, room_db)

    def _holds_speech(self, frame: Frame) -> bool:
        """Whether the end of the utterance is one person's speech."""
        late = [f.audio.samples for f in self._frames if f.start_s >= frame.end_s - CHECKED_S]
        likeness = self._likeness(np.concatenate(late), self._certainty_s / self._voice_s)
        wary = frame.end_s < self._wary_until_s
        return likeness >= min(_SUREST, self.settings.speech_likeness + (_WARIER if wary else 0.0))

    def _discard(self, frame: Frame) -> list[HearingEvent]:
        """It was no speech; who was told of a voice is told that it was none."""
        told = self._proven
        if self._doubted or self._voice_s >= self.settings.min_voice_s:
            self._wary_until_s = frame.end_s + WARY_S
        self._end()
        return [VoiceDiscarded()] if told else []

    def _end(self) -> None:
        self._frames = []
        self._voice_s = self._certainty_s = self._voice_end_s = 0.0
        self._check_at_s = CHECK_S
        self._suspected_s = None
        self._proven = True
        self._paused = self._doubted = False
