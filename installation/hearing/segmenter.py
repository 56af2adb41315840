"""Cuts the stream of frames into utterances: pure logic, no clock, no thread, no sound card."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from installation.events import (
    LONGEST_UTTERANCE_S,
    Utterance,
    UtteranceEnded,
    VoiceDiscarded,
    VoicePaused,
    VoiceResumed,
    VoiceStarted,
)
from models.audio import HEARING_RATE_HZ, Audio, Frame

LONGEST_HANGOVER_S = 10.0
"""Who waits longer for an answer has left."""

HearingEvent = VoiceStarted | VoicePaused | VoiceResumed | UtteranceEnded | VoiceDiscarded


@dataclass(frozen=True, slots=True)
class SegmenterSettings:
    """When a voice begins, pauses and ends."""

    onset_s: float = 0.08
    """Voice within `onset_window_s` that makes a beginning: longer resists clicks, shorter interrupts sooner."""
    onset_window_s: float = 0.16
    draft_pause_s: float = 0.2
    """A pause this long begins a draft."""
    hangover_s: float = 0.5
    """A pause this long ends the utterance."""
    pre_roll_s: float = 0.3
    """Kept from before the beginning, so that no first syllable is clipped."""
    min_voice_s: float = 0.16
    """An utterance with less voice than this in it is thrown away."""
    max_utterance_s: float = LONGEST_UTTERANCE_S
    """An utterance is ended here even if the voice goes on."""

    def __post_init__(self) -> None:
        if not 0 < self.hangover_s <= LONGEST_HANGOVER_S:
            raise ValueError(f"hangover_s must be above 0 and at most {LONGEST_HANGOVER_S:.0f}")
        if not 0 < self.draft_pause_s <= self.hangover_s:
            raise ValueError("draft_pause_s must be above 0 and at most hangover_s")
        if not 0 < self.onset_s <= self.onset_window_s:
            raise ValueError("onset_s must be above 0 and at most onset_window_s")
        if self.max_utterance_s < 1:
            raise ValueError("max_utterance_s must be at least 1")


class Segmenter:
    """Feed it frames with the detector's verdict; it tells when a voice begins, pauses, resumes and ends."""

    def __init__(self, settings: SegmenterSettings) -> None:
        self._settings = settings
        self._recent: deque[tuple[Frame, bool]] = deque()
        self._frames: list[Frame] = []
        self._voice_s = 0.0
        self._voice_end_s = 0.0
        self._paused = False

    @property
    def in_utterance(self) -> bool:
        """Whether a visitor is speaking, or pausing."""
        return bool(self._frames)

    def feed(self, frame: Frame, voiced: bool) -> list[HearingEvent]:
        """What this frame makes known; `voiced` is the detector's verdict on it."""
        if not self._frames:
            return self._wait(frame, voiced)
        self._frames.append(frame)
        if voiced:
            self._voice_s += frame.audio.duration_s
            self._voice_end_s = frame.end_s
            return self._go_on(frame)
        return self._fall_silent(frame)

    def reset(self) -> list[HearingEvent]:
        """Forget everything, as when the ears are closed."""
        events: list[HearingEvent] = [VoiceDiscarded()] if self._frames else []
        self._recent.clear()
        self._end()
        return events

    def _wait(self, frame: Frame, voiced: bool) -> list[HearingEvent]:
        self._recent.append((frame, voiced))
        keep_s = self._settings.pre_roll_s + self._settings.onset_window_s
        while frame.end_s - self._recent[0][0].start_s > keep_s + 1e-6:
            self._recent.popleft()
        window_start_s = frame.end_s - self._settings.onset_window_s
        voice_s = sum(f.audio.duration_s for f, v in self._recent if v and f.start_s >= window_start_s - 1e-6)
        if voice_s < self._settings.onset_s - 1e-6:
            return []
        self._frames = [f for f, _ in self._recent]
        self._recent.clear()
        self._voice_s = voice_s
        self._voice_end_s = frame.end_s
        self._paused = False
        return [VoiceStarted()]

    def _go_on(self, frame: Frame) -> list[HearingEvent]:
        events: list[HearingEvent] = []
        if self._paused:
            self._paused = False
            events.append(VoiceResumed())
        if frame.end_s - self._frames[0].start_s >= self._settings.max_utterance_s:
            events += [VoicePaused(self._utterance()), UtteranceEnded()]
            self._end()
        return events

    def _fall_silent(self, frame: Frame) -> list[HearingEvent]:
        pause_s = frame.end_s - self._voice_end_s + 1e-6
        enough = self._voice_s >= self._settings.min_voice_s
        events: list[HearingEvent] = []
        if enough and not self._paused and pause_s >= self._settings.draft_pause_s:
            self._paused = True
            events.append(VoicePaused(self._utterance(), frame.end_s - self._voice_end_s))
        if pause_s >= self._settings.hangover_s:
            events.append(UtteranceEnded() if enough else VoiceDiscarded())
            self._end()
        return events

    def _utterance(self) -> Utterance:
        samples = np.concatenate([frame.audio.samples for frame in self._frames])
        return Utterance(Audio(samples, HEARING_RATE_HZ), self._frames[0].start_s, self._voice_end_s)

    def _end(self) -> None:
        self._frames = []
        self._voice_s = 0.0
        self._paused = False
