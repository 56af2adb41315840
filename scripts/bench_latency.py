"""Measures what the public notices, from recordings of the virtual sound card; prints a table and writes JSON."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil

from installation.choice_of_show import DEMO
from models.audio import Audio, Samples, silence
from models.espeak import EspeakSettings, EspeakSynthesizer
from scripts.bench_house import HouseProcess, house_process
from scripts.embedded_show import with_embedded_engines
from scripts.full_load import full_load
from tests.fakes.sound_card import RATE_HZ, Tape, VirtualSoundCard

LOUD = 0.01
"""A sample above this is sound: about -40 dBFS, far below any voice and above any noise of the card."""
QUIET_S = 0.15
"""So long without sound is silence, and not the gap between two words."""
PATIENCE_S = 10.0
"""No answer within so long is none: the public has stopped waiting for it."""
_LOOK_S = 0.1
SILENT = "silent room"
QUESTION = "What do you remember of the sea?"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table; times in ms."""

    what: str
    reach: str
    median: float
    p95: float
    n: int
    unit: str = "ms"


def spoken(text: str, voice: str = "en-gb") -> Audio:
    """`text` in an espeak-ng voice, without silence at its ends, at RATE_HZ."""
    engine = EspeakSynthesizer(EspeakSettings(voices={"en": voice}))
    samples = np.concatenate([piece.samples for piece in engine.synthesize(text, "en")])
    loud = np.flatnonzero(np.abs(samples) > LOUD)
    return Audio(samples[loud[0] : loud[-1] + 1], engine.rate_hz).at_rate(RATE_HZ)


def first_loud(samples: Samples, from_s: float) -> float | None:
    """Where, in seconds, the first sound is at or after `from_s`."""
    start = max(0, int(from_s * RATE_HZ))
    loud = np.flatnonzero(np.abs(samples[start:]) > LOUD)
    return None if len(loud) == 0 else (start + int(loud[0])) / RATE_HZ


def falls_silent(samples: Samples, from_s: float) -> float | None:
    """Where, in seconds, the sound that is on at `from_s` ends: followed by QUIET_S of silence."""
    start = max(0, int(from_s * RATE_HZ))
    loud = np.flatnonzero(np.abs(samples[start:]) > LOUD)
    if len(loud) == 0:
        return None
    gaps = np.flatnonzero(np.diff(loud) > QUIET_S * RATE_HZ)
    last = loud[gaps[0]] if len(gaps) else loud[-1]
    if len(gaps) == 0 and len(samples) - start - last < QUIET_S * RATE_HZ:
        return None
    return (start + int(last)) / RATE_HZ


def figure(what: str, reach: str, values_s: Sequence[float], unit: str = "ms") -> Figure:
    """Median and 95th percentile of times in seconds."""
    values = np.array(values_s) * (1000.0 if unit == "ms" else 1.0)
    return Figure(
        what, reach, round(float(np.median(values)), 1), round(float(np.percentile(values, 95)), 1), len(values), unit
    )


def gap_of(visitor: Samples, house: Samples) -> float | None:
    """Seconds from the visitor's last sample to the house's first, on tracks that begin with a question.

    Negative where the house did not let the visitor finish, None as long as it is silent.

    Raises:
        RuntimeError: the visitor is not to be heard.
    """
    loud = np.flatnonzero(np.abs(visitor) > LOUD)
    if len(loud) == 0:
        raise RuntimeError("the visitor was not heard on the tape")
    answered_s = first_loud(house, 0)
    return None if answered_s is None else answered_s - int(loud[-1]) / RATE_HZ


def exchange(card: VirtualSoundCard, tape: Tape, question: Audio, within_s: float = PATIENCE_S) -> float | None:
    """Ask, and wait for an answer: its gap, negative if it began inside the question, None if none came in time."""
    begin_s = tape.length_s
    card.speak(question)
    tape.run_on(QUIET_S)
    end_s = tape.length_s + within_s
    while (gap_s := gap_of(*tape.since(begin_s))) is None and tape.length_s < end_s:
        tape.run_on(_LOOK_S)
    return gap_s


def gap(card: VirtualSoundCard, tape: Tape, question: Audio, answer_s: float = 6.5) -> float:
    """The gap of an exchange that cannot but go well, in seconds; the answer is left to sound for `answer_s`."""
    gap_s = exchange(card, tape, question)
    assert gap_s is not None, "no answer"
    assert gap_s > 0, "the answer began inside the question"
    tape.run_on(answer_s)
    return gap_s


def gaps_of_the_bare_loop(card: VirtualSoundCard, rounds: int) -> Figure:
    """The same exchange with the least that it can be."""
    question = spoken(QUESTION)
    arguments = [sys.executable, "scripts/bare_loop.py", "2"]
    with subprocess.Popen(arguments, env=card.env, stdout=subprocess.PIPE) as process, card.tape() as tape:
        assert process.stdout is not None
        process.stdout.readline()
        gap(card, tape, question, 2.5)
        values = [gap(card, tape, question, 2.5) for _ in range(rounds)]
        process.terminate()
    return figure("bare loop of 60 lines: last sample to first sample", "", values)


