"""How long visitors waited for their answers, in the median and at the slow end, over a whole evening."""

from __future__ import annotations

import pytest

from installation.entries import PaceEntry, Step, WaterfallEntry
from installation.pace import pace, percentile, step_paces


def waterfall(turn: int, out_ms: float, *more: tuple[Step, float]) -> WaterfallEntry:
    return WaterfallEntry(turn, ((Step.VOICE_END, 0.0), *more, (Step.OUT, out_ms)))


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ((7.0,), 0.95, 7.0),
        ((30.0, 10.0, 20.0), 0.5, 20.0),
        ((10.0, 20.0), 0.5, 15.0),
        ((0.0, 10.0, 20.0, 30.0, 40.0), 0.95, 38.0),
        ((1.0, 2.0), 0.0, 1.0),
        ((1.0, 2.0), 1.0, 2.0),
    ],
)
def test_a_percentile_lies_between_the_values_around_it(
    values: tuple[float, ...], share: float, expected: float
) -> None:
    assert percentile(values, share) == pytest.approx(expected)


def test_one_slow_answer_among_many_moves_the_slow_end_and_not_the_median() -> None:
    quick = [waterfall(turn, 500.0) for turn in range(1, 20)]
    assert pace(quick) == PaceEntry(19, 500.0, 500.0)
    slow = pace([*quick, waterfall(20, 5000.0)])
    assert (slow.turns, slow.p50_ms) == (20, 500.0)
    assert slow.p95_ms > 700.0


def test_an_evening_without_an_answer_has_no_pace() -> None:
    assert pace([]) == PaceEntry(0, 0.0, 0.0)
    assert step_paces([]) == ()


def test_each_step_counts_over_the_turns_that_passed_it() -> None:
    paces = step_paces([waterfall(1, 900.0, (Step.TOKEN, 400.0)), waterfall(2, 700.0)])
    assert [(each.step, each.turns, each.p50_ms) for each in paces] == [(Step.TOKEN, 1, 400.0), (Step.OUT, 2, 800.0)]


def test_the_time_that_a_curator_took_is_not_the_houses() -> None:
    curated = waterfall(2, 60_000.0, (Step.TOKEN, 300.0), (Step.LET_GO, 59_990.0))
    assert pace([waterfall(1, 600.0), curated]) == PaceEntry(1, 600.0, 600.0)
    assert [each.step for each in step_paces([curated])] == [Step.TOKEN]
