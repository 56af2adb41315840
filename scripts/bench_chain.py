"""Measures spoken exchanges with real engines, from the visitor's last sample to the first of the answer, by stages.

The visitor asks the questions of the show in voices that the pocket ears were not trained on, through the virtual sound
card; the gap is read from the recording, the stages from what the house tells its panel. A table, JSON and a picture.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from installation.config import load_show
from installation.entries import Step
from models.phrasebook import read_phrasebook
from scripts.bench_house import HouseProcess, house_process
from scripts.bench_latency import Figure, figure, gap, machine, spoken
from scripts.waterfall_picture import waterfall_svg
from tests.fakes.sound_card import VirtualSoundCard

VOICES = {"en": ("en-gb+f4", "en-us+m4", "en-gb+m6"), "fr": ("fr-fr+f4", "fr-be+m4", "fr-fr+m6")}
"""Voices that scripts/train_pocket_whisper keeps for its trial."""
_BETWEEN_S = 0.6


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", type=Path, default=Path("shows/demo"), help="whose questions and engines")
    parser.add_argument("--rounds", type=int, default=32, help="exchanges (default %(default)s)")
    parser.add_argument("--json", type=Path, default=Path("var/bench_chain.json"), help="where the figures go")
    parser.add_argument("--picture", type=Path, default=Path("var/bench_chain.svg"), help="where the waterfall goes")
    options = parser.parse_args()
    show = load_show(options.show)
    questions = [(one.text, one.language) for one in read_phrasebook(show.visitor_file).phrases]
    with (
        tempfile.TemporaryDirectory() as home,
        VirtualSoundCard() as card,
        house_process(card.env, Path(home), str(options.show)) as house,
    ):
        engines = {one["role"]: one["name"] for one in house.snapshot()["info"]["engines"]}
        gaps_s, heard = exchanges(card, house, questions, options.rounds)
        snapshot = house.snapshot()
        resident_mb = house.resident_mb()
    passed = [dict(entry["passed_ms"]) for entry in heard["waterfall"]]
    rows = [
        figure("gap: last sample of the visitor to first sample of the answer", "<= 900, p95 <= 1400", gaps_s),
        *(_step(step, [times[step] for times in passed if step in times]) for step in Step),
        figure("under-runs", "0", [snapshot["health"]["underruns"]], "times"),
        figure("resident memory, engines' processes included", "", [resident_mb], "MB"),
    ]
    for row in rows:
        print(f"{row.what:<64} {row.median:>8} {row.p95:>8} {row.unit:<6} n={row.n:<3} {row.reach}")
    steps = [(row.what, row.median, row.p95) for row in rows if row.what in set(Step)]
    options.picture.parent.mkdir(parents=True, exist_ok=True)
    title = "From the visitor's last sample (median / 95th percentile, on the house's clock)"
    options.picture.write_text(waterfall_svg(title, sorted(steps, key=lambda step: step[1])), encoding="utf-8")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    report = {"machine": machine(), "engines": engines, "figures": [asdict(row) for row in rows]}
    options.json.write_text(json.dumps({**report, "heard": heard["visitor"]}, indent=2, ensure_ascii=False) + "\n")
    print(f"engines: {engines}\non {machine()}; written to {options.json} and {options.picture}")


def exchanges(
    card: VirtualSoundCard, house: HouseProcess, questions: list[tuple[str, str]], rounds: int
) -> tuple[list[float], dict[str, list[dict[str, object]]]]:
    """The gap of each exchange in seconds, and what the house told meanwhile: `waterfall` and `visitor`'s lines."""
    gaps_s: list[float] = []
    with house.events() as told, card.tape() as tape:
        for number, (text, language) in enumerate(itertools.islice(itertools.cycle(questions), rounds + 1)):
            voices = VOICES.get(language, (language,))
            gap_s = gap(card, tape, spoken(text, voices[number % len(voices)]), 1.0)
            house.command("interrupt")
            time.sleep(_BETWEEN_S)
            if number:  # the first exchange after the start is not what a public is given
                gaps_s.append(gap_s)
    waterfalls = [data for name, data in told if name == "waterfall"][1:]
    visitor = [data for name, data in told if name == "line" and data["who"] == "visitor" and data["state"] == "heard"]
    return gaps_s, {"waterfall": waterfalls, "visitor": visitor}


def _step(step: Step, times_ms: list[float]) -> Figure:
    return figure(step.value, "", [time_ms / 1000 for time_ms in times_ms])


if __name__ == "__main__":
    main()
