"""How long visitors waited for their answers: percentiles over the turns of an evening."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from installation.entries import PaceEntry, Step, WaterfallEntry


@dataclass(frozen=True, slots=True)
class StepPace:
    """When a step was passed, in ms after the visitor's last voiced sample, over the turns that passed it."""

    step: Step
    turns: int
    p50_ms: float
    p95_ms: float


def percentile(values: Sequence[float], share: float) -> float:
    """What `share` (0..1) of `values`, of which there is at least one, do not exceed; between two, in proportion."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below, above = ordered[math.floor(place)], ordered[math.ceil(place)]
    return below + (above - below) * (place - math.floor(place))


def step_paces(waterfalls: Iterable[WaterfallEntry]) -> tuple[StepPace, ...]:
    """The pace of each step that was passed, in the order of Step; of the last one, Step.OUT, it is the whole gap.

    The gap of a turn that a person held back is theirs: it does not count.
    """
    passed: dict[Step, list[float]] = {step: [] for step in Step}
    for waterfall in waterfalls:
        held = any(step is Step.LET_GO for step, _ in waterfall.passed_ms)
        for step, passed_ms in waterfall.passed_ms:
            if not (held and step is Step.OUT):
                passed[step].append(passed_ms)
    counted = (step for step in Step if passed[step] and step not in (Step.VOICE_END, Step.LET_GO))
    return tuple(
        StepPace(step, len(passed[step]), percentile(passed[step], 0.5), percentile(passed[step], 0.95))
        for step in counted
    )


def pace(waterfalls: Iterable[WaterfallEntry]) -> PaceEntry:
    """The gaps of these turns in three numbers."""
    for step in step_paces(waterfalls):
        if step.step is Step.OUT:
            return PaceEntry(step.turns, round(step.p50_ms, 1), round(step.p95_ms, 1))
    return PaceEntry()
