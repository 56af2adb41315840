"""Rows of the bench's table: what was measured, the target beside it, and whether it was met."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One row."""

    what: str
    value: str
    reach: str
    met: bool | None
    """None where there is no target, or nothing was measured."""
    n: int
    numbers: dict[str, object] = field(default_factory=dict)
    """The same for a program to read."""

    def line(self) -> str:
        """The row as it is printed."""
        verdict = {True: "met", False: "MISSED", None: ""}[self.met]
        return f"{self.what:<66} {self.value:<26} n={self.n:<4} {self.reach:<24} {verdict}"


HEAD = f"{'what':<66} {'measured':<26} {'':<6} {'reach':<24}"


def quantile(values: Sequence[float | None], share: float) -> float:
    """The value below which that share lies; what is missing counts as endless, and nothing is averaged with it."""
    ordered = sorted(math.inf if value is None else value for value in values)
    if not ordered:
        return math.nan
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def times(
    what: str, values_s: Sequence[float | None], reach_ms: tuple[float, float] | None, numbers: dict[str, object]
) -> Row:
    """Median and 95th percentile of seconds, None for what never came; `reach_ms` are the most that both may be."""
    median, p95 = 1000 * quantile(values_s, 0.5), 1000 * quantile(values_s, 0.95)
    missing = sum(value is None for value in values_s)
    met = None
    if reach_ms is not None:
        # "any" p95 is still one that came
        met = bool(values_s) and median <= reach_ms[0] and p95 <= reach_ms[1] and math.isfinite(p95)
    value = f"{_ms(median)} / {_ms(p95)} ms" + (f", {missing} missing" if missing else "")
    reach = "" if reach_ms is None else f"<= {_reach(reach_ms[0])} / {_reach(reach_ms[1])} ms"
    known = {"median_ms": _number(median), "p95_ms": _number(p95), "missing": missing}
    each = [None if value is None else round(1000 * value, 1) for value in values_s]
    return Row(
        what, value if values_s else "nothing measured", reach, met, len(values_s), {**known, "ms": each} | numbers
    )


def failures(what: str, failed: int, n: int, most: float, numbers: dict[str, object] | None = None) -> Row:
    """How often something went wrong; `most` is the share of it that is allowed."""
    reach = "0" if most == 0 else f"<= {most:.0%}"
    met = failed <= most * n if n else False
    return Row(
        what, f"{failed} of {n}" if n else "nothing measured", reach, met, n, {"failed": failed} | (numbers or {})
    )


def successes(what: str, done: int, n: int, least: float, numbers: dict[str, object] | None = None) -> Row:
    """How often something went well; `least` is the share of it that is asked for."""
    met = done >= least * n if n else False
    value = f"{done} of {n}" if n else "nothing measured"
    return Row(what, value, f">= {least:.0%}", met, n, {"done": done} | (numbers or {}))


def not_measured(what: str, why: str, reach: str) -> Row:
    """A row that claims nothing."""
    return Row(what, "not measured here", reach, None, 0, {"why": why})


def failed(what: str, error: Exception) -> Row:
    """A row for what could not be measured, though it should have been: no success either."""
    return Row(what, f"FAILED: {error}", "", False, 0)


def _ms(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else "none"


def _reach(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else "any"


def _number(value: float) -> float | None:
    return round(value, 1) if math.isfinite(value) else None
