"""The rig: a house on the virtual sound card, a visitor who speaks to it, and the tape from which it is judged."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from models.audio import Audio
from scripts.bench_house import HouseProcess, house_process
from scripts.bench_latency import first_loud
from scripts.turns import sentences
from scripts.turns.judging import Passage, Reference, find, reference, sounding_at
from scripts.turns.shows import BenchShow, bench_show
from scripts.turns.stimuli import Stimulus
from tests.fakes.sound_card import RATE_HZ, Tape, VirtualSoundCard

T = TypeVar("T")

PATIENCE_S = 6.0
"""No answer within so long is none."""
LONGEST_ANSWER_S = 60.0
_TRIES = 3
_LOOK_S = 0.1
_AFTER_S = 0.1
_USUAL_QUESTION = "What do you remember of the sea?"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a part of the bench plays with."""

    home: Path
    ears: str
    """"instant" or "pocket"."""
    voice: str = "instant"
    answer: str = sentences.ANSWER


def in_its_language(stimulus: Stimulus) -> tuple[str, ...]:
    """What instant ears hear of it, draft by draft, each line with the mark of its language."""
    return tuple(f"{stimulus.language}: {words}" for words in stimulus.drafts)


class Rig:
    """What the parts of the bench do with a running house."""

    def __init__(self, card: VirtualSoundCard, house: HouseProcess, tape: Tape, show: BenchShow) -> None:
        self.card = card
        self.house = house
        self.tape = tape
        self.show = show
        self.torn = 0
        """Trials that were never played without a hole."""

    def say(self, stimulus: Stimulus) -> Passage:
        """The visitor says it to its end; words come out of instant ears as the stimulus tells.

        Raises:
            RuntimeError: the machine was too busy to play it in one piece.
        """
        self.show.expect(in_its_language(stimulus) or (_USUAL_QUESTION,))
        played = stimulus.at_rate(RATE_HZ)
        for _ in range(_TRIES):
            begin_s = self.tape.length_s
            self.card.speak(played.audio)
            self.tape.run_on(_AFTER_S)
            passage = find(self.tape.since(begin_s)[0], played, 0.0)
            if passage is not None:
                return Passage(passage.stimulus, begin_s + passage.start_s)
            self.hush()
        raise RuntimeError(f"{stimulus.name}: it could not be played in one piece; the machine is too busy to measure")

    def play(self, audio: Audio) -> float:
        """A sound that nobody means for the double; returns where on the tape it begins."""
        begin_s = self.tape.length_s
        self.card.speak(audio.at_rate(RATE_HZ))
        return begin_s

    def ask(self) -> float | None:
        """Type a question at the panel; where on the tape the answer begins, None if it does not."""
        self.show.expect((_USUAL_QUESTION,))
        begin_s = self.tape.length_s
        self.house.command("ask", text=_USUAL_QUESTION)
        return self.sound_after(begin_s)

    def sound_after(self, from_s: float, within_s: float = PATIENCE_S) -> float | None:
        """Wait for the house's next sound from there on; where on the tape it begins, None if none came in time."""
        end_s = self.tape.length_s + within_s
        while True:
            begun_s = first_loud(self.tape.since(from_s)[1], 0.0)
            if begun_s is not None:
                return from_s + begun_s
            if self.tape.length_s >= end_s:
                return None
            self.tape.run_on(_LOOK_S)

    def until_silent(self, quiet_s: float, within_s: float = LONGEST_ANSWER_S) -> bool:
        """Wait until the house has been silent for so long; false if it talks on and on."""
        end_s = self.tape.length_s + within_s
        while self.tape.length_s < end_s:
            self.tape.run_on(_LOOK_S)
            now_s = self.tape.length_s
            track = self.tape.since(max(0.0, now_s - quiet_s))[1]
            if now_s > quiet_s and not sounding_at(track, quiet_s, quiet_s):
                return True
        return False

    def hush(self) -> None:
        """Silence the house after a measurement, so that the next one begins in a silent room.

        Raises:
            RuntimeError: it cannot be silenced.
        """
        for _ in range(5):
            self.house.command("interrupt")
            if self.until_silent(0.5, within_s=3.0):
                return
        raise RuntimeError("the house could not be silenced between two measurements")

    def is_alive(self) -> None:
        """Have it answer once: a house that never says a word would pass many a test.

        Raises:
            RuntimeError: it gives no answer.
        """
        if self.ask() is None:
            raise RuntimeError("the double gave no answer to a typed question")
        self.hush()

    def fairly(self, trial: Callable[[], T]) -> T:
        """What a trial brings, tried again where the machine was too busy to give the house its sound in time.

        However it ended: to repeat only what went wrong would be to choose.
        """
        for _ in range(_TRIES):
            lost = self._lost()
            result = trial()
            if self._lost() == lost:
                return result
        self.torn += 1
        return result

    def _lost(self) -> int:
        health = self.house.snapshot()["health"]
        return int(health["underruns"]) + int(health["overruns"])

    def undisturbed(self) -> Reference:
        """The answer as it sounds when nobody says a word.

        Raises:
            RuntimeError: there is none.
        """
        return self.fairly(self._undisturbed)

    def _undisturbed(self) -> Reference:
        begun_s = self.ask()
        if begun_s is None:
            raise RuntimeError("the double gave no answer to a typed question")
        self.until_silent(1.5)
        return reference(self.tape.since(begun_s - _AFTER_S)[1])


@contextmanager
def rig(card: VirtualSoundCard, setting: Setting) -> Iterator[Rig]:
    """A house of its own on `card`, with the tape running; both are ended after."""
    folder = setting.home / f"show-{time.monotonic_ns()}"
    show = bench_show(folder, setting.ears, setting.voice, setting.answer)
    try:
        with house_process(card.env, folder / "home", str(folder)) as house, card.tape() as tape:
            yield Rig(card, house, tape, show)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
