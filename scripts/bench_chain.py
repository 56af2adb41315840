"""Measures spoken exchanges with real engines, from the visitor's last sample to the first of the answer, by stages.

The visitor asks the questions of the show in voices that the pocket ears were not trained on, through the virtual sound
card; the gap is read from the recording, the stages from what the house tells its panel. A table, JSON and a picture.
Answers that never came, or began inside the question, are no gaps: they are counted and listed on their own.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from installation.config import load_show
from installation.entries import Step
from models.phrasebook import read_phrasebook
from scripts.bench_house import HouseProcess, house_process
from scripts.bench_latency import PATIENCE_S, Figure, exchange, figure, machine, spoken
from scripts.waterfall_picture import waterfall_svg
from tests.fakes.sound_card import VirtualSoundCard

VOICES = {"en": ("en-gb+f4", "en-us+m4", "en-gb+m6"), "fr": ("fr-fr+f4", "fr-be+m4", "fr-fr+m6")}
"""Voices that scripts/train_pocket_whisper keeps for its trial."""
ABSENT = f"no answer within {PATIENCE_S:.0f} s"
EARLY = "answer that began inside the question"
ADDED = "of that the house's own: made and released, to first sample out"
_LAST = (Step.SOUND, Step.TURN_END, Step.OUT)
_SOUNDS_S = 0.5
"""So long an answer is left to sound: the panel is told its steps when it begins."""
_BETWEEN_S = 0.6


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and what came of it."""

    question: str
    voice: str
    gap_s: float | None
    """Negative if the answer began inside the question; None if there was none within PATIENCE_S."""
    passed_ms: dict[str, float]
    """When the answer passed each step."""
    heard: tuple[str, ...]
    """What the ears understood."""

    @property
    def fault(self) -> str:
        """Why its gap is none; empty if it is one."""
        if self.gap_s is None:
            return ABSENT
        return EARLY if self.gap_s <= 0 else ""


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
    done: list[Exchange] = []
    engines: dict[str, str] = {}
    of_the_house: list[Figure] = []
    try:
        with (
            tempfile.TemporaryDirectory() as home,
            VirtualSoundCard() as card,
            house_process(card.env, Path(home), str(options.show)) as house,
        ):
            engines = {one["role"]: one["name"] for one in house.snapshot()["info"]["engines"]}
            for one in exchanges(card, house, questions, options.rounds):
                done.append(one)
            of_the_house = [
                figure("under-runs", "0", [house.snapshot()["health"]["underruns"]], "times"),
                figure("resident memory, engines' processes included", "", [house.resident_mb()], "MB"),
            ]
    finally:  # whatever happened to the house, what was measured stays
        report(options, engines, done, of_the_house)


def exchanges(
    card: VirtualSoundCard, house: HouseProcess, questions: list[tuple[str, str]], rounds: int
) -> Iterator[Exchange]:
    """Ask, and cut each answer short; the first after the start is not what a public is given, and is left out."""
    with house.events() as told, card.tape() as tape:
        for number, (text, language) in enumerate(itertools.islice(itertools.cycle(questions), rounds + 1)):
            voices = VOICES.get(language, (language,))
            voice, before = voices[number % len(voices)], len(told)
            gap_s = exchange(card, tape, spoken(text, voice))
            tape.run_on(_SOUNDS_S)
            house.command("interrupt")
            tape.run_on(_BETWEEN_S)
            if number:
                yield Exchange(text, voice, gap_s, *understood(told[before:]))


def understood(told: Sequence[tuple[str, dict[str, Any]]]) -> tuple[dict[str, float], tuple[str, ...]]:
    """Of what the panel was told during an exchange: the steps of the first answer, and the visitor's lines."""
    waterfalls = [dict(data["passed_ms"]) for name, data in told if name == "waterfall"]
    lines = [data for name, data in told if name == "line" and (data["who"], data["state"]) == ("visitor", "heard")]
    return (waterfalls[0] if waterfalls else {}), tuple(line["text"] for line in lines)


def figures(done: Sequence[Exchange]) -> list[Figure]:
    """The rows of the table: gaps and steps of the answers that came after their questions, and how many did not."""
    good = [one for one in done if not one.fault]
    faults = Counter(one.fault for one in done)
    rows = [
        ("gap: last sample of the visitor to first sample of the answer", "<= 900, p95 <= 1400", _gaps_s(good)),
        *((step.value, "", [one.passed_ms[step] / 1000 for one in good if step in one.passed_ms]) for step in Step),
        (ADDED, "<= 50", [added_s(one.passed_ms) for one in good if one.passed_ms.keys() >= {*_LAST}]),
    ]
    return [
        *(figure(what, reach, values_s) for what, reach, values_s in rows if values_s),
        *(Figure(fault, "0", faults[fault], faults[fault], len(done), "times") for fault in (ABSENT, EARLY)),
    ]


def added_s(passed_ms: Mapping[str, float]) -> float:
    """How long an answer that was made, and whose turn had come, took until it went out: no engine works then."""
    made, released, out = (passed_ms[step] for step in _LAST)
    return (out - max(made, released)) / 1000


def report(
    options: argparse.Namespace, engines: dict[str, str], done: Sequence[Exchange], of_the_house: Sequence[Figure]
) -> None:
    """Print the table and write JSON and, where there are steps, the picture."""
    rows = [*figures(done), *of_the_house]
    for row in rows:
        print(f"{row.what:<64} {row.median:>8} {row.p95:>8} {row.unit:<6} n={row.n:<3} {row.reach}")
    for one in done:
        if one.fault:
            print(f"{one.fault}: {one.question!r} in the voice {one.voice}, heard as {one.heard}")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "machine": machine(),
        "engines": engines,
        "figures": [asdict(row) for row in rows],
        "exchanges": [{**asdict(one), "fault": one.fault} for one in done],
    }
    options.json.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    steps = [(row.what, row.median, row.p95) for row in rows if row.what in set(Step)]
    if steps:
        options.picture.parent.mkdir(parents=True, exist_ok=True)
        title = "From the visitor's last sample (median / 95th percentile, on the house's clock)"
        options.picture.write_text(waterfall_svg(title, sorted(steps, key=lambda step: step[1])), encoding="utf-8")
    written = f"{options.json} and {options.picture}" if steps else str(options.json)
    print(f"engines: {engines}\non {machine()}; written to {written}")


def _gaps_s(done: Sequence[Exchange]) -> list[float]:
    return [one.gap_s for one in done if one.gap_s is not None]


if __name__ == "__main__":
    main()
