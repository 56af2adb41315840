"""How what was found on a machine is told on a terminal."""

from __future__ import annotations

from installation.findings import Check, State, exit_code, report


def test_a_fault_makes_the_exit_code_one_and_a_note_does_not() -> None:
    fine, note, fault = (Check("disk", state, "…") for state in State)
    assert exit_code([fine, note]) == 0
    assert exit_code([fine, fault]) == 1
    assert report([fine, note], colour=False).splitlines()[-1] == "The house can play."
    assert report([fine, fault], colour=False).splitlines()[-1] == "1 fault stands in the way."


def test_the_remedy_stands_under_its_fault() -> None:
    rows = report([Check("disk", State.FAULT, "full", "Free some space.")], colour=False).splitlines()
    assert rows[0].split() == ["FAULT", "disk", "full"]
    assert rows[1].strip() == "→ Free some space."
    assert rows[1].index("→") == rows[0].index("full")


def test_colours_are_only_for_terminals() -> None:
    checks = [Check("disk", State.FAULT, "full")]
    assert "\x1b[1;31mFAULT\x1b[0m" in report(checks, colour=True)
    assert "\x1b" not in report(checks, colour=False)
