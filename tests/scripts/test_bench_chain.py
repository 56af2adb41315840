"""What the bench of the chain makes of a recording and of what the panel was told."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from installation.entries import Step
from models.audio import Samples
from scripts.bench_chain import ABSENT, ADDED, EARLY, VOICES, Exchange, figures, report, understood
from scripts.bench_latency import Figure, gap_of
from scripts.pocket.voices import HELD_OUT_VARIANTS
from tests.fakes.sound_card import RATE_HZ

TAPE_S = 6.0


def track(*sounds_s: tuple[float, float]) -> Samples:
    """Silence, with sound from one second to another."""
    samples = np.zeros(round(TAPE_S * RATE_HZ), np.float32)
    for begin_s, end_s in sounds_s:
        samples[round(begin_s * RATE_HZ) : round(end_s * RATE_HZ)] = 0.3
    return samples


def exchange(gap_s: float | None, **passed_ms: float) -> Exchange:
    return Exchange("Who are you?", "en-gb+f4", gap_s, {Step[name].value: ms for name, ms in passed_ms.items()}, ())


def written(folder: Path, done: list[Exchange], of_the_house: list[Figure]) -> Any:
    options = argparse.Namespace(json=folder / "new" / "bench.json", picture=folder / "new" / "bench.svg")
    report(options, {"ears": "some ears"}, done, of_the_house)
    return json.loads(options.json.read_text(encoding="utf-8"))


# --- the tape ---------------------------------------------------------------------------------------------------------


def test_a_gap_is_from_the_visitors_last_sample_to_the_first_of_the_answer() -> None:
    assert gap_of(track((0.5, 2.0)), track((2.75, 5.0))) == pytest.approx(0.75, abs=0.001)


def test_a_pause_inside_the_question_is_not_its_end() -> None:
    assert gap_of(track((0.5, 1.0), (1.4, 2.0)), track((2.75, 5.0))) == pytest.approx(0.75, abs=0.001)


def test_an_answer_that_began_inside_the_question_has_a_negative_gap() -> None:
    assert gap_of(track((0.5, 1.0), (1.6, 3.0)), track((1.5, 1.9), (3.9, 5.0))) == pytest.approx(-1.5, abs=0.001)


def test_without_an_answer_there_is_no_gap() -> None:
    assert gap_of(track((0.5, 2.0)), track()) is None


def test_a_visitor_who_is_not_on_the_tape_is_a_fault_of_the_bench() -> None:
    with pytest.raises(RuntimeError, match="the visitor was not heard"):
        gap_of(track(), track((1.0, 2.0)))


# --- what the panel was told ------------------------------------------------------------------------------------------


def test_what_the_house_adds_is_counted_from_when_the_answer_was_made_and_its_turn_had_come() -> None:
    late_voice = exchange(0.9, SOUND=700, TURN_END=500, OUT=720)
    late_release = exchange(0.9, SOUND=400, TURN_END=500, OUT=520)
    never_released = exchange(0.9, SOUND=400)
    (added,) = (row for row in figures([late_voice, late_release, never_released]) if row.what == ADDED)
    assert (added.median, added.n) == (20, 2)


def test_the_steps_of_the_first_answer_and_the_words_of_the_visitor_are_taken() -> None:
    line = {"who": "visitor", "state": "heard", "text": "Who are you?"}
    told: list[tuple[str, dict[str, Any]]] = [
        ("level", {"db": -50}),
        ("line", line),
        ("line", {"who": "double", "state": "heard", "text": "Ada."}),
        ("waterfall", {"turn_id": 1, "passed_ms": [["transcript", 210.0], ["first sample out", 640.0]]}),
        ("waterfall", {"turn_id": 2, "passed_ms": [["first sample out", 1.0]]}),
    ]
    assert understood(told) == ({"transcript": 210.0, "first sample out": 640.0}, ("Who are you?",))
    assert understood([]) == ({}, ())


# --- the rows ---------------------------------------------------------------------------------------------------------


def test_answers_that_never_came_or_came_too_soon_are_counted_and_flatter_nothing() -> None:
    done = [
        exchange(0.7, OUT=650.0),
        exchange(-1.2, OUT=3.0),
        exchange(None),
        exchange(0.9, OUT=850.0),
        exchange(None),
    ]
    rows = {row.what: row for row in figures(done)}
    gap = next(row for row in rows.values() if row.what.startswith("gap"))
    assert (gap.median, gap.n) == (800.0, 2)
    assert (rows[Step.OUT].median, rows[Step.OUT].n) == (750.0, 2)
    assert (rows[ABSENT].median, rows[ABSENT].n) == (2, 5)
    assert (rows[EARLY].median, rows[EARLY].n) == (1, 5)


def test_a_step_that_no_answer_passed_has_no_row() -> None:
    named = {row.what for row in figures([exchange(0.7, OUT=650.0)])}
    assert set(Step) & named == {Step.OUT}


def test_a_slow_answer_counts_in_full() -> None:
    assert figures([exchange(8.0)])[0].median == 8000.0


# --- the report -------------------------------------------------------------------------------------------------------


def test_what_was_measured_is_written_with_what_went_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = [exchange(0.7, OUT=650.0), exchange(None), exchange(-0.5)]
    told = written(tmp_path, done, [Figure("under-runs", "0", 0, 0, 1, "times")])
    assert [one["gap_s"] for one in told["exchanges"]] == [0.7, None, -0.5]
    assert [one["fault"] for one in told["exchanges"]] == ["", ABSENT, EARLY]
    assert told["figures"][-1]["what"] == "under-runs"
    assert (tmp_path / "new" / "bench.svg").exists()
    printed = capsys.readouterr().out
    assert f"{ABSENT}: 'Who are you?'" in printed
    assert f"{EARLY}: 'Who are you?'" in printed


@pytest.mark.parametrize("done", [[], [exchange(None)], [exchange(0.7)]])
def test_a_run_that_measured_nothing_or_no_steps_still_reports(tmp_path: Path, done: list[Exchange]) -> None:
    told = written(tmp_path, done, [])
    assert len(told["exchanges"]) == len(done)
    assert not (tmp_path / "new" / "bench.svg").exists()


def test_the_bench_asks_in_voices_that_the_pocket_ears_were_not_trained_on() -> None:
    assert {voice.partition("+")[2] for voices in VOICES.values() for voice in voices} <= set(HELD_OUT_VARIANTS)
