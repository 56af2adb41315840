"""Trains models/speech_likeness.toml on espeak-ng's voices and on noises that scripts/turns/noises.py makes.

Everything is heard as the house hears it: its own ears cut the utterances. Half of the voices and all noises up to
TRAINED_NOISES are trained on; the others, and recordings of people where there are some, are the trial.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from installation.hearing.hearing import Hearing
from installation.turn_taking.settings import TurnTakingSettings
from models.audio import HEARING_RATE_HZ, Audio, Frame, Samples, silence
from models.load import render
from models.speech_likeness import Features, Weights, measure
from models.voice_detector import WINDOW_SAMPLES, GatedDetector, VoiceDetectorSettings
from scripts.pocket.noises import echo
from scripts.pocket.voices import ACCENTS, HELD_OUT_VARIANTS, TRAINED_VARIANTS
from scripts.turns import recordings, sentences
from scripts.turns.noises import noise

OUT = Path(__file__).parents[1] / "models" / "speech_likeness.toml"
VOICES, TRIAL_VOICES = 1_200, 300
TRAINED_NOISES, TRIAL_NOISES = 6_000, 1_200
KINDS = ("laughter", "cough", "music", "babble", "chair")
"""What the ears take for a voice now and then; of the others nothing is left to judge."""
HIDDEN = 10
STEPS = 8_000
RATE = 0.01
SHRINK = 1e-3
SHORT = {"en": ("No.", "Yes.", "Why?", "Stop.", "Hello.", "Wait."), "fr": ("Oui.", "Non.", "Pourquoi ?", "Bonjour.")}
_ROOMS_S = (0.0, 0.0, 0.3, 0.6, 1.0, 1.5)


@dataclass(frozen=True, slots=True)
class Case:
    """One utterance as it was heard."""

    kind: str
    speech: bool
    features: tuple[float, ...]


def heard(sound: Samples, room_db: float, seed: int) -> list[Features]:
    """What the ears would have judged in `sound`, shape (n,) at 16 kHz, in a room that is so loud."""
    found: list[Features] = []

    def judge(samples: Samples, certainty: float) -> float:
        found.append(measure(samples, certainty))
        return 1.0

    hearing = Hearing(GatedDetector(VoiceDetectorSettings()), TurnTakingSettings(), likeness=judge)
    before, after = (silence(seconds, HEARING_RATE_HZ).samples for seconds in (2.0, 2.0))
    whole = np.concatenate((before, sound, after))
    whole += np.random.default_rng(seed).normal(0, 10 ** (room_db / 20), len(whole)).astype(np.float32)
    for begin in range(0, len(whole) - WINDOW_SAMPLES + 1, WINDOW_SAMPLES):
        frame = whole[begin : begin + WINDOW_SAMPLES].astype(np.float32)
        hearing.feed(Frame(Audio(frame, HEARING_RATE_HZ), begin / HEARING_RATE_HZ))
    return found


def in_a_room(sound: Samples, random: np.random.Generator) -> Samples:
    """At some distance in some room, at some level."""
    rt60_s = float(random.choice(_ROOMS_S))
    wet = echo(sound.astype(float), rt60_s, float(random.uniform(2, 10)), random) if rt60_s else sound
    return np.asarray(wet / np.abs(wet).max() * 10 ** (random.uniform(-26, -4) / 20), np.float32)


def a_voice(number: int) -> list[Case]:
    """A sentence or a word in one of espeak-ng's voices; numbers from VOICES on are of the trial."""
    random = np.random.default_rng([number, 1])
    variants = TRAINED_VARIANTS if number < VOICES else HELD_OUT_VARIANTS
    language = ("en", "fr")[number % 2]
    accent = {"en": "en-gb", "fr": "fr"}.get(name := str(random.choice(ACCENTS[language])), name)
    texts = (*sentences.QUESTIONS[language], *sentences.INTERRUPTIONS[language], *SHORT[language], *SHORT[language])
    voice = f"{accent}+{random.choice(variants)}".rstrip("+")
    sound = render(str(random.choice(texts)), language, voice).at_rate(HEARING_RATE_HZ).samples
    room_db = float(random.uniform(-70, -42))
    kind = "espeak" if number < VOICES else "espeak, held out"
    return [Case(kind, True, found.values()) for found in heard(in_a_room(sound, random), room_db, number)[-1:]]


def a_noise(number: int) -> list[Case]:
    """A noise that may be taken for a voice; numbers from TRAINED_NOISES on are of the trial."""
    made = noise(10_000 + number, KINDS)
    room_db = float(np.random.default_rng([number, 2]).uniform(-70, -48))
    kind = made.kind if number < TRAINED_NOISES else f"{made.kind}, held out"
    return [Case(kind, False, found.values()) for found in heard(made.audio.samples, room_db, number)]


