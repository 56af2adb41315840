"""Measures how soon the public hears the character's cover line when an engine crashes or hangs; prints a table.

The house is whole but for its loudspeaker, which plays into nothing in real time; the engines are stand-ins in
processes of their own. A crash is measured from the signal that kills the process in the middle of its work, a hang
from the end of the house's patience with it, both to the first sample of the line.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.bench_latency import machine
from tests.fakes.engine_loss import COVERS, Evening, evening

ROLES = ("ears", "persona", "voice")
WAYS = ("crash", "hang")
REACH_S = 1.0


@dataclass(frozen=True, slots=True)
class Loss:
    """How long after each loss of that engine the cover line began."""

    role: str
    way: str
    covered_after_s: tuple[float, ...]


def covered_after_s(house: Evening, role: str, way: str) -> float:
    """Lose that engine once, and wait until it is back. Raises SystemExit when something else than a cover is said."""
    lost_s: float = getattr(house, way)(role)
    said = house.until_spoken().text
    if said not in COVERS:
        raise SystemExit(f"{role}, {way}: the double said {said!r}, so nothing was lost.")
    began_s = house.begun_s[-1]
    house.until_whole_again()
    return began_s - lost_s


def measure(rounds: int) -> Iterator[Loss]:
    """Every engine lost in every way, so many times."""
    with tempfile.TemporaryDirectory() as folder, evening(Path(folder)) as house:
        house.speak_to_it()
        house.until_spoken()
        for role in ROLES:
            for way in WAYS:
                yield Loss(role, way, tuple(covered_after_s(house, role, way) for _ in range(rounds)))


def main() -> None:
    """The command line; exit code 1 when a cover line came later than the reach."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="how many times each engine is lost in each way")
    parser.add_argument("--json", type=Path, default=Path("var/bench_engine_loss.json"), help="where the figures go")
    options = parser.parse_args()
    losses = []
    print(f"{'engine':<10}{'way':<8}{'median':>10}{'longest':>10}")
    for loss in measure(options.rounds):
        losses.append(loss)
        median_s, longest_s = statistics.median(loss.covered_after_s), max(loss.covered_after_s)
        print(f"{loss.role:<10}{loss.way:<8}{1000 * median_s:>7.0f} ms{1000 * longest_s:>7.0f} ms", flush=True)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    figures = {"machine": machine(), "reach_s": REACH_S, "losses": list(map(asdict, losses))}
    options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if max(max(loss.covered_after_s) for loss in losses) > REACH_S:
        raise SystemExit(f"A cover line came later than {REACH_S:g} s.")


if __name__ == "__main__":
    main()
