"""A simulated visitor in the microphone's place: asks questions aloud, waits for the answers, sometimes interrupts."""

from __future__ import annotations

import itertools
import json
import logging
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from installation.sound.clock import Clock, MonotonicClock, in_real_time
from installation.sound.sources import FRAME_SAMPLES
from models.audio import HEARING_RATE_HZ, Audio, Frame, Samples
from models.protocols import Language, ModelError
from models.settings import SettingsError, read_toml

log = logging.getLogger(__name__)

ROOM_TONE_DB = -70.0
INTERRUPTS_EVERY = 4
"""After so many questions the visitor does not wait for the end of the answer."""
INTERRUPTS_AFTER_S = 3.0
"""So long after the house has stopped listening: it thinks for a moment and is then in the middle of its answer."""
VOICES: dict[Language, tuple[str, ...]] = {
    "en": ("en-gb+f2", "en-us+m3", "en-gb-scotland+m1", "en-us+f4"),
    "fr": ("fr+f2", "fr-be+m3", "fr-ch+f4", "fr+m7"),
}
"""Voices of espeak-ng."""

Render = Callable[[str, Language, str], Audio]
"""Text, its language and a voice's name to sound. Raises ModelError."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a visitor may ask."""

    language: Language
    text: str

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError("text must not be empty")


@dataclass(frozen=True, slots=True)
class _QuestionFile:
    question: tuple[Question, ...] = ()
    pronunciations: dict[str, str] = field(default_factory=dict)
    """For the ears that are to recognise the questions: see models.phrasebook."""


def load_questions(path: Path, languages: Sequence[Language]) -> tuple[Question, ...]:
    """The `[[question]]` tables (`language`, `text`) of a TOML file, at least one, all in `languages`.

    Raises:
        SettingsError: the file is missing or wrong; one sentence that names the file and the key.
    """
    questions = read_toml(path, _QuestionFile).question
    if not questions:
        raise SettingsError(f"{path}: has no question; write at least one [[question]] with language and text.")
    for question in questions:
        if question.language not in languages:
            count = sum(each.language == question.language for each in questions)
            which = f"the question {json.dumps(question.text, ensure_ascii=False)}"
            raise SettingsError(
                f"{path}: {f'{which} and {count - 1} more are' if count > 1 else f'{which} is'} in "
                f'"{question.language}", which the show does not speak ({", ".join(languages)}); take '
                f"{'them' if count > 1 else 'it'} out, or add the language to [show] languages in show.toml."
            )
    return questions


@dataclass(slots=True)
class _Patience:
    """For how long the house has been listening, or not, without a break, in seconds."""

    listening: bool = True
    for_s: float = 0.0

    def see(self, listening: bool, step_s: float) -> None:
        self.for_s = self.for_s + step_s if listening == self.listening else 0.0
        self.listening = listening


@dataclass(slots=True)
class _Plan:
    """Which question comes next, in which voice, and whether it interrupts."""

    questions: Sequence[Question]
    random: random.Random
    asked: int = 0
    _rest: list[Question] = field(default_factory=list)
    _voices: dict[Language, Iterator[str]] = field(default_factory=dict)

    def next(self) -> tuple[Question, str]:
        if not self._rest:
            self._rest = self.random.sample(list(self.questions), len(self.questions))
        question = self._rest.pop()
        known = VOICES.get(question.language, (question.language,))
        voices = self._voices.setdefault(question.language, itertools.cycle(known))
        self.asked += 1
        return question, next(voices)

    @property
    def interrupts(self) -> bool:
        return self.asked > 0 and self.asked % INTERRUPTS_EVERY == 0


class SimulatedVisitor:
    """A frame source: very quiet room tone, and now and then a question."""

    name = "simulated visitor"
    overruns = 0

    def __init__(
        self,
        questions: Sequence[Question],
        render: Render,
        pause_s: float,
        is_listening: Callable[[], bool],
        clock: Clock | None = None,
        seed: int = 1,
    ) -> None:
        """The visitor asks after the house has listened (`is_listening`) for `pause_s` without a break."""
        self._plan = _Plan(questions, random.Random(seed))
        self._noise = np.random.default_rng(seed)
        self._render = render
        self._pause_s = pause_s
        self._is_listening = is_listening
        self._clock = clock or MonotonicClock()
        self._closed = False

    def __enter__(self) -> SimulatedVisitor:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def frames(self) -> Iterator[Frame]:
        """Frames of FRAME_SAMPLES at 16 kHz in real time, until `close`."""
        return in_real_time(self._room(), self._clock, lambda: self._closed)

    def close(self) -> None:
        """End `frames`, from any thread."""
        self._closed = True

    def _room(self) -> Iterator[Frame]:
        speech: Samples = np.zeros(0, np.float32)
        patience = _Patience()
        for number in itertools.count():
            patience.see(self._is_listening(), FRAME_SAMPLES / HEARING_RATE_HZ)
            if len(speech):
                patience.for_s = 0.0
            elif self._wants_to_speak(patience):
                speech, patience = self._ask(), _Patience()
            said, speech = speech[:FRAME_SAMPLES], speech[FRAME_SAMPLES:]
            samples = self._room_tone()
            samples[: len(said)] += said
            yield Frame(Audio(samples, HEARING_RATE_HZ), number * FRAME_SAMPLES / HEARING_RATE_HZ)

    def _wants_to_speak(self, patience: _Patience) -> bool:
        if patience.listening:
            return patience.for_s >= self._pause_s
        return self._plan.interrupts and patience.for_s >= INTERRUPTS_AFTER_S

    def _ask(self) -> Samples:
        """The sound of the next question at 16 kHz; nothing if its voice failed."""
        question, voice = self._plan.next()
        try:
            return self._render(question.text, question.language, voice).at_rate(HEARING_RATE_HZ).samples
        except ModelError as error:
            log.warning("The simulated visitor cannot ask “%s”: %s", question.text, error)
            return np.zeros(0, np.float32)

    def _room_tone(self) -> Samples:
        return self._noise.normal(0.0, 10 ** (ROOM_TONE_DB / 20), FRAME_SAMPLES).astype(np.float32)