def a_person(seat: tuple[Samples, int]) -> list[Case]:
    """A recording of somebody, in one of four rooms, louder and softer."""
    sound, number = seat
    random = np.random.default_rng([number, 3])
    rt60_s = (0.0, 0.3, 0.8, 1.5)[number % 4]
    wet = echo(sound.astype(float), rt60_s, 5.0, random) if rt60_s else sound
    loud = np.asarray(wet / np.abs(wet).max() * 10 ** (random.uniform(-20, -6) / 20), np.float32)
    found = heard(loud, float((-65, -50, -45)[number % 3]), number)
    return [Case(f"people, RT60 {rt60_s} s", True, features.values()) for features in found[-1:]]


def train(cases: list[Case], seed: int = 1) -> Weights:
    """A hidden layer, by Adam (Kingma and Ba 2015) on the whole set; speech and noise count the same."""
    random = np.random.default_rng(seed)
    inputs = np.array([case.features for case in cases])
    mean, deviation = inputs.mean(axis=0), inputs.std(axis=0)
    inputs = np.column_stack(((inputs - mean) / deviation, np.ones(len(inputs))))
    wanted = np.array([float(case.speech) for case in cases])
    weight = np.where(wanted > 0, 0.5 / wanted.mean(), 0.5 / (1 - wanted.mean())) / len(wanted)
    hidden = random.normal(0, 0.5, (HIDDEN, inputs.shape[1]))
    output = random.normal(0, 0.5, HIDDEN + 1)
    moments = [(np.zeros_like(part), np.zeros_like(part)) for part in (hidden, output)]
    for step in range(1, STEPS + 1):
        active = np.column_stack((np.tanh(inputs @ hidden.T), np.ones(len(inputs))))
        error = (1 / (1 + np.exp(-active @ output)) - wanted) * weight
        back = error[:, None] * output[:-1] * (1 - active[:, :-1] ** 2)
        slopes = (back.T @ inputs + SHRINK * hidden, active.T @ error + SHRINK * output)
        for part, slope, moment in zip((hidden, output), slopes, moments, strict=True):
            _improve(part, slope, moment, step)
    return Weights(
        mean=tuple(map(float, mean)),
        deviation=tuple(map(float, deviation)),
        hidden=tuple(tuple(map(float, unit)) for unit in hidden),
        output=tuple(map(float, output)),
    )


def _improve(part: np.ndarray, slope: np.ndarray, moment: tuple[np.ndarray, np.ndarray], step: int) -> None:
    first, second = moment
    first += 0.1 * (slope - first)
    second += 0.001 * (slope**2 - second)
    part -= RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)


def trial(cases: Iterable[Case], weights: Weights, least: float) -> Iterator[str]:
    """For each kind, how much of it is taken for speech."""
    likeness: dict[str, list[float]] = {}
    for case in cases:
        likeness.setdefault(case.kind, []).append(weights.likeness(_features(case)))
    for kind, values in sorted(likeness.items()):
        taken = float(np.mean(np.array(values) >= least))
        yield f"{kind}: {len(values)} judged, {100 * taken:.1f} % taken for speech"


def _features(case: Case) -> Features:
    return Features(*case.features)


def write(weights: Weights, lines: Iterable[str]) -> None:
    """The weights, with what they are worth above them."""
    text = [
        "# Made by scripts/train_speech_likeness; do not edit. What its trial found:",
        *(f"#   {line}" for line in lines),
    ]
    for name in ("mean", "deviation", "output"):
        text.append(f"{name} = [{', '.join(f'{value:.5g}' for value in getattr(weights, name))}]")
    units = ",\n".join(f"  [{', '.join(f'{value:.5g}' for value in unit)}]" for unit in weights.hidden)
    OUT.write_text("\n".join([*text, f"hidden = [\n{units},\n]"]) + "\n", encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--least", type=float, default=TurnTakingSettings().speech_likeness, help="what counts as speech"
    )
    options = parser.parse_args()
    with ProcessPoolExecutor() as pool:
        voices = [case for cases in pool.map(a_voice, range(VOICES + TRIAL_VOICES), chunksize=20) for case in cases]
        noises = [
            case for cases in pool.map(a_noise, range(TRAINED_NOISES + TRIAL_NOISES), chunksize=20) for case in cases
        ]
        folder = recordings.folder_of_voices()
        said = recordings.utterances(folder) if folder else []
        seats = [(one.audio.at_rate(HEARING_RATE_HZ).samples, number) for number in range(12) for one in said]
        people = [case for cases in pool.map(a_person, seats, chunksize=5) for case in cases]
    trained = [case for case in (*voices, *noises) if not case.kind.endswith("held out")]
    weights = train(trained)
    lines = list(trial((*voices, *noises, *people), weights, options.least))
    write(weights, lines)
    print(*lines, sep="\n")


if __name__ == "__main__":
    main()
