"""Counts the lines that Whisper hears in rooms in which nobody speaks; prints a table and writes JSON.

Noise, applause and music are made by scripts/pocket/noises.py and go through the house's own ears, faster than real
time: detector and segmenter cut utterances, Whisper's gate keeps some of them away, the weights hear the rest, and the
guard takes out what nobody says. "cut by the clock" leaves the house's ears out: every five seconds are an utterance.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from installation.events import (
    VoicePaused,
)
from installation.hearing.hearing import Hearing
from installation.turn_taking.settings import TurnTakingSettings
from models.audio import Audio, Frame, Samples
from models.protocols import ModelError
from models.speech_gate import SpeechGate, SpeechGateSettings
from models.voice_detector import WINDOW_SAMPLES, GatedDetector, VoiceDetectorSettings
from models.whisper import WhisperSettings, WhisperTranscriber
from scripts.bench_latency import machine
from scripts.pocket import noises
from tests.fakes import tiny_whisper
from tests.fakes.spoken import said

SCENE_S = 30.0
"""So long one sound lasts; then comes another of its kind, at another level."""
CLOCK_S = 5.0
LOUDEST_DB, SOFTEST_DB = -3.0, -45.0
"""Peaks of the scenes, in dBFS."""
ROOMS = tuple(kind for kind in noises.KINDS if kind != "silence")
LANGUAGES = ("fr", "en")
OPEN = SpeechGateSettings(least_voice_s=0.0, quietest_db=-120.0)
Cutter = Callable[[Samples], Iterator[Samples]]


@dataclass(frozen=True, slots=True)
class Count:
    """One row of the table."""

    room: str
    ears: str
    minutes: float
    utterances: int
    through_the_gate: int
    """Of them."""
    lines: int
    heard: tuple[str, ...]
    """The first of the lines."""


def scene(room: str, duration_s: float, rng: np.random.Generator) -> Samples:
    """A stretch of one kind of sound, at 16 kHz, in a hall of half a second's echo."""
    dry = noises.KINDS[room](round(duration_s * noises.RATE_HZ), rng)
    sound = noises.echo(dry, 0.5, 6.0, rng)[: len(dry)]
    peak = 10 ** (rng.uniform(SOFTEST_DB, LOUDEST_DB) / 20)
    return (sound * peak / np.max(np.abs(sound))).astype(np.float32)


def by_the_house(judge: bool) -> Cutter:
    """The house's own ears; without the judge, webrtcvad alone decides what is a voice."""
    hearing = Hearing(GatedDetector(VoiceDetectorSettings(judge=judge)), TurnTakingSettings())

    def cut(samples: Samples) -> Iterator[Samples]:
        whole = len(samples) // WINDOW_SAMPLES * WINDOW_SAMPLES
        for number, window in enumerate(samples[:whole].reshape(-1, WINDOW_SAMPLES)):
            frame = Frame(Audio(window, noises.RATE_HZ), number * WINDOW_SAMPLES / noises.RATE_HZ)
            for event in hearing.feed(frame):
                if isinstance(event, VoicePaused):
                    yield event.utterance.audio.samples
        hearing.forget()

    return cut


def by_the_clock(samples: Samples) -> Iterator[Samples]:
    """Everything, in pieces."""
    length = round(CLOCK_S * noises.RATE_HZ)
    return (samples[start : start + length] for start in range(0, len(samples), length))


CUTTERS: dict[str, Callable[[], Cutter]] = {
    "the house's": lambda: by_the_house(judge=True),
    "webrtcvad alone": lambda: by_the_house(judge=False),
    "cut by the clock": lambda: by_the_clock,
}


class Listener:
    """A Whisper and the gate before it, apart, so that both can be counted."""

    def __init__(self, folder: Path) -> None:
        self._gate = SpeechGate(SpeechGateSettings())
        self._whisper = WhisperTranscriber(replace(WhisperSettings(), gate=OPEN), folder)
        self.name = self._whisper.name

    def hear(self, utterance: Samples) -> str | None:
        """The line, "" when there is none in it, None when it does not come through the gate."""
        if not self._gate.lets_through(utterance):
            return None
        return self._whisper.transcribe(Audio(utterance, noises.RATE_HZ), LANGUAGES).text

    def close(self) -> None:
        """Free the weights."""
        self._whisper.close()


def listen(listener: Listener, room: str, ears: str, minutes: float) -> Count:
    """So long in such a room."""
    rng, cut = np.random.default_rng(ROOMS.index(room)), CUTTERS[ears]()
    scenes = math.ceil(minutes * 60 / SCENE_S)
    sounds = (scene(room, minutes * 60 / scenes, rng) for _ in range(scenes))
    heard = [listener.hear(utterance) for sound in sounds for utterance in cut(sound)]
    lines = [text for text in heard if text]
    return Count(room, ears, minutes, len(heard), len(heard) - heard.count(None), len(lines), tuple(lines[:5]))


def control(listener: Listener, ears: str) -> None:
    """Ears that hear nothing at all would win every time: a sentence must become a line.

    Raises:
        SystemExit: it does not.
    """
    speech = said("What do you remember of the sea?", "en-gb", before_s=1.0, after_s=1.0).samples
    if not any(listener.hear(utterance) for utterance in CUTTERS[ears]()(speech)):
        raise SystemExit(f"{listener.name}, {ears}: a spoken sentence gave no line, so silence proves nothing.")


def measure(folder: Path, minutes: float, all_ears: Sequence[str]) -> Iterator[Count]:
    """All rooms through each of the ears. Raises SystemExit where nothing can be measured."""
    try:
        listener = Listener(folder)
        for ears in all_ears:
            control(listener, ears)
            for room in ROOMS:
                yield listen(listener, room, ears, minutes / len(ROOMS))
        listener.close()
    except ModelError as error:
        raise SystemExit(str(error)) from error


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whisper", type=Path, help='the folder of a Whisper (default: one that hears "hello" always)')
    parser.add_argument("--minutes", type=float, default=60.0, help="through each of the ears, all rooms together")
    parser.add_argument("--ears", nargs="+", choices=CUTTERS, default=list(CUTTERS), help="(default: all)")
    parser.add_argument("--json", type=Path, default=Path("var/bench_no_speech.json"), help="where the figures go")
    options = parser.parse_args()
    began_s, counts = time.monotonic(), []
    print(f"{'ears':<18}{'room':<10}{'utterances':>12}{'through the gate':>18}{'lines':>7}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.whisper or tiny_whisper.make(Path(temporary), languages=LANGUAGES)
        for count in measure(folder, options.minutes, options.ears):
            counts.append(count)
            columns = f"{count.utterances:>12}{count.through_the_gate:>18}{count.lines:>7}"
            print(f"{count.ears:<18}{count.room:<10}{columns}", flush=True)
    took_s = round(time.monotonic() - began_s, 1)
    figures = {"machine": machine(), "whisper": folder.name, "took_s": took_s, "counts": list(map(asdict, counts))}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    total = f"{sum(count.lines for count in counts)} lines in {options.minutes:g} min through each of the ears"
    print(f"{folder.name}: {total}; {took_s} s on {machine()}; written to {options.json}")


if __name__ == "__main__":
    main()
