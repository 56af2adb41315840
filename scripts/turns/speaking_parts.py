"""Parts of the bench in which something is heard while the double speaks, in a closed room and in an open one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice, zip_longest

import numpy as np

from models.audio import Audio
from scripts.turns import noises, recordings, sentences, spoken
from scripts.turns.judging import Fate, Reference, fate, sounding_at, sounding_s, stopped_s
from scripts.turns.open_room import OpenRoom, OpenRoomSettings
from scripts.turns.options import Options
from scripts.turns.quiet_parts import people
from scripts.turns.rig import Rig, Setting, rig
from scripts.turns.rows import Row, failures, successes, times
from scripts.turns.stimuli import Stimulus, voiced_level_db
from tests.fakes.sound_card import RATE_HZ, VirtualSoundCard

VOICE = "espeak"
"""A voice that can be known again by its sound, and that detectors take for one."""
DISTURBED_AT_S = 3.2
"""In the second sentence: an answer whose beginning is heard twice has been given twice."""
OVER_S = 1.2
ROOMS = (
    OpenRoomSettings(0.3, 0.03, 50.0, buffer_ms=20),
    OpenRoomSettings(0.8, 0.12, 50.0),
    OpenRoomSettings(1.5, 0.25, 50.0),
)
ROOMS_OF_INTERRUPTIONS = (OpenRoomSettings(0.3, 0.06), OpenRoomSettings(0.8, 0.12))
ECHO_INTERRUPTED_AT_S = 4.0
NOTICED_S = 2.0
_QUIET_S = 0.5
_BEFORE_S = 0.1
_LISTEN_S = 2.0


def noises_while_speaking(card: VirtualSoundCard, options: Options) -> Iterator[Row]:
    """Noises over an answer: how often it never comes to its end."""
    count = options.rounds["noises-while-speaking"]
    things = noises.noises(tuple(kind for kind in noises.KINDS if kind not in noises.BY_PEOPLE))
    throats, said = noises.noises(noises.BY_PEOPLE), spoken.back_channels()
    in_turn = (one for pair in zip(throats, said, strict=False) for one in pair)
    parts: dict[str, Iterator[noises.Noise | Stimulus]] = {
        "answers cut for good by claps, slams, music, babble": islice(things, count),
        "answers cut for good by coughs, laughs, back-channels": islice(in_turn, count),
    }
    with rig(card, Setting(options.home, options.ears, VOICE)) as house:
        known = house.undisturbed()
        for what, disturbances in parts.items():
            yield _cut_by(house, known, what, disturbances)


def _cut_by(house: Rig, known: Reference, what: str, disturbances: Iterable[noises.Noise | Stimulus]) -> Row:
    fates = {sound.name: _disturb(house, known, sound.audio) for sound in disturbances}
    cut = [name for name, end in fates.items() if end.was_cut]
    again = [name for name, end in fates.items() if end.answered_again]
    return failures(what, len(cut), len(fates), 0.0, {"cut": cut, "answered": again})


def _disturb(house: Rig, known: Reference, sound: Audio) -> Fate:
    begun_s = house.ask()
    if begun_s is None:
        return Fate(begun=False, finished=False, answered_again=False)
    house.tape.run_on(max(0.0, begun_s + DISTURBED_AT_S - house.tape.length_s))
    house.play(sound)
    house.until_silent(OVER_S, 3 * known.length_s)
    end = fate(house.tape.since(begun_s - _BEFORE_S)[1], known)
    house.hush()
    return end


@contextmanager
def in_a_room(card: VirtualSoundCard, settings: OpenRoomSettings, setting: Setting) -> Iterator[tuple[Rig, OpenRoom]]:
    """A house whose microphone hears its loudspeaker."""
    with OpenRoom(card, settings) as room, rig(card, setting) as house:
        yield house, room


def echo(card: VirtualSoundCard, options: Options) -> Iterator[Row]:
    """Long answers into open rooms: how often the double interrupts itself."""
    setting = Setting(options.home, options.ears, VOICE, sentences.LONG_ANSWER)
    with rig(card, setting) as house:
        known = house.undisturbed()
    for settings in ROOMS:
        with in_a_room(card, settings, setting) as (house, room):
            done = [_long_answer(house, known) for _ in range(options.rounds["echo"])]
            where = f"RT60 {settings.rt60_s} s, {1000 * room.delay_s:.0f} ms, {settings.drift_ppm:.0f} ppm"
        cut = sum(end.was_cut for end, _ in done)
        again = sum(end.answered_again for end, _ in done)
        minutes = sum(spoken_s for _, spoken_s in done) / 60
        numbers = {"minutes_played": round(minutes, 2), "answered_itself": again, "delay_ms": 1000 * room.delay_s}
        most = 0.0 if settings.rt60_s < 1 else 1 / max(1, len(done))
        yield failures(f"long answers that cut themselves off, {where}", cut, len(done), most, numbers)
        yield failures(
            f"... the double answers itself ({minutes:.1f} min of its voice)", again, len(done), 0.0, numbers
        )


def _long_answer(house: Rig, known: Reference) -> tuple[Fate, float]:
    begun_s = house.ask()
    if begun_s is None:
        return Fate(begun=False, finished=False, answered_again=False), 0.0
    house.until_silent(_LISTEN_S, 1.5 * known.length_s + _LISTEN_S)
    track = house.tape.since(begun_s - _BEFORE_S)[1]
    house.hush()
    return fate(track, known), sounding_s(track)


def echo_barge_in(card: VirtualSoundCard, options: Options) -> Iterator[Row]:
    """A visitor, as loud at the microphone as the echo, speaks over an answer: whether it stops."""
    setting = Setting(options.home, options.ears, VOICE, sentences.LONG_ANSWER)
    chosen = people(options, recordings.utterances, spoken.interruptions(), options.rounds["echo-barge-in"] // 2)
    stimuli = [one for pair in zip_longest(*chosen.values()) for one in pair if one is not None]
    for settings in ROOMS_OF_INTERRUPTIONS:
        with in_a_room(card, settings, setting) as (house, room):
            tried = [_interrupt_over_echo(house, stimulus) for stimulus in stimuli]
            where = f"RT60 {settings.rt60_s} s, {1000 * room.delay_s:.0f} ms"
        already = sum(was_silent for was_silent, _ in tried)
        noticed = [stopped for was_silent, stopped in tried if not was_silent]
        numbers: dict[str, object] = {"cut_itself_off_before": already, "delay_ms": 1000 * room.delay_s}
        stops = sum(stopped is not None for stopped in noticed)
        suffix = f" ({already} could not be tried)" if already else ""
        yield successes(f"barge-ins under echo that stop it, {where}{suffix}", stops, len(tried), 0.95, numbers)
        if noticed:
            yield times(f"... onset to silence, of those that could be tried, {where}", noticed, None, {})


def _interrupt_over_echo(house: Rig, stimulus: Stimulus) -> tuple[bool, float | None]:
    """Whether the double had cut itself off before, and how long after the onset it fell silent."""
    begun_s = house.ask()
    if begun_s is None:
        return True, None
    house.tape.run_on(max(0.0, begun_s + ECHO_INTERRUPTED_AT_S - house.tape.length_s))
    heard = house.tape.microphone_since(house.tape.length_s - _LISTEN_S)
    level_db = voiced_level_db(Audio(np.asarray(heard), RATE_HZ))
    passage = house.say(stimulus.at_level(max(level_db, -60.0)))
    house.tape.run_on(max(0.0, passage.onset_s + NOTICED_S + _QUIET_S - house.tape.length_s))
    track = house.tape.since(begun_s)[1]
    onset_s = passage.onset_s - begun_s
    was_silent = not sounding_at(track, onset_s, _QUIET_S)
    stopped = None if was_silent else stopped_s(track, onset_s, _QUIET_S, NOTICED_S)
    house.hush()
    return was_silent, stopped
