"""The whole house on a sound card: it is spoken to, and judged by what can be heard in the room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from installation.turn_taking.settings import TurnTakingSettings
from models.audio import Audio
from scripts.bench_house import HouseProcess, house_process
from scripts.bench_latency import QUESTION, spoken
from tests.fakes.auditorium import ANSWER_S, Auditorium, sounding_s, wait_until
from tests.fakes.sound_card import VirtualSoundCard

pytestmark = [
    pytest.mark.sound,
    pytest.mark.skipif(bool(VirtualSoundCard.missing()), reason=VirtualSoundCard.missing()),
]

SHOUT = "Wait, stop, I have another question."


@pytest.fixture(scope="module")
def card() -> Iterator[VirtualSoundCard]:
    with VirtualSoundCard() as card:
        yield card


@pytest.fixture(scope="module")
def house(card: VirtualSoundCard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HouseProcess]:
    home: Path = tmp_path_factory.mktemp("home")
    with house_process(card.env, home, "--engines", "instant") as house:
        yield house


@pytest.fixture
def seat(card: VirtualSoundCard, house: HouseProcess) -> Iterator[Auditorium]:
    """A house that listens, whatever the test before has left it in."""
    house.command("mute_microphone", muted=False)
    house.command("set_mode", mode="performance")
    with card.tape() as tape:
        seat = Auditorium(card, house, tape)
        wait_until(seat.is_quiet, "the house does not come to rest")
        tape.run_on(0.5)
        yield seat


def test_a_spoken_question_is_answered_soon_and_to_the_end(seat: Auditorium) -> None:
    _, end_s = seat.ask(spoken(QUESTION))
    answer_s = seat.hears_answer(end_s)
    assert TurnTakingSettings().finished_pause_s < answer_s - end_s < 3
    assert seat.hears_end(answer_s) - answer_s == pytest.approx(ANSWER_S, abs=0.6)


def test_who_speaks_over_the_double_silences_it_and_is_answered(seat: Auditorium) -> None:
    _, end_s = seat.ask(spoken(QUESTION))
    first_s = seat.hears_answer(end_s)
    seat.tape.run_on(0.5)
    shout_s, shout_end_s = seat.ask(spoken(SHOUT, "en-us"))
    silent_s = seat.hears_end(first_s)
    assert silent_s < min(shout_s + 1.5, first_s + ANSWER_S - 1), "it did not stop for the visitor"
    second_s = seat.hears_answer(silent_s + 0.1)
    assert second_s > shout_end_s, "it did not let the visitor finish"
    assert seat.hears_end(second_s) - second_s == pytest.approx(ANSWER_S, abs=0.6), "no new and whole answer came"


def test_a_cough_does_not_stop_the_double(seat: Auditorium) -> None:
    _, end_s = seat.ask(spoken(QUESTION))
    answer_s = seat.hears_answer(end_s)
    voice = spoken(QUESTION)
    seat.card.speak(Audio(voice.samples[: voice.rate_hz * 4 // 100], voice.rate_hz))
    assert seat.hears_end(answer_s) - answer_s == pytest.approx(ANSWER_S, abs=0.6)


def test_the_panels_interrupt_silences_it_for_good(seat: Auditorium) -> None:
    answer_s = seat.hears_answer(seat.ask(spoken(QUESTION))[1])
    seat.tape.run_on(0.5)
    seat.house.command("interrupt")
    silent_s = seat.hears_end(answer_s)
    assert silent_s - answer_s < ANSWER_S - 2
    assert seat.hears_nothing(silent_s + 0.1, 3)


def test_a_pause_holds_the_answer_and_resume_says_the_rest(seat: Auditorium) -> None:
    answer_s = seat.hears_answer(seat.ask(spoken(QUESTION))[1])
    seat.tape.run_on(0.5)
    seat.house.command("pause")
    held_s = seat.hears_end(answer_s)
    assert held_s - answer_s < ANSWER_S - 2
    assert seat.hears_nothing(held_s + 0.1, 1)
    seat.house.command("resume")
    rest_s = seat.hears_answer(held_s + 0.1)
    end_s = seat.hears_end(rest_s)
    assert sounding_s(seat.tape.house, answer_s, end_s) == pytest.approx(ANSWER_S, abs=0.6), (
        "words were lost or doubled"
    )


def test_a_muted_microphone_makes_it_deaf_until_it_is_opened(seat: Auditorium) -> None:
    seat.house.command("mute_microphone", muted=True)
    begin_s = seat.tape.length_s
    seat.ask(spoken(QUESTION))
    assert seat.hears_nothing(begin_s, 2.5)
    seat.house.command("mute_microphone", muted=False)
    seat.hears_answer(seat.ask(spoken(QUESTION))[1])


def test_words_put_into_its_mouth_are_spoken(seat: Auditorium) -> None:
    begin_s = seat.tape.length_s
    seat.house.command("say", text="The bar is open, and so is the door to the garden.")
    said_s = seat.hears_answer(begin_s)
    assert 1 < seat.hears_end(said_s) - said_s < ANSWER_S


def test_in_curated_mode_nothing_is_spoken_until_it_is_let_go(seat: Auditorium) -> None:
    seat.house.command("set_mode", mode="curated")
    begin_s = seat.tape.length_s
    seat.ask(spoken(QUESTION))
    wait_until(lambda: bool(seat.house.snapshot()["scene"]["pending"]), "no answer waits for the curator")
    assert seat.hears_nothing(begin_s, 2)
    (turn_id,) = seat.house.snapshot()["scene"]["pending"]
    let_go_s = seat.tape.length_s
    seat.house.command("release", turn_id=turn_id)
    answer_s = seat.hears_answer(let_go_s - 0.2)
    assert seat.hears_end(answer_s) - answer_s == pytest.approx(ANSWER_S, abs=0.6)


def test_in_curated_mode_what_is_rejected_is_never_heard(seat: Auditorium) -> None:
    seat.house.command("set_mode", mode="curated")
    begin_s = seat.tape.length_s
    seat.ask(spoken(QUESTION))
    wait_until(lambda: bool(seat.house.snapshot()["scene"]["pending"]), "no answer waits for the curator")
    (turn_id,) = seat.house.snapshot()["scene"]["pending"]
    seat.house.command("reject", turn_id=turn_id)
    wait_until(lambda: not seat.house.snapshot()["scene"]["pending"], "the rejected answer still waits")
    assert seat.hears_nothing(begin_s, 1.5)
