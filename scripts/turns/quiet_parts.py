"""Parts of the bench that are played in a closed room: the visitor alone is heard by the microphone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle, islice
from pathlib import Path

from scripts.turns import noises, recordings, spoken
from scripts.turns.judging import Reply, ducked_s, reply, stopped_s
from scripts.turns.options import Options
from scripts.turns.rig import Rig, Setting, rig
from scripts.turns.rows import Row, failures, not_measured, times
from scripts.turns.stimuli import Stimulus
from tests.fakes.sound_card import VirtualSoundCard

GAP_REACH_MS = {"instant": (350.0, 450.0), "pocket": (550.0, 800.0)}
NOBODY_S = 2.2
"""So long after a noise an answer to it may still come."""
INTERRUPTED_AT_S = 2.0
SHORT_S = 3.0
"""Human interruptions are no longer, or the answer would end before they do."""
NOTICED_S = 1.5
_QUIET_S = 0.15
_CPU_EVERY_S = 10.0
HUMAN, SYNTHETIC = "human voices", "espeak voices"


def people(
    options: Options, human: Callable[..., Sequence[Stimulus]], synthetic: Iterator[Stimulus], count: int
) -> dict[str, list[Stimulus]]:
    """So many stimuli of each kind of voice; no human ones where there are no recordings."""
    chosen = {SYNTHETIC: list(islice(synthetic, count))}
    if options.voices is not None:
        chosen = {HUMAN: list(islice(cycle(spread(human(options.voices), count)), count)), **chosen}
    return chosen


def spread(stimuli: Sequence[Stimulus], count: int) -> Sequence[Stimulus]:
    """All of them, in an order in which the first `count` come from everywhere in the list."""
    step = max(1, len(stimuli) // max(1, count))
    return [stimulus for first in range(step) for stimulus in stimuli[first::step]]


def gaps(card: VirtualSoundCard, options: Options) -> Iterator[Row]:
    """From the last voiced sample of a finished sentence to the first sample of the answer."""
    stimuli = people(options, recordings.utterances, spoken.questions(), options.rounds["gaps"])
    with rig(card, Setting(options.home, options.ears)) as house:
        house.is_alive()
        for voices, chosen in stimuli.items():
            replies = [_reply(house, stimulus) for stimulus in chosen]
            early = sum(answer.is_early for answer in replies)
            names = {"early": early, "stimuli": [stimulus.name for stimulus in chosen]}
            what = f"gap after a finished sentence, {voices}" + (f" ({early} began too early)" if early else "")
            yield times(what, [answer.gap_s for answer in replies], GAP_REACH_MS[options.ears], names)


def pauses(card: VirtualSoundCard, options: Options) -> Iterator[Row]:
    """Utterances that hold a pause: how often the answer begins before they are over."""
    stimuli = people(options, recordings.held_utterances, spoken.held_questions(), options.rounds["pauses"] // 2)
    with rig(card, Setting(options.home, options.ears)) as house:
        for voices, chosen in stimuli.items():
            replies = [_reply(house, stimulus) for stimulus in chosen]
            early = [stimulus.name for stimulus, answer in zip(chosen, replies, strict=True) if answer.is_early]
            missing = sum(answer.gap_s is None and not answer.is_early for answer in replies)
            yield failures(
                f"answers that begin inside a visitor's pause, {voices}",
                len(early),
                len(replies),
                0.03,
                {"early": early},
            )
            yield failures(f"... never answered, {voices}", missing, len(replies), 0.0)
            after = [answer.gap_s for answer in replies if not answer.is_early]
            if after:
                yield times(f"... gap after those that were left to finish, {voices}", after, None, {})


def _reply(house: Rig, stimulus: Stimulus) -> Reply:
    passage = house.say(stimulus)
    house.sound_after(passage.start_s)
    answer = reply(house.tape.since(0)[1], passage)
    house.hush()
    return answer


def barge_in(card: VirtualSoundCard, options: Options) -> Iterator[Row]:
    """A visitor speaks over an answer: how soon it is softer, and how soon it is silent."""

    def short(folder: Path) -> list[Stimulus]:
        return [one for one in recordings.utterances(folder) if one.audio.duration_s < SHORT_S]

    stimuli = people(options, short, spoken.interruptions(), options.rounds["barge-in"])
    with rig(card, Setting(options.home, options.ears)) as house:
        for voices, chosen in stimuli.items():
            ducked, silent = zip(*(house.fairly(partial(_interrupt, house, one)) for one in chosen), strict=True)
            names = {"stimuli": [stimulus.name for stimulus in chosen], "torn": house.torn}
            yield times(f"barge-in, {voices}: onset to ducked by 6 dB", ducked, (120.0, float("inf")), names)
            yield times(f"barge-in, {voices}: onset to silence", silent, (350.0, 550.0), names)


def _interrupt(house: Rig, stimulus: Stimulus) -> tuple[float | None, float | None]:
    begun_s = house.ask()
    if begun_s is None:
        raise RuntimeError("the double gave no answer that could be interrupted")
    house.tape.run_on(INTERRUPTED_AT_S)
    passage = house.say(stimulus)
    house.tape.run_on(max(0.0, passage.onset_s + NOTICED_S + 0.3 - house.tape.length_s))
    track = house.tape.since(begun_s)[1]
    onset_s = passage.onset_s - begun_s
    ducked = ducked_s(track, onset_s, within_s=NOTICED_S)
    silent = stopped_s(track, onset_s, _QUIET_S, NOTICED_S)
    house.hush()
    return ducked, silent


def noises_alone(card: VirtualSoundCard, options: Options) -> Iterator[Row]:
    """Noises in a room in which nobody speaks: how often the double answers."""
    chosen = list(islice(noises.noises(), options.rounds["noises"]))
    answered = []
    with rig(card, Setting(options.home, options.ears)) as house:
        house.is_alive()
        for noise in chosen:
            house.show.expect(("What do you remember of the sea?",))
            begin_s = house.play(noise.audio)
            if house.sound_after(begin_s, NOBODY_S) is not None:
                answered.append(noise.name)
                house.hush()
    yield failures(
        "applause, laughter, coughs, slams, babble answered", len(answered), len(chosen), 0.0, {"answered": answered}
    )


def clipped(card: VirtualSoundCard, options: Options) -> Iterator[Row]:  # noqa: ARG001 - as the other parts
    """What reaches the ears cannot be heard from outside the house."""
    why = "what reaches the ears is not to be heard from outside; the tests in virtual time compare it"
    yield not_measured("first syllables clipped", why, "0")


def cpu(card: VirtualSoundCard, options: Options) -> Iterator[Row]:
    """What the house and its engines take while somebody asks six times a minute."""
    questions = spoken.questions()
    with rig(card, Setting(options.home, options.ears)) as house:
        house.is_alive()
        began_s, before_s = time.monotonic(), house.house.cpu_s()
        for number in range(1, options.rounds["cpu"] + 1):
            house.say(next(questions))
            house.tape.run_on(max(0.0, began_s + number * _CPU_EVERY_S - time.monotonic()))
        used_s, passed_s = house.house.cpu_s() - before_s, time.monotonic() - began_s
    per_minute = 60 * used_s / passed_s
    yield Row(
        "CPU seconds per minute of conversation",
        f"{per_minute:.1f} s",
        "<= 5 s",
        per_minute <= 5,
        options.rounds["cpu"],
        {"cpu_s_per_min": round(per_minute, 2), "measured_s": round(passed_s, 1)},
    )
