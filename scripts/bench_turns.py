"""Measures how the double takes turns, from recordings of the virtual sound card alone; prints a table, writes JSON."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from scripts.bench_latency import machine
from scripts.turns import quiet_parts, recordings, speaking_parts
from scripts.turns.options import FULL, QUICK, Options
from scripts.turns.priority import hasten
from scripts.turns.rows import HEAD, Row, failed
from tests.fakes.sound_card import VirtualSoundCard

Part = Callable[[VirtualSoundCard, Options], Iterator[Row]]

CLOSED: dict[str, Part] = {
    "gaps": quiet_parts.gaps,
    "pauses": quiet_parts.pauses,
    "barge-in": quiet_parts.barge_in,
    "noises": quiet_parts.noises_alone,
    "noises-while-speaking": speaking_parts.noises_while_speaking,
    "clipped": quiet_parts.clipped,
    "cpu": quiet_parts.cpu,
}
OPEN: dict[str, Part] = {"echo": speaking_parts.echo, "echo-barge-in": speaking_parts.echo_barge_in}
"""Parts that want a loudspeaker which the microphone hears."""
PARTS = (*CLOSED, *OPEN)


def measure(options: Options, wanted: list[str]) -> Iterator[Row]:
    """The rows of these parts, in the order of the table."""
    for is_open, parts in ((False, CLOSED), (True, OPEN)):
        chosen = [part for name, part in parts.items() if name in wanted]
        if chosen:
            with VirtualSoundCard(is_open) as card:
                for part in chosen:
                    yield from rows_of(part, card, options)


def rows_of(part: Part, card: VirtualSoundCard, options: Options) -> Iterator[Row]:
    """Those of one part; one that cannot be measured is a row too, and no success, and the other parts go on."""
    try:
        yield from part(card, options)
    except RuntimeError as error:
        yield failed(next(name for name, one in (CLOSED | OPEN).items() if one is part), error)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="what to measure (default: everything)")
    parser.add_argument("--engines", choices=["instant", "pocket"], default="instant", help="ears (default instant)")
    parser.add_argument("--rounds", type=int, help="how often each thing is tried (default: as the targets say)")
    parser.add_argument("--quick", action="store_true", help="a few of each, in under six minutes")
    parser.add_argument(
        "--voices", type=Path, help=f"folder of human recordings (default: {recordings.VARIABLE}, or ../shared/audio)"
    )
    parser.add_argument("--json", type=Path, default=Path("var/bench_turns.json"), help="where the figures go")
    return parser.parse_args()


def main() -> None:
    """Measure what is asked for."""
    given = arguments()
    rounds = dict(QUICK if given.quick else FULL)
    if given.rounds is not None:
        rounds = dict.fromkeys(rounds, max(1, given.rounds))
    voices = recordings.folder_of_voices(given.voices)
    if voices is None:
        print(f"no human voices: {recordings.missing(given.voices)}")
    rows: list[Row] = []
    began_s = time.monotonic()
    hasten()
    print(HEAD)
    try:
        with tempfile.TemporaryDirectory() as home:
            for row in measure(Options(Path(home), given.engines, rounds, voices), list(given.only)):
                rows.append(row)
                print(row.line(), flush=True)
    finally:
        took_s = round(time.monotonic() - began_s)
        figures = {"machine": machine(), "engines": given.engines, "took_s": took_s, "rows": list(map(asdict, rows))}
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{took_s} s, {given.engines} ears, on {machine()}; written to {given.json}")


if __name__ == "__main__":
    main()
