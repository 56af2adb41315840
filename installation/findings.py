"""What an examination of this machine has found, and how it is told on a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it stands with one thing."""

    OK = "ok"
    WARN = "note"
    """The house comes up, but a person should know."""
    FAULT = "FAULT"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was examined."""

    name: str
    state: State
    what: str
    remedy: str = ""
    """What to do, for a fault or a note that needs something done."""


def report(checks: Iterable[Check], colour: bool, width: int = 96) -> str:
    """The checks as one screen of text, the remedy under each fault."""
    checks = tuple(checks)
    margin = max(len(check.name) for check in checks) + 9
    rows = []
    for check in checks:
        head = f"{check.state:<5}  {check.name:<{margin - 9}}  "
        first, *more = textwrap.wrap(head + check.what, width, subsequent_indent=" " * margin, break_long_words=False)
        rows += [first.replace(check.state, _painted(check.state), 1) if colour else first, *more]
        if check.remedy:
            arrow = " " * margin + "→ "
            rows += textwrap.wrap(arrow + check.remedy, width, subsequent_indent=" " * (margin + 2))
    return "\n".join([*rows, "", _sum(checks)])


def exit_code(checks: Iterable[Check]) -> int:
    """0 when the house can play, 1 when something is a fault."""
    return 1 if any(check.state is State.FAULT for check in checks) else 0


def _painted(state: State) -> str:
    colours = {State.OK: "32", State.WARN: "33", State.FAULT: "1;31"}
    return f"\x1b[{colours[state]}m{state}\x1b[0m"


def _sum(checks: tuple[Check, ...]) -> str:
    faults = sum(check.state is State.FAULT for check in checks)
    if not faults:
        return "The house can play."
    return "1 fault stands in the way." if faults == 1 else f"{faults} faults stand in the way."
