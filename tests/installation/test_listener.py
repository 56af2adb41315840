"""What the house makes of a microphone whose sound breaks off and comes back later."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from installation.events import (
    Event,
    InputEnded,
    SuspicionLifted,
    UtteranceEnded,
    VoiceDiscarded,
    VoiceGrown,
    VoicePaused,
    VoiceResumed,
    VoiceStarted,
    VoiceSuspected,
)
from installation.hearing.hearing import Hearing
from installation.hearing.listener import Listener
from installation.sound.sources import FRAME_SAMPLES
from installation.turn_taking.settings import TurnTakingSettings
from models.audio import HEARING_RATE_HZ, Audio, Frame, Samples

Stretch = tuple[float, float, float]
"""Where a stretch of sound begins on the sample clock, how long it lasts, and its constant level; in seconds."""


class BrokenSound:
    """A source that brings stretches of sound with whatever gaps they have between them, and ends."""

    name = "broken microphone"
    overruns = 0

    def __init__(self, *stretches: Stretch) -> None:
        self._stretches = stretches

    def __enter__(self) -> BrokenSound:
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to close."""

    def frames(self) -> Iterator[Frame]:
        for start_s, duration_s, level in self._stretches:
            for number in range(round(duration_s * HEARING_RATE_HZ / FRAME_SAMPLES)):
                audio = Audio(np.full(FRAME_SAMPLES, level, np.float32), HEARING_RATE_HZ)
                yield Frame(audio, start_s + number * FRAME_SAMPLES / HEARING_RATE_HZ)

    def close(self) -> None:
        """It ends by itself."""


class SlowDetector:
    """Takes what is loud for a voice, and what follows within `memory_s` as well, until it is told to forget."""

    window_samples = FRAME_SAMPLES

    def __init__(self, memory_s: float = 0.0) -> None:
        self._memory_samples = round(memory_s * HEARING_RATE_HZ)
        self._left_samples = 0

    suspects = False
    certainty = 1.0

    def is_voice(self, samples: Samples, careful: bool = False) -> bool:
        if samples.max() > 0.01:
            self._left_samples = self._memory_samples
            return True
        self._left_samples -= len(samples)
        return self._left_samples >= 0

    def reset(self) -> None:
        self._left_samples = 0


def hear(*stretches: Stretch, memory_s: float = 0.0) -> list[Event]:
    """What is told of these stretches."""
    told: list[Event] = []
    hearing = Hearing(SlowDetector(memory_s), TurnTakingSettings(open_pause_s=0.6))
    with Listener(BrokenSound(*stretches), hearing, told.append, lambda _: None):
        pass
    return [event for event in told if not isinstance(event, VoiceSuspected | SuspicionLifted | VoiceGrown)]


def kinds(told: list[Event]) -> list[type[Event]]:
    return [type(event) for event in told]


def test_a_question_before_a_loss_of_sound_is_not_answered_when_the_sound_is_back() -> None:
    told = hear((0.0, 1.0, 0.5), (1.0, 0.3, 0.0), (3600.0, 2.0, 0.0))
    assert kinds(told) == [VoiceStarted, VoicePaused, VoiceDiscarded, InputEnded]


def test_two_visitors_before_and_after_a_loss_of_sound_are_not_taken_for_one() -> None:
    told = hear((0.0, 1.0, 0.5), (60.0, 1.0, 0.25), (61.0, 1.0, 0.0))
    assert kinds(told) == [VoiceStarted, VoiceDiscarded, VoiceStarted, VoicePaused, UtteranceEnded, InputEnded]
    utterance = next(event.utterance for event in told if isinstance(event, VoicePaused))
    assert utterance.start_s == pytest.approx(60.0)
    assert utterance.audio.samples.max() == pytest.approx(0.25)


def test_a_voice_before_a_loss_of_sound_does_not_make_the_silence_after_it_a_voice() -> None:
    assert kinds(hear((0.0, 0.06, 0.5), (60.0, 1.0, 0.0), memory_s=0.2)) == [InputEnded]


def test_sound_that_begins_late_and_goes_on_without_a_break_is_whole() -> None:
    stretches: list[Stretch] = [(5.0, 1.0, 0.5), (6.0, 0.3, 0.0), (6.3 + 1e-7, 1.0, 0.5), (7.3, 1.0, 0.0)]
    told = hear(*stretches)
    assert kinds(told) == [VoiceStarted, VoicePaused, VoiceResumed, VoicePaused, UtteranceEnded, InputEnded]
