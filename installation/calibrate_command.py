"""The command line about the room: `souffleur calibrate`."""

from __future__ import annotations

import logging
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import click

from installation.choice_of_show import Failure, open_show
from installation.config import Show
from installation.room import RoomMeasurement, advice, write_room
from installation.room_picture import room_svg
from installation.sound.acoustics import DRY_S, Acoustics, Outcome, analyse
from installation.sound.devices import DeviceError
from installation.sound.sounding import LostSoundError, Sounding, sound_out
from installation.sound.sweep import GENTLE_DB, LOUDEST_DB
from models.settings import SettingsError

FAINTEST_DB = -60.0
TRIES = 2
"""A machine that was busy once is asked once more."""
_ENDED = "Ended before its end: nothing was measured, and nothing was written."


@click.command()
@click.argument("show", required=False)
@click.option(
    "--level",
    "level_db",
    type=click.FloatRange(FAINTEST_DB, LOUDEST_DB),
    default=GENTLE_DB,
    show_default=True,
    metavar="DBFS",
    help=f"How loud the sweep is; {LOUDEST_DB:g} at most.",
)
def calibrate(show: str | None, level_db: float) -> None:
    """Measure the room of SHOW, with tonight's loudspeaker and microphone where they will stand.

    It listens to the empty room, plays a sweep that rises for six seconds, and tells how long the sound is on its way
    back to the microphone, how much quieter it comes back, how long the room rings, and how loud its noise is. All that
    is kept in room.toml beside show.toml, and drawn in room.svg. Do it before the doors open: nobody may speak.

    \b
    Examples:
      souffleur calibrate shows/mine
      souffleur calibrate shows/mine --level -12     louder, for a large house
    """
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    chosen = open_show(show)
    with _explained():
        _require_writable(chosen.folder)
        _require_closed(chosen)
        with _ending():
            sounding, found = _measured(chosen, level_db)
    _require_measured(found, level_db)
    measurement = _measurement(found, sounding)
    for line in lines(measurement):
        click.echo(line)
    picture = room_svg(f"The room of “{chosen.config.show.name}”", _facts(measurement), sounding.take, found)
    with _explained():
        room, drawn = write_room(chosen.folder, measurement, picture)
    click.echo(f"written to {room} and {drawn.name}")


def lines(room: RoomMeasurement) -> Iterator[str]:
    """What was measured, for the terminal, and what it means for the show."""
    yield f"  microphone     {room.microphone}"
    yield f"  loudspeaker    {room.loudspeaker}"
    if room.delay_ms is not None and room.echo_return_loss_db is not None:
        yield f"  delay          {room.delay_ms:.0f} ms from the loudspeaker to the microphone, all buffers included"
        yield f"  echo           {_quieter(room.echo_return_loss_db)} than it was played (300 to 4,000 Hz)"
        fading = "not to be told: too little above the noise"
        if room.reverberation_s is not None:
            fading = (
                "none" if room.reverberation_s < DRY_S else f"{room.reverberation_s:.1f} s until it has faded by 60 dB"
            )
        yield f"  reverberation  {fading}"
    noise = f"{room.noise_floor_db:.0f} dBFS in the empty room, {room.speech_noise_floor_db:.0f} in the band of speech"
    yield f"  noise          {noise}"
    yield advice(room)


def _quieter(loss_db: float) -> str:
    return f"{loss_db:.0f} dB quieter" if loss_db >= 0 else f"{-loss_db:.0f} dB louder"


def _facts(room: RoomMeasurement) -> str:
    return f"{room.measured:%Y-%m-%d %H:%M}, from {room.loudspeaker} to {room.microphone}"


def _measured(show: Show, level_db: float) -> tuple[Sounding, Acoustics]:
    for _ in range(TRIES - 1):
        with suppress(LostSoundError):
            return _once(show, level_db)
        click.echo("The machine was too busy, and sound was lost: once more.")
    return _once(show, level_db)


def _once(show: Show, level_db: float) -> tuple[Sounding, Acoustics]:
    sounding = sound_out(show.config.sound, level_db, click.echo)
    found = analyse(sounding.take)
    if found.outcome is Outcome.TORN:
        raise LostSoundError
    return sounding, found


def _measurement(found: Acoustics, sounding: Sounding) -> RoomMeasurement:
    def rounded(value: float | None, digits: int) -> float | None:
        return None if value is None else round(value, digits)

    return RoomMeasurement(
        datetime.now().astimezone().isoformat(timespec="seconds"),
        sounding.microphone,
        sounding.loudspeaker,
        round(found.noise_floor_db, 1),
        round(found.speech_noise_floor_db, 1),
        found.outcome,
        rounded(found.delay_ms, 1),
        rounded(found.echo_return_loss_db, 1),
        rounded(found.reverberation_s, 2),
    )


def _require_measured(found: Acoustics, level_db: float) -> None:
    """Raise Failure when the sweep came back in a way that nothing can be told from."""
    if found.outcome is Outcome.MUTE:
        raise Failure(
            "Nothing was measured: the microphone brings no sound at all, not even noise; is it muted, or another one "
            "than you mean? `souffleur devices` lists them.",
            1,
        )
    if found.outcome is Outcome.CLIPPED:
        quieter = max(FAINTEST_DB, level_db - 10)
        raise Failure(
            "Nothing was measured: the sweep came back too loud for the microphone, and was clipped; turn the "
            f"microphone or the loudspeaker down, or take --level {quieter:g}, and measure again.",
            1,
        )
    if found.outcome is Outcome.NOISY:
        louder = f", or take --level {min(LOUDEST_DB, level_db + 8):g}" if level_db < LOUDEST_DB else ""
        raise Failure(
            f"Nothing was measured: the sweep was lost in the noise of the room ({found.noise_floor_db:.0f} dBFS); "
            f"turn the loudspeaker up{louder}, or wait until it is quiet, and measure again.",
            1,
        )


def _require_writable(folder: Path) -> None:
    """Raise SettingsError when nothing could be written: known before the room is filled with noise."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SettingsError(
            f"{folder}: nothing can be written there ({error.strerror}), so the room would be measured for nothing; "
            "take a show's folder that is not write-protected."
        ) from error


def _require_closed(show: Show) -> None:
    """Raise Failure when a house is open: through a sound server it would take the sweep for a visitor."""
    from installation.doctor import check_port
    from installation.findings import State

    if check_port(show.config.panel).state is State.FAULT:
        raise Failure(
            f"A house seems to be open: the panel's port {show.config.panel.port} is in use; it would answer the "
            "sweep, so close it first.",
            4,
        )


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (SettingsError, DeviceError) as error:
        raise Failure(str(error), 2) from error
    except LostSoundError as error:
        raise Failure(str(error), 1) from error
    except KeyboardInterrupt as error:
        raise Failure(_ENDED, 1) from error


@contextmanager
def _ending() -> Iterator[None]:
    """Ctrl-C, a signal to end, or a closed terminal: the loudspeaker fades out, and it is over."""
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
