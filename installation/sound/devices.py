"""The sound devices of this machine: their list, the one that a person means, and the rates that it takes."""

from __future__ import annotations

import difflib
import functools
import importlib
import logging
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["input", "output"]

log = logging.getLogger(__name__)

NO_PORTAUDIO = (
    "PortAudio is missing, so no sound device can be used: "
    "install it (Debian: libportaudio2, macOS: brew install portaudio)."
)
DEAD_PORTAUDIO = (
    "PortAudio is installed but does not start ({reason}), so no sound device can be used: "
    "restart the sound server, or the machine."
)

MARKS: tuple[tuple[str, Kind], ...] = (("●", "input"), ("►", "output"))


class DeviceError(Exception):
    """A sound device cannot be used; the message says which, why and what to do."""


@dataclass(frozen=True, slots=True)
class Device:
    """One device as PortAudio lists it; `inputs` and `outputs` are channels."""

    index: int
    name: str
    host_api: str
    inputs: int
    outputs: int
    rate_hz: int
    """The rate that the device works at by itself."""
    default_input: bool
    default_output: bool

    def channels(self, kind: Kind) -> int:
        """How many channels it has in that direction."""
        return self.inputs if kind == "input" else self.outputs

    def is_default(self, kind: Kind) -> bool:
        """Whether it is what the machine uses when nobody chooses."""
        return self.default_input if kind == "input" else self.default_output


@functools.cache
def portaudio() -> Any:
    """The sounddevice module, which starts PortAudio.

    Raises:
        DeviceError: the PortAudio library is not installed, or does not start.
    """
    try:
        return importlib.import_module("sounddevice")
    except OSError as error:
        raise DeviceError(NO_PORTAUDIO) from error
    except Exception as error:
        # known by its name only: the module that defines it is the one that could not be imported
        if type(error).__name__ != "PortAudioError":
            raise
        raise DeviceError(DEAD_PORTAUDIO.format(reason=error)) from error


def portaudio_errors() -> tuple[type[Exception], ...]:
    """What PortAudio raises when it cannot do something; nothing where it is missing or does not start."""
    try:
        return (portaudio().PortAudioError,)
    except DeviceError:
        return ()


def restart_portaudio() -> None:
    """Make PortAudio list the devices afresh; only while no stream is open. Without PortAudio: nothing."""
    refusals: tuple[type[Exception], ...] = (DeviceError, *portaudio_errors())
    try:
        sd = portaudio()
        while sd._initialized:
            sd._terminate()
        sd._initialize()
    except refusals as error:
        log.warning("The sound devices cannot be listed: %s", error)


def devices() -> tuple[Device, ...]:
    """All devices, in PortAudio's order; empty on a machine without any.

    Raises:
        DeviceError: the PortAudio library is not installed, or does not start.
    """
    sd = portaudio()
    apis = [api["name"] for api in sd.query_hostapis()]
    default_input, default_output = sd.default.device
    return tuple(
        Device(
            index=found["index"],
            name=found["name"],
            host_api=apis[found["hostapi"]],
            inputs=found["max_input_channels"],
            outputs=found["max_output_channels"],
            rate_hz=round(found["default_samplerate"]),
            default_input=found["index"] == default_input,
            default_output=found["index"] == default_output,
        )
        for found in sd.query_devices()
    )


def find(wanted: str | int, kind: Kind) -> Device:
    """The device that a person means by its index, its name, a part of its name that only it has, or "" (the default).

    Raises:
        DeviceError: there is no such device, or more than one; the message names the nearest.
    """
    return choose(devices(), wanted, kind)


def choose(known: tuple[Device, ...], wanted: str | int, kind: Kind) -> Device:
    """As `find`, among `known`."""
    usable = [device for device in known if device.channels(kind)]
    if not usable:
        raise DeviceError(f"This machine has no sound {kind} device: plug one in, or start the sound server.")
    text = str(wanted).strip()
    if not text:
        return next((device for device in usable if device.is_default(kind)), usable[0])
    if text.isdecimal():
        return _by_index(known, int(text), kind)
    exact = [device for device in usable if device.name.casefold() == text.casefold()]
    matching = exact or [device for device in usable if text.casefold() in device.name.casefold()]
    if len(matching) == 1 or exact:
        return matching[0]
    if matching:
        listed = ", ".join(f"{device.index} “{device.name}”" for device in matching)
        raise DeviceError(f"“{text}” fits more than one {kind} device ({listed}): choose one by its number.")
    near = difflib.get_close_matches(text, [device.name for device in usable], n=3, cutoff=0.3)
    listed = ", ".join(f"“{name}”" for name in near or [device.name for device in usable][:3])
    raise DeviceError(f"There is no {kind} device “{text}”; the nearest: {listed}. `souffleur devices` lists them all.")


def _by_index(known: tuple[Device, ...], index: int, kind: Kind) -> Device:
    for device in known:
        if device.index == index and device.channels(kind):
            return device
    usable = ", ".join(f"{device.index} “{device.name}”" for device in known if device.channels(kind))
    raise DeviceError(f"There is no {kind} device with the number {index}; there are: {usable}.")


def working_rate_hz(device: Device, kind: Kind, wish_hz: int) -> int:
    """`wish_hz` if the device takes it, otherwise the rate that it works at by itself."""
    if wish_hz == device.rate_hz:
        return wish_hz
    sd = portaudio()
    check = sd.check_input_settings if kind == "input" else sd.check_output_settings
    try:
        check(device=device.index, channels=working_channels(device, kind), dtype="float32", samplerate=wish_hz)
    except (sd.PortAudioError, ValueError):
        return device.rate_hz
    return wish_hz


def working_channels(device: Device, kind: Kind) -> int:
    """Channels to open: two where there are two, since some hardware refuses one."""
    return min(2, device.channels(kind))


def table(in_use_input: str | int, in_use_output: str | int) -> str:
    """All devices as a text table; the ones that these settings choose are marked.

    Raises:
        DeviceError: the PortAudio library is not installed, or does not start.
    """
    return format_table(devices(), in_use_input, in_use_output)


def format_table(known: tuple[Device, ...], in_use_input: str | int, in_use_output: str | int) -> str:
    """As `table`, for `known` devices."""
    if not known:
        return "No sound device: plug one in, or start the sound server. The house works without one."
    used: dict[Kind, Device | None] = {
        "input": _chosen(known, in_use_input, "input"),
        "output": _chosen(known, in_use_output, "output"),
    }
    rows = [("", "No.", "Name", "Through", "In", "Out", "Rate", "Default")]
    for device in known:
        marks = "".join(sign for sign, kind in MARKS if used[kind] == device)
        default = "/".join(kind for _, kind in MARKS if device.is_default(kind))
        counts = (str(device.inputs), str(device.outputs), f"{device.rate_hz} Hz")
        rows.append((marks, str(device.index), device.name, device.host_api, *counts, default))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, "", "● microphone in use   ► loudspeaker in use"])


def _chosen(known: tuple[Device, ...], wanted: str | int, kind: Kind) -> Device | None:
    try:
        return choose(known, wanted, kind)
    except DeviceError:
        return None
