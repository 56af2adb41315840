"""The demo as a newcomer hears it: Whisper, llama.cpp and a voice, with nothing fetched, on a sound card."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from persona.language import guess_language
from scripts.bench_latency import spoken
from tests.fakes.auditorium import Auditorium, auditorium, wait_until
from tests.fakes.sound_card import VirtualSoundCard

pytestmark = [
    pytest.mark.sound,
    pytest.mark.skipif(bool(VirtualSoundCard.missing()), reason=VirtualSoundCard.missing()),
]


@pytest.fixture(scope="module")
def seat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Auditorium]:
    with VirtualSoundCard() as card, auditorium(card, tmp_path_factory.mktemp("home")) as seat:
        yield seat


def lines(seat: Auditorium, who: str, state: str) -> list[str]:
    told = seat.house.snapshot()["lines"]
    return [line["text"] for line in told if (line["who"], line["state"]) == (who, state)]


def test_the_chain_of_the_demo_is_the_real_one(seat: Auditorium) -> None:
    engines = {engine["role"]: engine["name"] for engine in seat.house.snapshot()["info"]["engines"]}
    assert "Whisper" in engines["ears"]
    assert "pocket" in engines["persona"]
    assert "espeak-ng" in engines["voice"]


@pytest.mark.parametrize(
    ("question", "voice", "language"),
    [("Are you a machine?", "en-gb+f4", "en"), ("Est-ce que vous êtes une machine ?", "fr-fr+m4", "fr")],
)
def test_a_visitor_is_understood_and_answered_in_their_language(
    seat: Auditorium, question: str, voice: str, language: str
) -> None:
    heard, spoken_before = len(lines(seat, "visitor", "heard")), len(lines(seat, "double", "spoken"))
    _, end_s = seat.ask(spoken(question, voice))
    answer_s = seat.hears_answer(end_s)
    assert lines(seat, "visitor", "heard")[heard:] == [question]
    seat.hears_end(answer_s)
    wait_until(lambda: seat.house.snapshot()["scene"]["mood"] == "listening", "the answer does not come to its end")
    answer = " ".join(lines(seat, "double", "spoken")[spoken_before:])
    assert guess_language(answer, ("en", "fr"), "?") == language
