"""Cuts the stream of frames into utterances: pure logic, no clock, no thread, no sound card."""

from __future__ import annotations

from collections import deque

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
from models.audio import HEARING_RATE_HZ, Audio, Frame

GROWTH_TOLD_S = 3.0
"""From so much voice on nothing depends on its growth any more."""
SUSPICION_S = 0.2
"""A suspicion that nothing confirms for so long is lifted."""
NO_VOICE_PAUSE_S = 0.3
"""After so much silence what was too short to be a voice is none."""

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

    def __init__(self, settings: TurnTakingSettings) -> None:
        self.settings = settings
        """Another one takes effect with the next frame."""
        self._recent: deque[tuple[Frame, bool]] = deque()
        self._frames: list[Frame] = []
        self._voice_s = 0.0
        self._voice_end_s = 0.0
        self._suspected = False
        self._suspected_s = 0.0
        self._paused = False
        self._pause = 0
        self._answer_after = (0, 0.0)

    @property
    def in_utterance(self) -> bool:
        """Whether a visitor is speaking, or pausing."""
        return bool(self._frames)

    def answer_after(self, pause: int, pause_s: float) -> None:
        """End the utterance when the pause of that number has lasted so long. From any thread."""
        self._answer_after = (pause, pause_s)

    def feed(self, frame: Frame, voiced: bool, suspect: bool = False, room_db: float = -120.0) -> list[HearingEvent]:
        """What this frame makes known.

        `voiced` is the detector's verdict on it, `suspect` whether it may be the very beginning of a voice, `room_db`
        how loud the room is without one, in dBFS.
        """
        if not self._frames:
            return self._wait(frame, voiced, suspect or voiced)
        self._frames.append(frame)
        if voiced:
            self._voice_s += frame.audio.duration_s
            return self._go_on(frame)
        return self._fall_silent(frame, room_db)

    def reset(self) -> list[HearingEvent]:
        """Forget everything, as when the ears are closed."""
        events: list[HearingEvent] = [VoiceDiscarded()] if self._frames else self._lift_suspicion()
        self._recent.clear()
        self._end()
        return events

    def _wait(self, frame: Frame, voiced: bool, suspect: bool) -> list[HearingEvent]:
        self._recent.append((frame, voiced))
        keep_s = self.settings.pre_roll_s + self.settings.onset_window_s
        while frame.end_s - self._recent[0][0].start_s > keep_s + 1e-6:
            self._recent.popleft()
        window_start_s = frame.end_s - self.settings.onset_window_s
        voice_s = sum(f.audio.duration_s for f, v in self._recent if v and f.start_s >= window_start_s - 1e-6)
        if voice_s < self.settings.onset_s - 1e-6:
            return self._suspect(frame, suspect)
        self._frames = [f for f, _ in self._recent]
        self._recent.clear()
        self._voice_s = voice_s
        self._voice_end_s = frame.end_s
        self._paused = False
        self._suspected = False
        return [VoiceStarted(), VoiceGrown(voice_s)]

    def _suspect(self, frame: Frame, suspect: bool) -> list[HearingEvent]:
        if not suspect:
            return self._lift_suspicion() if frame.end_s - self._suspected_s >= SUSPICION_S else []
        self._suspected_s = frame.end_s
        events: list[HearingEvent] = [] if self._suspected else [VoiceSuspected()]
        self._suspected = True
        return events

    def _lift_suspicion(self) -> list[HearingEvent]:
        events: list[HearingEvent] = [SuspicionLifted()] if self._suspected else []
        self._suspected = False
        return events

    def _go_on(self, frame: Frame) -> list[HearingEvent]:
        events: list[HearingEvent] = []
        if self._paused:
            self._paused = False
            events.append(VoiceResumed(frame.start_s - self._voice_end_s))
        self._voice_end_s = frame.end_s
        if self._voice_s <= GROWTH_TOLD_S:
            events.append(VoiceGrown(self._voice_s))
        if frame.end_s - self._frames[0].start_s >= self.settings.max_utterance_s:
            events += [self._pause_now(frame), UtteranceEnded()]
            self._end()
        return events

    def _fall_silent(self, frame: Frame, room_db: float) -> list[HearingEvent]:
        pause_s = frame.end_s - self._voice_end_s + 1e-6
        if self._voice_s < self.settings.min_voice_s - 1e-6:
            if pause_s < NO_VOICE_PAUSE_S:
                return []
            self._end()
            return [VoiceDiscarded()]
        events: list[HearingEvent] = []
        if not self._paused and pause_s >= self.settings.draft_pause_s:
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
        return VoicePaused(self._utterance(), silent_s, self._voice_s, self._pause, room_db)

    def _utterance(self) -> Utterance:
        samples = np.concatenate([frame.audio.samples for frame in self._frames])
        return Utterance(Audio(samples, HEARING_RATE_HZ), self._frames[0].start_s, self._voice_end_s)

    def _end(self) -> None:
        self._frames = []
        self._voice_s = 0.0
        self._suspected = False
        self._paused = False
