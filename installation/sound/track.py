"""The sound of one turn, sentence by sentence, and how far the loudspeaker has come in it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from installation.turn import Turn
from models.audio import Audio, Resampler, Samples


@dataclass(slots=True)
class SentenceSound:
    """The sound of one sentence, as far as it has been made; not yet played samples are kept, played ones are not."""

    part: int
    complete: bool = False
    """No more sound will come."""
    started: bool = False
    made_samples: int = 0
    played_samples: int = 0
    _pieces: deque[Samples] = field(default_factory=deque)

    @property
    def ready_samples(self) -> int:
        """Samples that could be played at once."""
        return self.made_samples - self.played_samples

    @property
    def over(self) -> bool:
        """Whether the last sample has been taken."""
        return self.complete and self.ready_samples == 0

    @property
    def heard(self) -> float:
        """Share (0..1) that has been played of what has been made."""
        return self.played_samples / self.made_samples if self.made_samples else 0.0

    def append(self, samples: Samples) -> None:
        """Put more sound at the end."""
        if len(samples):
            self._pieces.append(samples)
            self.made_samples += len(samples)

    def take_into(self, out: Samples) -> int:
        """Move the next samples into `out`; returns how many there were, at most its length."""
        filled = 0
        while filled < len(out) and self._pieces:
            piece = self._pieces.popleft()
            room = len(out) - filled
            out[filled : filled + len(piece)] = piece[:room]
            if len(piece) > room:
                self._pieces.appendleft(piece[room:])
            filled += min(len(piece), room)
        self.played_samples += filled
        return filled

    def convert(self, from_hz: int, to_hz: int) -> None:
        """Carry everything over to another rate."""
        rest = Audio(np.concatenate([np.zeros(0, np.float32), *self._pieces]), from_hz).at_rate(to_hz).samples
        self.played_samples = round(self.played_samples * to_hz / from_hz)
        self.made_samples = self.played_samples
        self._pieces.clear()
        self.append(rest)


class RateConverter:
    """Brings the pieces of one turn to the loudspeaker's rate without a seam between the pieces of a sentence.

    It belongs to the one thread that makes the turn's sound.
    """

    def __init__(self) -> None:
        self._stream: Resampler | None = None
        self._kind = (0, 0, 0)

    def convert(self, part: int, audio: Audio, to_hz: int, last: bool) -> Samples:
        """The next piece of sentence `part`, shape (n,), at `to_hz`; `last` flushes the filter."""
        kind = (part, audio.rate_hz, to_hz)
        if self._stream is None or kind != self._kind:
            self._stream, self._kind = Resampler(audio.rate_hz, to_hz), kind
        samples = self._stream.feed(audio.samples, last)
        if last:
            self._stream = None
        return samples


@dataclass(slots=True)
class Filler:
    """What sounds while an answer that was released is not ready: nothing before `after_s`, and once."""

    sound: Audio
    after_s: float
    text: str
    waited_s: float = 0.0
    _played: int = 0

    def fill(self, out: Samples, rate_hz: int) -> bool:
        """Wait, or sound into `out`; whether it has just begun."""
        if not self.sounding and self.waited_s < self.after_s:
            self.waited_s += len(out) / rate_hz
            return False
        begins = self._played == 0
        samples = self.sound.at_rate(rate_hz).samples
        piece = samples[self._played : self._played + len(out)]
        out[: len(piece)] = piece
        self._played += len(piece)
        if self._played >= len(samples):
            self._played, self.after_s = 0, float("inf")
        return begins

    @property
    def sounding(self) -> bool:
        """Whether it has begun and is not over."""
        return self._played > 0


class Track:
    """The sentences of one turn that have not been played to their end."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.converter = RateConverter()
        self.sentences: deque[SentenceSound] = deque()
        self.finished = False
        """No more sentences will come."""
        self.filler: Filler | None = None
        self._next_part = 0

    def append(self, part: int, samples: Samples, last: bool) -> None:
        """More sound of sentence `part`; `last` completes it."""
        if not self.sentences or self.sentences[-1].part != part:
            self.complete_last()
            self.sentences.append(SentenceSound(part))
            self._next_part = part + 1
        self.sentences[-1].append(samples)
        self.sentences[-1].complete |= last

    def complete_last(self) -> None:
        """No more sound comes for the newest sentence."""
        if self.sentences:
            self.sentences[-1].complete = True

    @property
    def position(self) -> tuple[int, float]:
        """The sentence that sounds or would sound next, and the share of it that has been played."""
        if not self.sentences:
            return self._next_part, 0.0
        return self.sentences[0].part, self.sentences[0].heard
