"""Utterances of visitors as values: sound, where the voice begins and ends, and the pause that they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from models.audio import HEARING_RATE_HZ, Audio, Samples, level_db

LEVEL_DB = -23.0
"""Of the voiced stretches of every utterance: what a visitor at a microphone brings."""
FRAME_S = 0.01
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.45, 0.7
_BELOW_SPEECH_DB = 30.0
_ABOVE_FLOOR_DB = 8.0
_NOTHING_DB = -80.0
_FADE_S = 0.01


@dataclass(frozen=True, slots=True)
class Stimulus:
    """What a visitor says once; all times in seconds from its first sample."""

    name: str
    audio: Audio
    onset_s: float
    """Its first voiced sample."""
    last_voiced_s: float
    language: str
    pause_s: tuple[float, float] | None = None
    """Where the pause that was put into it begins and ends; None for an utterance in one breath."""
    drafts: tuple[str, ...] = ()
    """What ears would hear, draft by draft: half of it at the pause, then the whole."""

    def at_rate(self, rate_hz: int) -> Stimulus:
        """The same at another rate."""
        return replace(self, audio=self.audio.at_rate(rate_hz))

    def at_level(self, voiced_db: float) -> Stimulus:
        """The same, louder or softer, so that its voiced stretches have this level."""
        gain = 10 ** ((voiced_db - voiced_level_db(self.audio)) / 20)
        samples = (self.audio.samples * gain).clip(-1, 1).astype(np.float32)
        return replace(self, audio=Audio(samples, self.audio.rate_hz))


def levels_db(audio: Audio) -> np.ndarray:
    """The level of each 10 ms, smoothed over three of them, shape (frames,)."""
    frame = round(FRAME_S * audio.rate_hz)
    whole = len(audio.samples) // frame
    if whole == 0:
        return np.zeros(0)
    power = np.square(audio.samples[: whole * frame], dtype=np.float64).reshape(whole, frame).mean(axis=1)
    return np.asarray(10 * np.log10(np.convolve(power, np.ones(3) / 3, "same") + 1e-10))


def voiced_spans(audio: Audio) -> list[tuple[float, float]]:
    """Where there is more than the room: begin and end in seconds of each stretch, found by level alone."""
    levels = levels_db(audio)
    if len(levels) == 0 or levels.max() < _NOTHING_DB:
        return []
    threshold = max(np.percentile(levels, 8) + _ABOVE_FLOOR_DB, np.percentile(levels, 95) - _BELOW_SPEECH_DB)
    # An utterance that was cut closely has no floor of its own: then its softest sounds must not count as the room.
    threshold = min(threshold, np.percentile(levels, 95) - 15.0)
    steps = np.diff(np.concatenate(([0], levels > threshold, [0])).astype(int))
    begins, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return [(int(begin) * FRAME_S, int(end) * FRAME_S) for begin, end in zip(begins, ends, strict=True)]


def voiced_level_db(audio: Audio) -> float:
    """The level of the voiced stretches together, in dBFS."""
    cuts = [(round(begin * audio.rate_hz), round(end * audio.rate_hz)) for begin, end in voiced_spans(audio)]
    return level_db(np.concatenate([audio.samples[begin:end] for begin, end in cuts])) if cuts else -120.0


def stimulus(name: str, audio: Audio, language: str, drafts: tuple[str, ...] = ()) -> Stimulus:
    """An utterance whose voiced part is looked for in `audio`; at LEVEL_DB.

    Raises:
        ValueError: there is no voice in it.
    """
    spans = voiced_spans(audio)
    if not spans:
        raise ValueError(f"{name}: there is nothing but silence in it")
    return Stimulus(name, audio, spans[0][0], spans[-1][1], language, drafts=drafts).at_level(LEVEL_DB)


def room_tone(duration_s: float, like: Audio | None = None, seed: int = 0) -> Samples:
    """The sound of a room in which nobody speaks, at 16 kHz: the softest stretch of `like`, or a little hiss."""
    count = round(duration_s * HEARING_RATE_HZ)
    if like is None:
        return np.random.default_rng(seed).normal(0, 10 ** (-65 / 20), count).astype(np.float32)
    softest = _softest(like.samples, round(0.08 * HEARING_RATE_HZ))
    # There and back again, so that the seams have no step.
    return np.resize(np.concatenate((softest, softest[::-1])), count).astype(np.float32)


def held(whole: Stimulus, pause_s: float, drafts: tuple[str, ...], tone: Samples | None = None) -> Stimulus:
    """The same with a pause of room tone, `pause_s` from voice to voice, at its softest place in the middle."""
    rate_hz = whole.audio.rate_hz
    at_s = _softest_place(whole)
    spans = voiced_spans(whole.audio)
    begin_s = max(min(end_s, at_s) for start_s, end_s in spans if start_s < at_s)
    natural_s = min(max(start_s, at_s) for start_s, end_s in spans if end_s > at_s) - begin_s
    longer_s = max(0.0, pause_s - natural_s)
    tone = room_tone(longer_s) if tone is None else tone
    at, count = round(at_s * rate_hz), round(longer_s * rate_hz)
    first, second = faded(whole.audio.samples[:at], rate_hz), faded(whole.audio.samples[at:], rate_hz)
    return replace(
        whole,
        name=f"{whole.name}, holding {1000 * pause_s:.0f} ms",
        audio=Audio(np.concatenate((first, np.resize(tone, count), second)), rate_hz),
        last_voiced_s=whole.last_voiced_s + longer_s,
        pause_s=(begin_s, begin_s + natural_s + longer_s),
        drafts=drafts,
    )


def pauses_s(seed: int) -> Iterator[float]:
    """Lengths of pauses, without end."""
    random = np.random.default_rng(seed)
    while True:
        yield float(random.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S))


def faded(samples: Samples, rate_hz: int) -> Samples:
    """The same without a click at either end."""
    count = min(round(_FADE_S * rate_hz), len(samples) // 2)
    ramp = np.linspace(0, 1, count, dtype=np.float32)
    faded_samples = samples.copy()
    faded_samples[:count] *= ramp
    faded_samples[len(samples) - count :] *= ramp[::-1]
    return faded_samples


def _softest_place(whole: Stimulus) -> float:
    """Where a pause fits best: the softest 10 ms between a third and two thirds of what is said, in seconds."""
    length_s = whole.last_voiced_s - whole.onset_s
    begin = round((whole.onset_s + length_s / 3) / FRAME_S)
    end = round((whole.onset_s + 2 * length_s / 3) / FRAME_S)
    return (begin + int(np.argmin(levels_db(whole.audio)[begin:end])) + 0.5) * FRAME_S


def _softest(samples: Samples, count: int) -> Samples:
    starts = range(0, max(1, len(samples) - count), count // 4)
    return min((samples[start : start + count] for start in starts), key=lambda piece: float(np.abs(piece).mean()))
