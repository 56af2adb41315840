"""What recordings tell of an exchange: pure functions on the tracks of a tape, all at RATE_HZ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.audio import Samples, level_db
from scripts.bench_latency import LOUD, first_loud
from scripts.turns.stimuli import Stimulus
from tests.fakes.sound_card import RATE_HZ

EXCERPT_S = 0.5
"""So much of an answer's beginning and of its end is looked for."""
ALIKE = 0.6
"""Likeness, 0..1, from which on a stretch of the tape is that excerpt; ducking and other voices do not change it."""
_TORN_S = 0.02
_HELD_UP_S = 4.0
_WINDOW_S, _HOP_S = 0.02, 0.005
_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Passage:
    """Where on a tape a stimulus was played."""

    stimulus: Stimulus
    start_s: float
    """Of its first sample, in seconds of the tape."""

    @property
    def onset_s(self) -> float:
        """The first voiced sample, on the tape."""
        return self.start_s + self.stimulus.onset_s

    @property
    def last_voiced_s(self) -> float:
        """The last voiced sample, on the tape."""
        return self.start_s + self.stimulus.last_voiced_s


def find(visitor: Samples, stimulus: Stimulus, from_s: float) -> Passage | None:
    """Where the stimulus is on the visitor's track, which is digitally silent otherwise; None if it was torn."""
    sounding = np.flatnonzero(visitor[round(from_s * RATE_HZ) :])
    own = np.flatnonzero(stimulus.audio.samples)
    if len(sounding) == 0:
        return None
    lasted_s, own_s = (sounding[-1] - sounding[0]) / RATE_HZ, (own[-1] - own[0]) / stimulus.audio.rate_hz
    if abs(lasted_s - own_s) > _TORN_S:
        return None
    return Passage(stimulus, from_s + int(sounding[0]) / RATE_HZ - int(own[0]) / stimulus.audio.rate_hz)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of an utterance."""

    gap_s: float | None
    """From the last voiced sample to the first of the answer; None without an answer, or when it came too early."""
    is_early: bool
    """It began before the visitor had finished."""


def reply(house: Samples, passage: Passage) -> Reply:
    """What the house did, on a track that is silent before the passage."""
    begun_s = first_loud(house, passage.start_s)
    if begun_s is None:
        return Reply(None, False)
    gap_s = begun_s - passage.last_voiced_s
    return Reply(None, True) if gap_s < 0 else Reply(gap_s, False)


def sounding_at(samples: Samples, at_s: float, window_s: float = 0.3) -> bool:
    """Whether there is sound just before that moment."""
    return bool((np.abs(_between(samples, at_s - window_s, at_s)) > LOUD).any())


def ducked_s(house: Samples, onset_s: float, by_db: float = 6.0, within_s: float = 2.0) -> float | None:
    """How long after `onset_s` an even sound is softer by so much; None if that did not happen.

    Silence counts: whoever stops without ducking has ducked at that moment.
    """
    before_db = level_db(_between(house, onset_s - 0.3, onset_s))
    if before_db < -60:
        return None
    soft = 0
    for number in range(round(within_s / _HOP_S)):
        at_s = onset_s + number * _HOP_S
        start = round(at_s * RATE_HZ)
        window = house[start : start + round(_WINDOW_S * RATE_HZ)]
        if len(window) == 0:
            return None
        soft = soft + 1 if level_db(window) <= before_db - by_db else 0
        if soft == _IN_A_ROW:
            return at_s - (_IN_A_ROW - 1) * _HOP_S + _WINDOW_S / 2 - onset_s
    return None


def stopped_s(house: Samples, onset_s: float, quiet_s: float, within_s: float) -> float | None:
    """How long after `onset_s` the sound that is on there ends, for `quiet_s` at least; None if it goes on."""
    if not sounding_at(house, onset_s):
        return None
    rest = house[round(onset_s * RATE_HZ) :]
    loud = np.flatnonzero(np.abs(rest) > LOUD)
    ends = np.concatenate((loud, [-1])) if len(loud) == 0 else loud
    gaps = np.flatnonzero(np.diff(np.concatenate((ends, [len(rest)]))) > quiet_s * RATE_HZ)
    if len(gaps) == 0:
        return None
    stopped = max(0.0, int(ends[gaps[0]]) / RATE_HZ)
    return stopped if stopped <= within_s else None


@dataclass(frozen=True, slots=True)
class Reference:
    """An answer as it sounds when nobody disturbs it."""

    whole: Samples

    @property
    def head(self) -> Samples:
        """Its first EXCERPT_S."""
        return self.whole[: round(EXCERPT_S * RATE_HZ)]

    @property
    def tail(self) -> Samples:
        """Its last EXCERPT_S."""
        return self.whole[-round(EXCERPT_S * RATE_HZ) :]

    @property
    def length_s(self) -> float:
        """In seconds."""
        return len(self.whole) / RATE_HZ

    def is_on(self, track: Samples, at_s: float) -> bool:
        """Whether it is this answer, given once, that is being spoken there, on a track that begins just before it.

        It may be behind by what it was held up, and is not to be known in the gap between two sentences.
        """
        if len(places(track[: round(at_s * RATE_HZ)], self.head)) != 1:
            return False
        excerpt = _between(track, at_s - 2 * EXCERPT_S, at_s)
        return any(place_s < at_s and at_s - place_s < _HELD_UP_S for place_s in places(self.whole, excerpt))


def reference(house: Samples) -> Reference:
    """The beginning and the end of the one answer on this track.

    Raises:
        RuntimeError: there is none, or it is too short to be known again.
    """
    loud = np.flatnonzero(np.abs(house) > LOUD)
    if len(loud) == 0 or loud[-1] - loud[0] < 4 * EXCERPT_S * RATE_HZ:
        raise RuntimeError("the double gave no answer that could be known again")
    return Reference(house[loud[0] : loud[-1] + 1])


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an answer."""

    begun: bool
    finished: bool
    """Its end was heard, and it was not begun anew before: that would be another answer."""
    answered_again: bool
    """Something was said after its end, or it was begun more than once: an answer to nobody."""

    @property
    def was_cut(self) -> bool:
        """An answer that never began is no success either."""
        return not self.finished