def gaps_of_the_house(house: HouseProcess, card: VirtualSoundCard, rounds: int) -> Figure:
    """The spoken exchange with instant engines and the fixed hangover of 500 ms."""
    question = spoken(QUESTION)
    with card.tape() as tape:
        gap(card, tape, question)
        values = []
        for _ in range(rounds):
            values.append(gap(card, tape, question, 0))
            house.command("interrupt")
            time.sleep(0.5)
    return figure("house, instant engines: last sample to first sample", "bare + 20", values)


def barge_ins(house: HouseProcess, card: VirtualSoundCard, rounds: int) -> Figure:
    """Onset of the visitor's voice over the answer to silence."""
    question, shout = spoken(QUESTION), spoken("Wait, stop, I have another question.", "en-us")
    values = []
    with card.tape() as tape:
        for _ in range(rounds):
            gap(card, tape, question, 2.0)
            begin_s = tape.length_s
            card.speak(shout)
            time.sleep(0.3)
            onset_s, silent_s = first_loud(tape.visitor, begin_s), falls_silent(tape.house, begin_s)
            assert onset_s is not None
            assert silent_s is not None, "the double was not interrupted"
            values.append(silent_s - onset_s)
            time.sleep(1.0)
            house.command("interrupt")
            time.sleep(0.5)
    return figure("barge-in: onset of the voice to silence", "<= 250 median", values)


def interrupts(house: HouseProcess, card: VirtualSoundCard, rounds: int) -> Figure:
    """The panel's key to silence; the tape runs a few milliseconds behind, which counts against the house."""
    values = []
    with card.tape() as tape:
        for _ in range(rounds):
            house.command("ask", text=QUESTION)
            time.sleep(1.0)
            pressed_s = tape.position_s(house.command("interrupt"))
            time.sleep(0.6)
            silent_s = falls_silent(tape.house, pressed_s - 0.3)
            assert silent_s is not None, "the key did not silence the double"
            values.append(silent_s - pressed_s)
    return figure("panel interrupt: request to silence", "<= 120 p95", values)


def room_noise(duration_s: float) -> Audio:
    """Pink noise that swells and falls between about -50 and -26 dBFS, with a knock every few seconds."""
    random = np.random.default_rng(1)
    spectrum = np.fft.rfft(random.normal(size=round(duration_s * RATE_HZ)))
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(1.0, np.arange(len(spectrum)))))
    time_s = np.arange(len(pink)) / RATE_HZ
    level = 10 ** ((-38 - 12 * np.cos(2 * np.pi * time_s / 15)) / 20)
    knocks = 0.5 * np.exp(-(time_s % 7.0) / 0.02) * random.normal(size=len(pink))
    return Audio((pink / pink.std() * level + knocks).clip(-1, 1).astype(np.float32), RATE_HZ)


def listening(house: HouseProcess, room: str, duration_s: float, pass_time: Callable[[float], None]) -> list[Figure]:
    """What it costs to listen to a room in which nobody speaks, and how often the house took it for somebody."""
    time.sleep(5)
    cpu_s, began_s, begin_mb = house.cpu_s(), time.monotonic(), house.resident_mb()
    while (left_s := began_s + duration_s - time.monotonic()) > 0:
        pass_time(left_s)
    share = 100 * (house.cpu_s() - cpu_s) / (time.monotonic() - began_s)
    growth_mb = house.resident_mb() - begin_mb
    answers = {line["turn_id"] for line in house.snapshot()["lines"] if line["state"] == "released"}
    where = f"{room}, {duration_s / 60:.0f} min"
    return [
        figure(f"{where}: CPU", "<= 5 % of a core" if room == SILENT else "", [share], "% of a core"),
        figure(f"{where}: growth of memory", "none", [growth_mb], "MB"),
        figure(f"{where}: answers to nobody", "0", [len(answers)], "times"),
    ]


