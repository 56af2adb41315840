"""Examines whether the room that a show plays in has been measured, with the devices of today."""

from __future__ import annotations

import shlex

from installation.config import Show
from installation.findings import Check, State
from installation.room import RoomMeasurement, read_room
from installation.sound.acoustics import DRY_S
from installation.sound.devices import Device, DeviceError, Kind, choose
from models.settings import SettingsError


def check_room(show: Show, known: tuple[Device, ...] | DeviceError) -> Check:
    """When the room was measured and what came of it; a note when it was with other devices, or not at all."""
    again = f"Run souffleur calibrate {shlex.quote(str(show.folder))} before the doors open."
    try:
        room = read_room(show.folder)
    except SettingsError as error:
        return Check("room", State.FAULT, str(error), again)
    if room is None:
        if not show.config.hearing.barge_in:
            return Check("room", State.OK, "not measured; needed only where barge_in is on")
        return Check("room", State.WARN, "not measured: nobody knows what the microphone hears of the double", again)
    others = _others(show, room, known)
    if others:
        return Check("room", State.WARN, f"measured {room.measured:%Y-%m-%d %H:%M} with other devices: {others}", again)
    return Check("room", State.OK, f"measured {room.measured:%Y-%m-%d %H:%M}: {_told(room)}")


def _told(room: RoomMeasurement) -> str:
    if room.delay_ms is None or room.echo_return_loss_db is None:
        return f"{room.microphone} does not hear {room.loudspeaker}"
    ringing = "" if (room.reverberation_s or 0) < DRY_S else f", rings for {room.reverberation_s:.1f} s"
    return f"echo after {room.delay_ms:.0f} ms, {room.echo_return_loss_db:.0f} dB quieter{ringing}"


def _others(show: Show, room: RoomMeasurement, known: tuple[Device, ...] | DeviceError) -> str:
    """Which devices of today are not those that were measured; those that are not there are told elsewhere."""
    sound = show.config.sound
    ends: tuple[tuple[Kind, str | int, str], ...] = (
        ("input", sound.input, room.microphone),
        ("output", sound.output, room.loudspeaker),
    )
    changed = []
    for kind, wanted, then in ends:
        try:
            now = "" if isinstance(known, DeviceError) else choose(known, wanted, kind).name
        except DeviceError:
            continue
        if now and now != then:
            changed.append(f"{then} then, {now} now")
    return "; ".join(changed)