def fate(house: Samples, known: Reference) -> Fate:
    """What became of the answer `known` on a track that begins just before it."""
    heads, tails = places(house, known.head), places(house, known.tail)
    if not heads:
        return Fate(begun=False, finished=False, answered_again=False)
    second_s = heads[1] if len(heads) > 1 else float("inf")
    finished = bool(tails) and tails[0] < second_s
    after_s = tails[0] + EXCERPT_S + 0.3 if tails else float("inf")
    more = finished and first_loud(house, after_s) is not None
    return Fate(True, finished, more or len(heads) > 1)


def places(track: Samples, excerpt: Samples) -> list[float]:
    """Where in seconds the excerpt is on the track, whatever its loudness there."""
    count = len(track) - len(excerpt) + 1
    if count <= 0 or not excerpt.any():
        return []
    size = 1 << len(track).bit_length()
    cross = np.fft.irfft(np.fft.rfft(track, size) * np.conj(np.fft.rfft(excerpt, size)), size)[:count]
    energy = np.cumsum(np.concatenate(([0.0], np.square(track, dtype=np.float64))))
    loudness = np.sqrt(np.maximum(energy[len(excerpt) :] - energy[: -len(excerpt)], 1e-6))
    likeness = np.abs(cross) / (loudness * float(np.linalg.norm(excerpt)))
    found: list[float] = []
    while likeness[best := int(np.argmax(likeness))] >= ALIKE:
        found.append(best / RATE_HZ)
        likeness[max(0, best - len(excerpt)) : best + len(excerpt)] = 0
    return sorted(found)


def sounding_s(samples: Samples) -> float:
    """How many seconds of sound there are."""
    window = round(_WINDOW_S * RATE_HZ)
    whole = samples[: len(samples) // window * window].reshape(-1, window)
    return float((np.abs(whole).max(axis=1, initial=0.0) > LOUD).sum() * _WINDOW_S)


def _between(samples: Samples, from_s: float, to_s: float) -> Samples:
    return samples[max(0, round(from_s * RATE_HZ)) : max(0, round(to_s * RATE_HZ))]