def bare_silence(card: VirtualSoundCard, duration_s: float = 30.0) -> Figure:
    """What the least that can listen and play costs in the same room: a yardstick for this machine and this hour."""
    arguments = [sys.executable, "scripts/bare_loop.py"]
    with subprocess.Popen(arguments, env=card.env, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        usage = psutil.Process(process.pid)
        before, began_s = usage.cpu_times(), time.monotonic()
        time.sleep(duration_s)
        after = usage.cpu_times()
        process.terminate()
    used_s = after.user + after.system - before.user - before.system
    share = 100 * used_s / (time.monotonic() - began_s)
    return figure(f"bare loop, {SILENT}, {duration_s:.0f} s: CPU", "", [share], "% of a core")


def under_load(house: HouseProcess, card: VirtualSoundCard, rounds: int) -> Iterator[Figure]:
    """Whole answers while the processor has no moment left, as when every engine works at once."""
    question = spoken(QUESTION)
    with card.tape() as tape:
        gap(card, tape, question)
        before = house.snapshot()["health"]["underruns"]
        with full_load():
            values = [gap(card, tape, question) for _ in range(rounds)]
        underruns = house.snapshot()["health"]["underruns"] - before
    yield figure("processor at full load: last sample to first sample", "", values)
    yield figure("processor at full load: under-runs", "0", [underruns], "times")


def talk(card: VirtualSoundCard, house: HouseProcess, duration_s: float) -> list[Figure]:
    """Conversation for a while, with the panel open in a real browser."""
    from scripts.bench_browser import open_panel

    question = spoken(QUESTION)
    pause = silence(0.3, RATE_HZ)
    end_s = time.monotonic() + duration_s
    with open_panel(house.url):
        while time.monotonic() < end_s:
            card.speak(question + pause)
            time.sleep(9.0)
    health = house.snapshot()["health"]
    minutes = f"{duration_s / 60:.0f} min"
    return [
        figure(f"talk with the panel open, {minutes}: under-runs", "0", [health["underruns"]], "times"),
        figure(
            f"talk with the panel open, {minutes}: sound lost at the microphone", "0", [health["overruns"]], "times"
        ),
        figure(f"talk with the panel open, {minutes}: resident memory", "<= 600", [house.resident_mb()], "MB"),
    ]


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    memory_gb = round(psutil.virtual_memory().total / 1e9)
    return {"cpu": model, "cores": psutil.cpu_count(), "memory_gb": memory_gb, "python": platform.python_version()}


def times(card: VirtualSoundCard, home: Path, options: argparse.Namespace) -> Iterator[Figure]:
    """What the public notices of a house that costs nothing but itself."""
    if "gaps" in options.only:
        yield gaps_of_the_bare_loop(card, options.rounds)
    wanted = [part for part in TIMES if part in options.only]
    if wanted:
        with house_process(card.env, home, "--engines", "instant") as house:
            for part in wanted:
                yield TIMES[part](house, card, options.rounds)


def endurance(card: VirtualSoundCard, home: Path, options: argparse.Namespace) -> Iterator[Figure]:
    """What load and long evenings cost the house; evenings with its embedded engines, whatever the demo has."""
    if "load" in options.only:
        with house_process(card.env, home, "--engines", "instant") as house:
            yield from under_load(house, card, options.rounds)
    minute = room_noise(60.0)
    show = str(with_embedded_engines(DEMO, home / "embedded"))
    if "silence" in options.only:
        yield bare_silence(card)
        with house_process(card.env, home, show) as house:
            yield from listening(house, SILENT, options.silence_s, time.sleep)
    if "noise" in options.only:
        with house_process(card.env, home, show) as house:
            yield from listening(house, "noisy room", options.noise_s, lambda _: card.speak(minute))
    if "talk" in options.only:
        with house_process(card.env, home, show) as house:
            yield from talk(card, house, options.talk_s)


TIMES = {"gaps": gaps_of_the_house, "barge-in": barge_ins, "interrupt": interrupts}


def main() -> None:
    """The command line."""
    parts = (*TIMES, "load", "silence", "noise", "talk")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=parts, default=parts, help="what to measure (default: everything)")
    parser.add_argument("--rounds", type=int, default=20, help="exchanges for each time (default 20)")
    parser.add_argument("--silence-s", type=float, default=600, help="how long to listen to nothing (default 600)")
    parser.add_argument("--noise-s", type=float, default=600, help="how long to listen to noise (default 600)")
    parser.add_argument("--talk-s", type=float, default=600, help="how long to talk (default 600)")
    parser.add_argument("--json", type=Path, default=Path("var/bench_latency.json"), help="where the figures go")
    options = parser.parse_args()
    rows: list[Figure] = []

    def report(row: Figure) -> None:
        rows.append(row)
        print(f"{row.what:<62} {row.median:>8} {row.p95:>8} {row.unit:<12} n={row.n:<3} {row.reach}", flush=True)

    print(f"{'what':<62} {'median':>8} {'p95':>8} {'unit':<12} {'':<5} reach")
    try:
        with tempfile.TemporaryDirectory() as home, VirtualSoundCard() as card:
            for measure in (times, endurance):
                for row in measure(card, Path(home), options):
                    report(row)
    finally:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        figures = [asdict(row) for row in rows]
        options.json.write_text(json.dumps({"machine": machine(), "figures": figures}, indent=2) + "\n")
        print(f"on {machine()}; written to {options.json}")


if __name__ == "__main__":
    main()
