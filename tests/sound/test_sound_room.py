"""The microphone and the loudspeaker on a sound card, judged by what can be heard in the room."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.audio import Samples
from tests.fakes.sound_card import RATE_HZ, VirtualSoundCard
from tests.fakes.sound_process import tone

pytestmark = [
    pytest.mark.sound,
    pytest.mark.skipif(bool(VirtualSoundCard.missing()), reason=VirtualSoundCard.missing()),
]

AUDIBLE = 0.01
STEEPEST_OF_THE_TONE = 0.5 * 2 * np.pi * 440 / RATE_HZ
"""Between neighbouring samples of a tone of 440 Hz; a click is steeper."""
ROOT = Path(__file__).parents[2]


class Room:
    """A process with a microphone and a loudspeaker, on the card."""

    def __init__(self, card: VirtualSoundCard) -> None:
        self.card = card
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "tests.fakes.sound_process"]
        self._process = subprocess.Popen(command, env=card.env, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, bufsize=1)
        self.until("ready")

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def until(self, beginning: str) -> list[str]:
        """The lines up to the first one that begins so."""
        assert self._process.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith(beginning):
            line = self._process.stdout.readline()
            assert line, f"the process ended before it said {beginning!r}; it said {lines}"
            lines.append(line.strip())
        return lines

    def heard_hz(self) -> float:
        self.tell("listen")
        return float(self.until("heard")[-1].split()[1])

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def card() -> Iterator[VirtualSoundCard]:
    with VirtualSoundCard() as card:
        yield card


@pytest.fixture
def room(card: VirtualSoundCard) -> Iterator[Room]:
    room = Room(card)
    try:
        yield room
    finally:
        room.close()


def audible(samples: Samples) -> tuple[float, float]:
    """Where the sound begins and ends, in seconds."""
    loud = np.flatnonzero(np.abs(samples) > AUDIBLE)
    assert len(loud), "nothing was heard"
    return float(loud[0]) / RATE_HZ, float(loud[-1]) / RATE_HZ


def steepest(samples: Samples) -> float:
    return float(np.abs(np.diff(samples)).max())


def pitch_hz(samples: Samples) -> float:
    return float(np.abs(np.fft.rfft(samples)).argmax() * RATE_HZ / len(samples))


def wait_for_pitch(room: Room, hz: float) -> None:
    """Return once the microphone hears that tone."""
    deadline_s = time.monotonic() + 10
    while abs(room.heard_hz() - hz) > 10:
        assert time.monotonic() < deadline_s, f"the microphone does not hear the tone of {hz} Hz"
        time.sleep(0.05)


def test_what_the_visitor_says_arrives_in_frames_at_16_khz(room: Room) -> None:
    with room.card.speaking(tone(880, 30)):
        wait_for_pitch(room, 880)


def test_what_the_double_says_is_heard_whole_and_at_its_pitch(room: Room) -> None:
    with room.card.tape() as tape:
        room.tell("say 1 660 1.0")
        assert "SentenceStarted(turn_id=1, part=0)" in room.until("TurnSpoken(turn_id=1)")
        tape.run_on(0.3)
        heard = tape.house
    began_s, ended_s = audible(heard)
    assert ended_s - began_s == pytest.approx(1.0, abs=0.05)
    assert pitch_hz(heard[round(began_s * RATE_HZ) : round(ended_s * RATE_HZ)]) == pytest.approx(660, abs=5)


def test_a_cut_is_a_short_fade_and_not_a_click(room: Room) -> None:
    with room.card.tape() as tape:
        room.tell("say 2 440 20.0")
        room.until("SentenceStarted(turn_id=2")
        tape.run_on(0.3)
        room.tell("cut 2")
        room.until("SpeechCut(turn_id=2")
        tape.run_on(0.3)
        heard = tape.house
    began_s, ended_s = audible(heard)
    assert ended_s - began_s < 10
    assert steepest(heard[round((ended_s - 0.1) * RATE_HZ) :]) < 1.1 * STEEPEST_OF_THE_TONE


def test_a_house_that_closes_in_the_middle_of_a_word_fades_out(room: Room) -> None:
    with room.card.tape() as tape:
        room.tell("say 5 440 20.0")
        room.until("SentenceStarted(turn_id=5")
        tape.run_on(0.3)
        room.tell("quit")
        room.until("closed")
        tape.run_on(0.3)
        heard = tape.house
    began_s, ended_s = audible(heard)
    assert ended_s - began_s < 10
    assert steepest(heard[round((ended_s - 0.1) * RATE_HZ) :]) < 1.1 * STEEPEST_OF_THE_TONE


def test_a_sound_server_that_dies_and_comes_back_is_told_once_and_sounds_again(room: Room) -> None:
    room.tell("say 3 440 2.0")
    room.until("SentenceStarted(turn_id=3")
    room.card.kill_server()
    said = room.until("TurnSpoken(turn_id=3)")
    assert sum("FaultRaised" in line for line in said) == 2
    assert {room_name for line in said for room_name in ("MICROPHONE", "LOUDSPEAKER") if room_name in line} == {
        "MICROPHONE",
        "LOUDSPEAKER",
    }
    room.card.restart_server()
    back = room.until("FaultCleared") + room.until("FaultCleared")
    assert not any("FaultRaised" in line for line in back)
    with room.card.tape() as tape:
        room.tell("say 4 660 1.0")
        room.until("TurnSpoken(turn_id=4)")
        tape.run_on(0.3)
        began_s, ended_s = audible(tape.house)
    assert ended_s - began_s == pytest.approx(1.0, abs=0.05)
    with room.card.speaking(tone(880, 30)):
        wait_for_pitch(room, 880)
