"""What the room hears when the house is ended, killed, or loses its sound card."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from installation.show_log_reading import list_evenings, read_evening
from scripts.bench_house import HouseProcess, house_process
from scripts.bench_latency import QUESTION, spoken
from tests.fakes.auditorium import ANSWER_S, Auditorium, auditorium, ends_softly, wait_until
from tests.fakes.sound_card import VirtualSoundCard

pytestmark = [
    pytest.mark.sound,
    pytest.mark.skipif(bool(VirtualSoundCard.missing()), reason=VirtualSoundCard.missing()),
]

INSTANT = ("--engines", "instant")
LEAVES_WITHIN_S = 3.0
"""Two seconds are promised, one more for a busy machine."""


@pytest.fixture(scope="module")
def card() -> Iterator[VirtualSoundCard]:
    with VirtualSoundCard() as card:
        yield card


def log_file(home: Path) -> Path:
    (file,) = (home / "logs").glob("*.sqlite")
    return file


@contextmanager
def open_page(house: HouseProcess) -> Iterator[http.client.HTTPResponse]:
    """The event stream, as an open page holds it."""
    with closing(http.client.HTTPConnection(urlsplit(house.url).netloc, timeout=10)) as connection:
        connection.request("GET", "/events")
        with connection.getresponse() as page:
            yield page


def lines_shown(page: http.client.HTTPResponse) -> list[Any]:
    """The lines that the page was shown until the stream broke off."""
    shown, received = [], b""
    try:
        while piece := page.read1(65_536):
            received += piece
    except (http.client.IncompleteRead, ConnectionError):
        pass
    for event in received.decode().split("\n\n")[:-1]:
        name, _, data = event.partition("\n")
        if name == "event: line":
            shown.append(json.loads(data.removeprefix("data: ")))
    return shown


def test_told_to_end_in_silence_it_leaves_quickly_and_well(card: VirtualSoundCard, tmp_path: Path) -> None:
    with house_process(card.env, tmp_path, *INSTANT) as house:
        began_s = time.monotonic()
        assert house.end() == 0
        assert time.monotonic() - began_s < LEAVES_WITHIN_S


def test_told_to_end_in_the_middle_of_an_answer_it_fades_out(
    card: VirtualSoundCard, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with auditorium(card, tmp_path, *INSTANT) as seat:
        answer_s = seat.hears_answer(seat.ask(spoken(QUESTION))[1])
        seat.tape.run_on(0.5)
        began_s = time.monotonic()
        assert seat.house.end() == 0
        assert time.monotonic() - began_s < LEAVES_WITHIN_S
        end_s = seat.hears_end(answer_s)
        assert end_s - answer_s < ANSWER_S - 1
        assert ends_softly(seat.tape.house, end_s), "the answer ends with a click"
    assert "left behind" not in capfd.readouterr().err
    (evening,) = list_evenings(log_file(tmp_path))
    assert evening.ended_at is not None


def test_killed_in_the_middle_of_an_answer_it_has_logged_all_that_it_showed(
    card: VirtualSoundCard, tmp_path: Path
) -> None:
    with auditorium(card, tmp_path, *INSTANT) as seat, open_page(seat.house) as page:
        seat.hears_answer(seat.ask(spoken(QUESTION))[1])
        seat.house.process.kill()
        shown = lines_shown(page)
    logged = [(line.turn_id, line.part, line.state, line.text) for line in read_evening(log_file(tmp_path)).lines]
    assert {"heard", "drafted", "released"} <= {line["state"] for line in shown}
    assert [(line["turn_id"], line["part"], line["state"], line["text"]) for line in shown] == logged[: len(shown)]
    with auditorium(card, tmp_path, *INSTANT) as seat:
        seat.hears_answer(seat.ask(spoken(QUESTION))[1])
    assert [evening.ended_at is None for evening in list_evenings(log_file(tmp_path))] == [True, False]


def test_it_comes_back_when_the_sound_server_has_died_and_returned(card: VirtualSoundCard, tmp_path: Path) -> None:
    with house_process(card.env, tmp_path, *INSTANT) as house:

        def faulty() -> set[str]:
            return {fault["room"] for fault in house.snapshot()["scene"]["faults"]}

        card.kill_server()
        wait_until(lambda: faulty() == {"microphone", "loudspeaker"}, "the panel shows no fault")
        card.restart_server()
        wait_until(lambda: not faulty(), "the faults stay")
        with card.tape() as tape:
            tape.run_on(0.5)
            seat = Auditorium(card, house, tape)
            answer_s = seat.hears_answer(seat.ask(spoken(QUESTION))[1])
            assert seat.hears_end(answer_s) - answer_s == pytest.approx(ANSWER_S, abs=0.6)
