"""A house that plays on the virtual sound card, and ears that judge it from the recording alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from installation.entries import LineState, Who
from installation.show_log_file import LogError
from installation.show_log_reading import read_evening
from models.audio import Audio, Samples
from scripts.bench_house import HouseProcess, house_process
from scripts.bench_latency import first_loud
from tests.fakes.sound_card import RATE_HZ, Tape, VirtualSoundCard

ANSWER_S = 6.0
"""How long an answer of the instant engines sounds."""
PATIENCE_S = 20.0
"""How long a busy machine may take for anything before the test gives up."""
_POLL_S = 0.25
"""Every look at the panel holds one of its 30 streams until its next beat, 5 s later: look no oftener."""
_SILENCE_S = 0.4
"""So long without sound is the end of an answer, and not the gap between two sentences."""
_WINDOW_S = 0.02
_LOUD = 0.01


def wait_until(condition: Callable[[], bool], what: str, within_s: float = PATIENCE_S) -> None:
    """Return once `condition` holds; fail with `what` if it never does."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, f"within {within_s:.0f} s: {what}"
        time.sleep(_POLL_S)


def states_logged(home: Path) -> set[tuple[Who, LineState]]:
    """What has happened to whose lines, by the show log."""
    files = list((home / "logs").glob("*.sqlite"))
    try:
        return {(line.who, line.state) for line in read_evening(files[0]).lines} if files else set()
    except LogError:
        return set()


def sounding_s(samples: Samples, from_s: float, to_s: float | None = None) -> float:
    """How many seconds of sound there are between two moments."""
    part = samples[round(from_s * RATE_HZ) : None if to_s is None else round(to_s * RATE_HZ)]
    window = round(_WINDOW_S * RATE_HZ)
    whole = len(part) // window * window
    return float((np.abs(part[:whole]).reshape(-1, window).max(axis=1) > _LOUD).sum()) * _WINDOW_S


def end_of_sound(samples: Samples, from_s: float) -> float | None:
    """Where the sound that is on at `from_s`, or the next one, ends; None while it lasts."""
    start = round(from_s * RATE_HZ)
    loud = np.flatnonzero(np.abs(samples[start:]) > _LOUD)
    if len(loud) == 0:
        return None
    gaps = np.flatnonzero(np.diff(loud) > _SILENCE_S * RATE_HZ)
    if len(gaps) == 0 and len(samples) - start - loud[-1] < _SILENCE_S * RATE_HZ:
        return None
    return (start + int(loud[gaps[0]] if len(gaps) else loud[-1])) / RATE_HZ


def ends_softly(samples: Samples, end_s: float) -> bool:
    """Whether the sound that ends there fades: in its last 4 ms it is far below what it was before."""
    last = np.abs(samples[round((end_s - 0.004) * RATE_HZ) : round((end_s + 0.004) * RATE_HZ)]).max()
    before = np.abs(samples[round((end_s - 0.2) * RATE_HZ) : round((end_s - 0.05) * RATE_HZ)]).max()
    return bool(last < 0.6 * before)


class Auditorium:
    """A seat in the room: speaks to the house, hears it on the tape."""

    def __init__(self, card: VirtualSoundCard, house: HouseProcess, tape: Tape) -> None:
        self.card = card
        self.house = house
        self.tape = tape

    def ask(self, question: Audio) -> tuple[float, float]:
        """Say it aloud; returns where on the tape it begins and ends, in seconds."""
        begin_s = self.tape.length_s
        self.card.speak(question)
        wait_until(
            lambda: end_of_sound(self.tape.visitor, begin_s) is not None, "the tape does not hold the visitor's voice"
        )
        onset_s, end_s = first_loud(self.tape.visitor, begin_s), end_of_sound(self.tape.visitor, begin_s)
        assert onset_s is not None
        assert end_s is not None
        return onset_s, end_s

    def hears_answer(self, from_s: float, within_s: float = PATIENCE_S) -> float:
        """Wait for the house's next sound after `from_s`; returns where on the tape it begins."""
        wait_until(lambda: first_loud(self.tape.house, from_s) is not None, "the double does not answer", within_s)
        answer_s = first_loud(self.tape.house, from_s)
        assert answer_s is not None
        return answer_s

    def hears_end(self, from_s: float) -> float:
        """Wait until what sounds at `from_s` is over; returns where on the tape it ends."""
        wait_until(lambda: end_of_sound(self.tape.house, from_s) is not None, "the double does not fall silent")
        end_s = end_of_sound(self.tape.house, from_s)
        assert end_s is not None
        return end_s

    def hears_nothing(self, from_s: float, seconds: float) -> bool:
        """Listen that much longer; whether the house has been silent since `from_s`."""
        self.tape.run_on(seconds)
        return first_loud(self.tape.house, from_s) is None

    def is_quiet(self) -> bool:
        """Silence the house after a test; whether it listens."""
        self.house.command("interrupt")
        return bool(self.house.snapshot()["scene"]["mood"] == "listening")


@contextmanager
def auditorium(card: VirtualSoundCard, home: Path, *arguments: str) -> Iterator[Auditorium]:
    """A house of its own on `card`, with the tape running before it opens."""
    with card.tape() as tape, house_process(card.env, home, *arguments) as house:
        yield Auditorium(card, house, tape)
