"""Parts of the bench in which something is heard while the double speaks, in a closed room and in an open one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice, zip_longest

from models.audio import Audio
from scripts.turns import noises, recordings, sentences, spoken
from scripts.turns.judging import Fate, Reference, fate, sounding_s, stopped_s
from scripts.turns.open_room import OpenRoom, OpenRoomSettings, echo_delay_s
from scripts.turns.options import Options
from scripts.turns.quiet_parts import people
from scripts.turns.rig import Rig, Setting, in_its_language, rig
from scripts.turns.rows import Row, failed, failures, successes, times
from scripts.turns.stimuli import Stimulus, voiced_level_db
from tests.fakes.sound_card import RATE_HZ, VirtualSoundCard

VOICE = "espeak"
"""A voice that can be known again by its sound, and that detectors take for one."""
DISTURBED_AT_S = 3.2
"""In the second sentence: an answer whose beginning is heard twice has been given twice."""
OVER_S = 1.2
ROOMS = (
    OpenRoomSettings(0.3, 0.03, 50.0),
    OpenRoomSettings(0.8, 0.12, 50.0),
    OpenRoomSettings(1.5, 0.25, 50.0),
)
ROOMS_OF_INTERRUPTIONS = (OpenRoomSettings(0.3, 0.06), OpenRoomSettings(0.8, 0.12))
ECHO_INTERRUPTED_AT_S = 4.0
NOTICED_S = 2.0
SOONEST_S = 0.03
"""Nobody's onset is noticed sooner: whoever falls silent before has cut itself off."""
_QUIET_S = 0.5
_BEFORE_S = 0.1
_LISTEN_S = 2.0
_HELD_UP_S = 3.0
_LOOK_BACK_S = 8.0
_PREPARED_S = 15.0
"""The room is there before the tape runs."""
_TOLERANCE_MS = 2.0
_SOFTEST_DB = -40.0


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
    fates = {sound.name: house.fairly(partial(_disturb, house, known, sound)) for sound in disturbances}
    cut = [name for name, end in fates.items() if end.was_cut]
    again = [name for name, end in fates.items() if end.answered_again]
    return failures(what, len(cut), len(fates), 0.0, {"cut": cut, "answered": again, "torn": house.torn})


def _disturb(house: Rig, known: Reference, sound: noises.Noise | Stimulus) -> Fate:
    begun_s = house.ask()
    if begun_s is None:
        return Fate(begun=False, finished=False, answered_again=False)
    house.tape.run_on(max(0.0, begun_s + DISTURBED_AT_S - house.tape.length_s))
    # For a noise the ears hear a question, which is the worst that they could.
    if isinstance(sound, Stimulus):
        house.show.expect(
            in_its_language(sound)
        )  # for a noise the ears hear a question, which is the worst that they could
    house.play(sound.audio)
    house.until_silent(OVER_S, known.length_s + _HELD_UP_S)
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
    known = _long_reference(card, options)
    for settings in ROOMS:
        try:
            yield from _echo_in(card, options, settings, known)
        except RuntimeError as error:  # one room less is no reason to leave out the others
            yield failed(f"long answers that cut themselves off, RT60 {settings.rt60_s} s", error)


def _echo_in(card: VirtualSoundCard, options: Options, settings: OpenRoomSettings, known: Reference) -> Iterator[Row]:
    with in_a_room(card, settings, _long(options)) as (house, room):
        done = [house.fairly(partial(_long_answer, house, known)) for _ in range(options.rounds["echo"])]
        late_ms = _delay_ms(house)
        where = f"RT60 {settings.rt60_s} s, {1000 * room.delay_s:.0f} ms, {settings.drift_ppm:.0f} ppm"
        fault = torn(room, settings.drift_ppm, house.tape.length_s, late_ms)
    minutes = sum(spoken_s for _, spoken_s in done) / 60
    delays = {"delay_ms": round(1000 * room.delay_s, 1), "delay_at_end_ms": late_ms, "torn": house.torn}
    cut = sum(end.was_cut for end, _ in done)
    allowed = 0.0 if settings.rt60_s < 1 else minutes / 60
    numbers: dict[str, object] = {"minutes_played": round(minutes, 2), **delays}
    row = _self_cuts(f"long answers that cut themselves off, {where}{fault}", cut, len(done), allowed, numbers)
    # An echo that jumped is another one than was meant: no success in it counts.
    yield replace(row, met=False) if fault else row
    again = sum(end.answered_again for end, _ in done)
    yield failures("... after which it answered itself", again, len(done), 0.0)


