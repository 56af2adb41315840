"""The demo as it is unpacked, a recording in the microphone's place, and a visitor who is none."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from installation.entries import LineState, Who
from models.audio import Audio
from scripts.bench_latency import QUESTION, spoken
from tests.fakes.auditorium import Auditorium, auditorium, states_logged, wait_until
from tests.fakes.sound_card import VirtualSoundCard

pytestmark = [
    pytest.mark.sound,
    pytest.mark.skipif(bool(VirtualSoundCard.missing()), reason=VirtualSoundCard.missing()),
]


@pytest.fixture(scope="module")
def card() -> Iterator[VirtualSoundCard]:
    with VirtualSoundCard() as card:
        yield card


def write_wav(path: Path, audio: Audio) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(audio.rate_hz)
        file.writeframes((audio.samples * 32_767).astype("<i2").tobytes())
    return path


def test_the_demo_answers_a_question_aloud(card: VirtualSoundCard, tmp_path: Path) -> None:
    with auditorium(card, tmp_path) as seat:
        answer_s = seat.hears_answer(seat.ask(spoken("Who are you?"))[1])
        assert seat.hears_end(answer_s) - answer_s > 1
        # How many of the words the embedded ears get right is theirs to test: here, that there were words.
        heard = [line["text"] for line in seat.house.snapshot()["lines"] if line["who"] == "visitor"]
    assert heard
    assert all(heard)


def test_the_demo_with_a_simulated_visitor_holds_a_conversation(card: VirtualSoundCard, tmp_path: Path) -> None:
    wanted = {
        (Who.VISITOR, LineState.HEARD),
        (Who.DOUBLE, LineState.RELEASED),
        (Who.DOUBLE, LineState.SPOKEN),
    }
    with auditorium(card, tmp_path, "--visitor") as seat:
        wait_until(lambda: wanted <= states_logged(tmp_path), "no line was heard, released and spoken", 60)
        assert np.abs(seat.tape.house).max() > 0.01, "the log holds an answer that nobody could hear"


def test_a_recording_in_the_microphones_place_waits_for_the_curator(card: VirtualSoundCard, tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "question.wav", spoken(QUESTION))
    options = ("--engines", "instant", "--mode", "curated", "--listen", str(recording))
    with auditorium(card, tmp_path, *options) as seat:
        wait_until(lambda: bool(_pending(seat)), "the question of the recording brought no draft")
        assert seat.hears_nothing(0, 1.0)
        let_go_s = seat.tape.length_s
        seat.house.command("release", turn_id=_pending(seat)[0])
        seat.hears_answer(let_go_s - 0.2)


def _pending(seat: Auditorium) -> list[int]:
    return list(seat.house.snapshot()["scene"]["pending"])
