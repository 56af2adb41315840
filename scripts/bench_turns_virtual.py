"""Counts how often the double takes a turn wrongly, in virtual time; prints a table and writes JSON.

The whole house but its devices: what scripts/bench_turns measures at the virtual sound card in hours, for the counts
that need hundreds of cases. Times between devices are not in it: those are scripts/bench_turns'.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from installation.entries import LineEntry, LineState
from installation.events import (
    SpeechCut,
    TurnSpoken,
    VoicePaused,
)
from installation.sound.sources import FRAME_SAMPLES
from installation.virtual_house import VirtualHouse, headphones
from models.audio import HEARING_RATE_HZ, Samples
from scripts.bench_latency import machine
from scripts.turns import noises, recordings, spoken
from scripts.turns.stimuli import Stimulus
from tests.fakes.open_room import LONG_ANSWER, open_house, path, room_tone, said

QUESTION = "What do you remember of the sea?"
ROOMS = ((0.3, 0.06, 50.0), (0.8, 0.15, -50.0), (1.5, 0.25, 50.0))
"""RT60 in s, delay in s, drift in ppm."""
ANSWERED_BY_S = 3.0


@dataclass(frozen=True, slots=True)
class Count:
    """One row of the table."""

    what: str
    reach: str
    found: int
    of: int
    which: tuple[str, ...]
    """The first of them."""


def count(what: str, reach: str, cases: Iterator[tuple[str, bool]]) -> Count:
    """How many of the cases were found."""
    every = list(cases)
    found = [name for name, wrong in every if wrong]
    return Count(what, reach, len(found), len(every), tuple(found[:8]))


def sound(stimulus: Stimulus) -> Samples:
    """At 16 kHz."""
    return stimulus.audio.at_rate(HEARING_RATE_HZ).samples


def over_tone(*parts: Samples) -> Samples:
    """The parts one after the other, in a room that is never quite silent."""
    whole = np.concatenate(parts)
    return (whole + room_tone(len(whole) / HEARING_RATE_HZ, 7)[: len(whole)]).astype(np.float32)


def begun_s(house: VirtualHouse) -> float:
    """When the loudspeaker made its first sound; endless if never."""
    loud = np.flatnonzero(np.abs(house.played) > 1e-3)
    return float(loud[0]) / HEARING_RATE_HZ if len(loud) else float("inf")


def answers(stimulus: Stimulus) -> float:
    """Seconds from its last voiced sample to the answer; less than 0 inside it, endless if none comes."""
    house = open_house(stimulus.drafts or (QUESTION,), answer="Yes.")
    house.hear(over_tone(room_tone(1.0), sound(stimulus), room_tone(ANSWERED_BY_S, 2)))
    return begun_s(house) - 1.0 - stimulus.last_voiced_s


def inside_a_pause(number: int) -> Iterator[Count]:
    """Answers that begin before the visitor has finished."""
    folder = recordings.folder_of_voices()
    if folder is not None:
        held = (one for seed in range(1, 100) for one in recordings.held_utterances(folder, seed))
        cases = ((one.name, answers(one) < 0) for one in islice(held, number))
        yield count("answers inside a visitor's pause, people", "<= 3 of 100", cases)
    cases = ((one.name, answers(one) < 0) for one in islice(spoken.held_questions(), number))
    yield count("answers inside a visitor's pause, espeak", "<= 3 of 100", cases)


def clipped(number: int) -> Iterator[Count]:
    """First syllables that the ears were not given."""

    def cases() -> Iterator[tuple[str, bool]]:
        for one in islice(spoken.questions(), number):
            house = open_house(answer="Yes.")
            house.hear(over_tone(room_tone(1.0), sound(one), room_tone(1.0, 2)))
            utterance = next(event.utterance for _, event in house.events if isinstance(event, VoicePaused))
            yield one.name, utterance.start_s > 1.0 + one.onset_s

    yield count("first syllables clipped", "0 of 100", cases())


def noises_answered(number: int) -> Iterator[Count]:
    """Noises that were taken for a question."""

    def cases() -> Iterator[tuple[str, bool]]:
        for one in islice(noises.noises(), number):
            house = open_house()
            house.hear(over_tone(room_tone(2.0), one.audio.samples, room_tone(2.0, 2)))
            entries = (entry for _, entry in house.entries)
            yield one.name, any(isinstance(e, LineEntry) and e.state is LineState.HEARD for e in entries)

    yield count("noises answered", "0 of 200", cases())


def disturbed(number: int) -> Iterator[Count]:
    """Answers that a noise or a listener ended for good."""
    things = noises.noises(tuple(kind for kind in noises.KINDS if kind not in noises.BY_PEOPLE))
    throats = noises.noises(noises.BY_PEOPLE)
    yield count("answers cut by claps, slams, music, babble", "0 of 100", _cut(islice(things, number), ()))
    yield count("answers cut by coughs and laughs", "0 of 100", _cut(islice(throats, number), ()))
    murmurs = islice(spoken.back_channels(), number)
    yield count("answers cut by back-channels", "0 of 100", _cut(murmurs, (QUESTION,)))


def _cut(disturbances: Iterator[noises.Noise | Stimulus], before: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    for number, one in enumerate(disturbances):
        words = (*before, *one.drafts) if isinstance(one, Stimulus) else (QUESTION,)
        house = open_house(words or (QUESTION,), answer=LONG_ANSWER)
        samples = sound(one) if isinstance(one, Stimulus) else one.audio.samples
        at_s = 6.0 + 0.37 * (number % 12)
        whole = room_tone(30.0)
        for begin_s, part in ((1.0, said(QUESTION)), (at_s, samples)):
            begin = round(begin_s * HEARING_RATE_HZ)
            whole[begin : begin + len(part)] += part[: len(whole) - begin]
        house.hear(whole, path(0.3).feed if number % 2 else headphones)
        yield one.name, any(isinstance(event, SpeechCut) for _, event in house.events)


def echoes(minutes: float) -> Iterator[Count]:
    """Long answers on an open loudspeaker that ended themselves."""
    for rt60_s, delay_s, drift_ppm in ROOMS:
        way = path(rt60_s, delay_s, drift_ppm)
        house = open_house(answer=LONG_ANSWER * 2)
        until_s, question = 60 * minutes, said(QUESTION)
        while house.now_s < until_s:
            spoken_before = _spoken(house)
            house.hear(over_tone(room_tone(1.5), question), way.feed)
            while _spoken(house) == spoken_before and house.now_s < until_s + 60:
                house.hear(room_tone(1.0, seed=int(house.now_s)), way.feed)
        cuts = [f"at {at_s:.1f} s" for at_s, event in house.events if isinstance(event, SpeechCut)]
        what = f"answers that ended themselves, RT60 {rt60_s} s, {minutes:.0f} min"
        yield Count(what, "0" if rt60_s < 1 else "<= 1", len(cuts), _spoken(house) + len(cuts), tuple(cuts[:8]))


def _spoken(house: VirtualHouse) -> int:
    return sum(isinstance(event, TurnSpoken | SpeechCut) for _, event in house.events)


def interruptions(number: int) -> Iterator[Count]:
    """Visitors as loud as the echo whom the double did not stop for within 2 s."""
    folder = recordings.folder_of_voices()
    voices = [*(recordings.utterances(folder) if folder else []), *islice(spoken.interruptions(), 25)]
    for rt60_s, delay_s, drift_ppm in ROOMS:
        way, unheard, stops_s = path(rt60_s, delay_s, drift_ppm), [], []
        house = open_house((QUESTION,), answer=LONG_ANSWER * 2)
        random = np.random.default_rng(1)
        house.hear(over_tone(room_tone(1.0), said(QUESTION), room_tone(12.0)), way.feed)
        for one in islice(cycle(voices), number):
            samples = sound(one.at_level(-26.0))
            onset_s = house.now_s + one.onset_s
            house.hear(over_tone(samples, room_tone(2.0 + random.uniform(3.0, 6.0))), way.feed)
            stop_s = silent_s(house, onset_s)
            stops_s.append(stop_s)
            if stop_s > 2.0:
                unheard.append(one.name)
        median, p95 = np.percentile(stops_s, [50, 95])
        what = f"interruptions under echo not noticed, RT60 {rt60_s} s (silent after {median:.2f} / {p95:.2f} s)"
        yield Count(what, "<= 5 of 100", len(unheard), number, tuple(unheard[:8]))


def silent_s(house: VirtualHouse, onset_s: float, quiet_s: float = 0.2) -> float:
    """Seconds from the onset until the loudspeaker is silent for `quiet_s`; endless if it never is."""
    frames = house.played[: len(house.played) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    loud = np.abs(frames).max(axis=1) > 1e-3
    first, needed = round(onset_s * 50), round(quiet_s * 50)
    for frame in range(first, len(loud) - needed):
        if not loud[frame : frame + needed].any():
            return frame / 50 - onset_s
    return float("inf")


PARTS: dict[str, Callable[[argparse.Namespace], Iterator[Count]]] = {
    "pauses": lambda options: inside_a_pause(options.cases),
    "clipped": lambda options: clipped(options.cases),
    "noises": lambda options: noises_answered(2 * options.cases),
    "disturbed": lambda options: disturbed(options.cases),
    "echo": lambda options: echoes(options.minutes),
    "interruptions": lambda options: interruptions(options.cases),
}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=tuple(PARTS), default=tuple(PARTS), help="what to count")
    parser.add_argument("--cases", type=int, default=100, help="of each kind (default 100; twice as many noises)")
    parser.add_argument("--minutes", type=float, default=60.0, help="of long answers in each room (default 60)")
    parser.add_argument("--json", type=Path, default=Path("var/bench_turns_virtual.json"), help="where the counts go")
    options = parser.parse_args()
    began_s, rows = time.monotonic(), []
    for name in options.only:
        for row in PARTS[name](options):
            rows.append(row)
            print(f"{row.what:<88} {row.found:>4} of {row.of:<5} {row.reach:<12} {', '.join(row.which)}", flush=True)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(
        json.dumps({"machine": machine(), "counts": [asdict(row) for row in rows]}, indent=2) + "\n"
    )
    print(f"{time.monotonic() - began_s:.0f} s, on {machine()}; written to {options.json}")


if __name__ == "__main__":
    main()