def torn(room: OpenRoom, drift_ppm: float, played_s: float, late_ms: float | None) -> str:
    """What to say of a room whose delay is not what it should be by now: a busy machine tore the echo."""
    if late_ms is None:
        return ""
    drifted_ms = late_ms - 1000 * room.delay_s
    most_ms = 1e-3 * drift_ppm * (played_s + _PREPARED_S) + _TOLERANCE_MS
    return "" if -_TOLERANCE_MS < drifted_ms < most_ms else f" (TORN: {late_ms:.0f} ms at the end; measure again)"


def _self_cuts(what: str, cut: int, n: int, allowed: float, numbers: dict[str, object]) -> Row:
    reach = "0 in an hour" if allowed == 0 else "<= 1 in an hour"
    value = f"{cut} of {n}, {numbers['minutes_played']} min"
    return Row(what, value, reach, cut <= allowed, n, {"failed": cut} | numbers)


def _long(options: Options) -> Setting:
    return Setting(options.home, options.ears, VOICE, sentences.LONG_ANSWER)


def _long_reference(card: VirtualSoundCard, options: Options) -> Reference:
    """The long answer as it sounds where the microphone does not hear it."""
    if sentences.LONG_ANSWER not in options.references:
        with rig(card, _long(options)) as house:
            options.references[sentences.LONG_ANSWER] = house.undisturbed()
    return options.references[sentences.LONG_ANSWER]


def _delay_ms(house: Rig) -> float | None:
    """The delay of the path by now: it tells whether the card tore the echo."""
    delay_s = echo_delay_s(house.tape, max(0.0, house.tape.length_s - _LOOK_BACK_S))
    return None if delay_s is None else round(1000 * delay_s, 2)


def _long_answer(house: Rig, known: Reference) -> tuple[Fate, float]:
    begun_s = house.ask()
    if begun_s is None:
        return Fate(begun=False, finished=False, answered_again=False), 0.0
    house.until_silent(_LISTEN_S, known.length_s + _LISTEN_S + _HELD_UP_S)
    track = house.tape.since(begun_s - _BEFORE_S)[1]
    house.hush()
    return fate(track, known), sounding_s(track)


def echo_barge_in(card: VirtualSoundCard, options: Options) -> Iterator[Row]:
    """A visitor, as loud at the microphone as the echo, speaks over an answer: whether it stops."""
    known = _long_reference(card, options)
    chosen = people(options, recordings.utterances, spoken.interruptions(), options.rounds["echo-barge-in"] // 2)
    stimuli = [one for pair in zip_longest(*chosen.values()) for one in pair if one is not None]
    for settings in ROOMS_OF_INTERRUPTIONS:
        where = f"RT60 {settings.rt60_s} s, {1000 * settings.delay_s:.0f} ms"
        try:
            with in_a_room(card, settings, _long(options)) as (house, _):
                tried = [house.fairly(partial(_interrupt_over_echo, house, known, one)) for one in stimuli]
        except RuntimeError as error:
            yield failed(f"barge-ins under echo that stop it, {where}", error)
            continue
        could = [stopped for was_on, stopped in tried if was_on]
        stops = sum(stopped is not None for stopped in could)
        suffix = f" ({len(could)} could be tried)" if len(could) < len(tried) else ""
        numbers: dict[str, object] = {"cut_itself_off_before": len(tried) - len(could), "torn": house.torn}
        yield successes(f"barge-ins under echo that stop it, {where}{suffix}", stops, len(tried), 0.95, numbers)
        if could:
            yield times("... onset to silence, of those that could be tried", could, None, {})


def _interrupt_over_echo(house: Rig, known: Reference, stimulus: Stimulus) -> tuple[bool, float | None]:
    """Whether the answer was still on, and how long after the onset it fell silent."""
    begun_s = house.ask()
    if begun_s is None:
        return False, None
    house.tape.run_on(max(0.0, begun_s + ECHO_INTERRUPTED_AT_S - house.tape.length_s))
    heard = house.tape.microphone_since(house.tape.length_s - _LISTEN_S)
    level_db = voiced_level_db(Audio(heard, RATE_HZ))
    passage = house.say(stimulus.at_level(max(level_db, _SOFTEST_DB)))
    house.tape.run_on(max(0.0, passage.onset_s + NOTICED_S + _QUIET_S - house.tape.length_s))
    from_s = max(0.0, begun_s - _BEFORE_S)
    track, onset_s = house.tape.since(from_s)[1], passage.onset_s - from_s
    house.hush()
    if not known.is_on(track, onset_s + SOONEST_S):
        return False, None
    return True, stopped_s(track, onset_s, _QUIET_S, NOTICED_S)
