"""Which words an utterance has in a replay, and how long the ears take for them: as on the recorded evening."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from installation.events import (
    Utterance,
)
from installation.tape.notes import Note, What
from models.protocols import Transcript, TurnSense
from persona.memory import heard_part

SAME_WITHIN_S = 0.5
"""Utterances whose beginnings and ends are together no further apart than this are the same."""
USUAL_LATENCY_S = 0.5
"""Where the evening tells none."""
_SHORTER_S = 0.3
"""An utterance that ends so much earlier than the one whose words are known has only the first of them."""

Transcribe = Callable[[Utterance], Transcript]


@dataclass(frozen=True, slots=True)
class Understood:
    """What comes of listening to an utterance."""

    transcript: Transcript | None
    """None where the ears failed on it that evening."""
    after_s: float
    turn: int | None
    """The turn of the recorded evening that was drafted from it."""
    finished: float | None = None
    """Probability that its speaker had finished, by the sound; None: nobody was asked."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    turn: int
    begin_s: float
    end_s: float
    transcript: Transcript | None
    latency_s: float
    dropped: bool
    """Before its words were known."""


class RecordedWords:
    """What was understood on a recorded evening; or `transcribe` does it anew, in the time that it took then."""

    def __init__(
        self,
        notes: Sequence[Note],
        language: str,
        transcribe: Transcribe | None = None,
        turn_sense: TurnSense | None = None,
    ) -> None:
        """`language` is that of an utterance of which no words are known."""
        self._language = language
        self._turn_sense = turn_sense
        self._transcribe = transcribe
        words = {note.turn: note for note in notes if note.what is What.WORDS}
        dropped = {note.turn for note in notes if note.what is What.DROPPED}
        listened = [note for note in notes if note.what is What.LISTENED]
        # From the pause on, as the ears noticed it: on a busy machine it was decided about later.
        paused = {note.end_s: note.at_s for note in notes if note.what is What.VOICE_PAUSED}
        self._spoken = [
            _spoken(note, words.get(note.turn), paused.get(note.end_s, note.at_s), note.turn in dropped)
            for note in listened
        ]
        self.unknown = 0
        """Utterances of which no words are known, so far."""
        latencies = [spoken.latency_s for spoken in self._spoken if spoken.transcript is not None]
        self._latency_s = median(latencies) if latencies else USUAL_LATENCY_S

    def of(self, utterance: Utterance) -> Understood:
        """The words of `utterance`, or of the nearest in time."""
        same = self._same(utterance)
        latency_s = same.latency_s if same and same.transcript else self._latency_s
        turn = same.turn if same else None
        return Understood(self._words(utterance, same), latency_s, turn, self._finished(utterance))

    def _words(self, utterance: Utterance, same: _Spoken | None) -> Transcript | None:
        if self._transcribe is not None:
            return self._transcribe(utterance)
        if same is not None and (same.transcript or not same.dropped):
            return same.transcript
        return self._guessed(utterance)

    def _finished(self, utterance: Utterance) -> float | None:
        return self._turn_sense.finished(utterance.audio.samples) if self._turn_sense else None

    def _same(self, utterance: Utterance) -> _Spoken | None:
        def distance_s(spoken: _Spoken) -> float:
            return abs(spoken.begin_s - utterance.start_s) + abs(spoken.end_s - utterance.end_s)

        nearest = min(self._spoken, key=distance_s, default=None)
        return nearest if nearest is not None and distance_s(nearest) <= SAME_WITHIN_S else None

    def _guessed(self, utterance: Utterance) -> Transcript:
        """Of the utterance that shares most with this one, as many words as there was time for."""

        def shared_s(spoken: _Spoken) -> float:
            return min(spoken.end_s, utterance.end_s) - max(spoken.begin_s, utterance.start_s)

        known = [spoken for spoken in self._spoken if spoken.transcript is not None and shared_s(spoken) > 0]
        best = max(known, key=shared_s, default=None)
        if best is None or best.transcript is None:
            self.unknown += 1
            return Transcript("", self._language)
        if utterance.end_s > best.end_s - _SHORTER_S:
            return best.transcript
        share = (utterance.end_s - best.begin_s) / (best.end_s - best.begin_s)
        return Transcript(heard_part(best.transcript.text, share), best.transcript.language)


def _spoken(listened: Note, words: Note | None, paused_s: float, dropped: bool) -> _Spoken:
    begin_s, end_s = listened.begin_s or 0.0, listened.end_s or 0.0
    latency_s = max(0.0, words.at_s - paused_s) if words else 0.0
    transcript = Transcript(words.words, words.language) if words else None
    return _Spoken(listened.turn or 0, begin_s, end_s, transcript, latency_s, dropped)
