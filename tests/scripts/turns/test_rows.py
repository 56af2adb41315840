"""The bench's table never counts as success what was not measured, or did not happen."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from scripts.turns.rows import failed, failures, not_measured, quantile, successes, times

REACH_MS = (350.0, 450.0)


def test_times_within_reach_are_met():
    row = times("gap", [0.30, 0.31, 0.44], REACH_MS, {})
    assert row.met
    assert row.value == "310 / 440 ms"


def test_a_missing_answer_counts_as_endless():
    row = times("gap", [0.30] * 9 + [None], REACH_MS, {})
    assert row.met is False
    assert "none" in row.value
    assert "1 missing" in row.value
    assert quantile([0.3, None, None], 0.5) == float("inf")


def test_a_target_for_the_median_alone_forgives_no_missing_one():
    row = times("ducked", [0.01, None], (120.0, float("inf")), {})
    assert row.met is False


def test_nothing_measured_is_not_met():
    for row in (times("gap", [], REACH_MS, {}), failures("cut", 0, 0, 0.0), successes("stopped", 0, 0, 0.95)):
        assert row.met is False
        assert "nothing" in row.value


@pytest.mark.parametrize(("failed", "met"), [(0, True), (3, True), (4, False)])
def test_three_of_a_hundred_may_fail_where_the_target_says_so(failed: int, met: bool):
    assert failures("early", failed, 100, 0.03).met is met


@pytest.mark.parametrize(("done", "met"), [(95, True), (94, False)])
def test_ninety_five_of_a_hundred_must_succeed(done: int, met: bool):
    assert successes("stopped", done, 100, 0.95).met is met


def test_what_cannot_be_measured_claims_nothing():
    row = not_measured("first syllables clipped", "not to be heard from outside", "0")
    assert row.met is None
    assert "not measured" in row.line()


def test_rows_are_json_even_where_nothing_came():
    written = json.dumps(asdict(times("gap", [None], REACH_MS, {})), allow_nan=False)
    assert json.loads(written)["numbers"]["median_ms"] is None


def test_a_line_says_whether_the_target_was_met():
    assert times("gap", [0.3], REACH_MS, {}).line().endswith("met")
    assert times("gap", [0.9], REACH_MS, {}).line().endswith("MISSED")


def test_a_part_that_breaks_is_a_row_that_is_not_met():
    row = failed("gaps", RuntimeError("the double gave no answer to a typed question"))
    assert row.met is False
    assert "no answer" in row.line()
