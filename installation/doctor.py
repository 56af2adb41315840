"""Examines this machine and a show: what works, what does not, and the remedy for each fault."""

from __future__ import annotations

import importlib.util
import os
import platform
import shlex
import shutil
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from installation.config import SHOW_FILE, PanelSettings, Show, load_show
from installation.findings import Check, State
from installation.misfits import misfits
from installation.paths import ensure, home, log_path, recordings
from installation.room_check import check_room
from installation.show_log_file import LogError
from installation.show_log_reading import list_evenings
from installation.sound.choice import SoundSettings
from installation.sound.devices import Device, DeviceError, Kind, devices, portaudio
from installation.sound.microphone import Microphone
from installation.sound.speaker import Speaker
from installation.sound.visitor import load_questions
from installation.tape.head import SOUND_IS_RECORDED
from installation.tuning_file import TUNING_FILE
from installation.turn_taking.tuning import differing
from installation.weights import TURNS, Located, forbidden_on_stage, locate, lock_path, named
from models import engine_check
from models.engine_settings import POCKET, POCKET_PERSONA
from models.protocols import ModelError
from models.settings import SettingsError

OLDEST_PYTHON = (3, 11)
LITTLE_SPACE_BYTES = 1_000_000_000
NO_SPACE_BYTES = 50_000_000
PLUG_IN = "Plug one in, or start the sound server."
BETTER = "Choose one of those that `souffleur models list` shows"
FIRST_SOUND_S = 2.0
"""A device that opens but moves no sound for so long is not working."""


def examine(folder: Path) -> tuple[Check, ...]:
    """Everything about this machine that the show in `folder` depends on. Opens its devices for a moment."""
    show = _show(folder)
    sound = show.config.sound if isinstance(show, Show) else SoundSettings()
    panel = show.config.panel if isinstance(show, Show) else PanelSettings()
    name = show.config.show.name if isinstance(show, Show) else folder.name
    known = _devices()
    alone = has_no_microphone(known, sound)
    return (
        check_python(sys.version_info[:3]),
        check_show(folder, show),
        *(check_tuning(show) if isinstance(show, Show) else ()),
        check_espeak(shutil.which("espeak-ng")),
        *(
            (*check_engines(show, not alone), *check_pocket(show, not alone), *check_terms(show), *check_server(show))
            if isinstance(show, Show)
            else ()
        ),
        check_coqui(importlib.util.find_spec("TTS") is not None),
        check_devices(known),
        check_visitor(show)
        if isinstance(show, Show) and alone
        else check_device("input", sound.input, known, lambda: open_microphone(sound)),
        check_device("output", sound.output, known, lambda: open_loudspeaker(sound)),
        *((check_room(show, known),) if isinstance(show, Show) and not alone else ()),
        check_log(log_path(name)),
        *(check_recording(show, recordings()) if isinstance(show, Show) else ()),
        check_disk(home()),
        check_port(panel),
    )


# --- the program and the show -----------------------------------------------------------------------------------------


def check_python(version: tuple[int, ...]) -> Check:
    """Whether this Python is new enough."""
    text = ".".join(map(str, version))
    if version[:2] < OLDEST_PYTHON:
        needed = ".".join(map(str, OLDEST_PYTHON))
        return Check("Python", State.FAULT, f"{text} is too old", f"Install Python {needed} or newer.")
    return Check("Python", State.OK, f"{text}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores")


def check_show(folder: Path, show: Show | SettingsError) -> Check:
    """Whether the show's files are right."""
    if isinstance(show, SettingsError):
        return Check("show", State.FAULT, str(show))
    settings = show.config.show
    what = f"{folder}: {settings.name}, {settings.mode}, {', '.join(settings.languages)}; plays {show.character.name}"
    return Check("show", State.OK, what)


def check_tuning(show: Show) -> tuple[Check, ...]:
    """A note when the panel's file of moved thresholds is in force: what is in show.toml is not what plays."""
    changes = differing(show.config.turn_taking, show.own_turn_taking)
    if not changes:
        return ()
    listed = ", ".join(f"{name} = {value}" for name, value in changes)
    keys = "1 key" if len(changes) == 1 else f"{len(changes)} keys"
    path = show.folder / TUNING_FILE
    return (Check("tuning", State.WARN, f"{path} is in force and changes {keys} of [turn_taking]: {listed}"),)


def _show(folder: Path) -> Show | SettingsError:
    try:
        return load_show(folder)
    except SettingsError as error:
        return error


def check_espeak(where: str | None) -> Check:
    """Whether the voice that needs no download is there; the simulated visitor speaks with it too."""
    if where is None:
        remedy = "Install it (Debian: apt install espeak-ng, macOS: brew install espeak-ng)."
        return Check("espeak-ng", State.FAULT, "is not installed: no voice for the visitor or the double", remedy)
    return Check("espeak-ng", State.OK, where)


def check_engines(show: Show, has_visitors: bool = True) -> tuple[Check, ...]:
    """The engines that the show names, and the files that they need, to their last byte; nothing is loaded."""
    try:
        located = locate(show, every_byte=True)
    except SettingsError as error:
        return (Check("models", State.FAULT, str(error)),)
    checks = [
        Check(found.role, State.FAULT, located.faults[found.role])
        if found.role in located.faults
        else Check(found.role, State.OK if found.ok else State.FAULT, found.sentence)
        for found in engine_check.check(located.engines, show.folder, show.config.show.languages, has_visitors)
    ]
    faulty = {check.name for check in checks if check.state is State.FAULT}
    turns = _check_turns(located)
    return (*checks, *turns, *misfits(show, has_visitors, faulty), *check_pins(show, located))


def _check_turns(located: Located) -> tuple[Check, ...]:
    """What hears the ends of turns, where the show names it."""
    if TURNS in located.faults:
        return (Check(TURNS, State.FAULT, located.faults[TURNS]),)
    return (Check(TURNS, State.OK, f"Smart Turn, {located.smart_turn}"),) if located.smart_turn else ()


def check_pocket(show: Show, has_visitors: bool) -> tuple[Check, ...]:
    """A note for each of the demo's small models that plays what it was not made for: the public, or somebody else."""
    engines = show.config.engines.here
    notes = []
    if engines.ears == POCKET and has_visitors:
        notes.append(Check("ears", State.WARN, "the pocket ears know synthetic voices alone, not the public's", BETTER))
    if engines.persona == POCKET and show.character.name != POCKET_PERSONA:
        what = f"the pocket persona speaks as {POCKET_PERSONA} alone, not as {show.character.name}"
        notes.append(Check("persona", State.WARN, what, f'{BETTER}, or set persona = "authored"'))
    return tuple(notes)


def check_terms(show: Show) -> tuple[Check, ...]:
    """A note for every model that a company may not play with before a paying public."""
    return tuple(Check("LICENCE", State.WARN, sentence) for sentence in forbidden_on_stage(show))


def check_pins(show: Show, located: Located) -> tuple[Check, ...]:
    """A note when the show does not say which bytes it plays with."""
    loose = [entry.id for role, entry in named(show) if role not in located.pinned and role not in located.faults]
    if not loose:
        return ()
    what = f"{lock_path(show)} does not pin {', '.join(loose)}"
    return (Check("models", State.WARN, what, f"Run souffleur models lock {shlex.quote(str(show.folder))}"),)


def check_server(show: Show) -> tuple[Check, ...]:
    """Whether the company's server is there, for a show that leans on it; asks it once for its models."""
    found = engine_check.check_server(show.config.engines, show.folder, show.config.show.languages)
    if found is None:
        return ()
    if found.state == "away":
        engines = show.config.engines
        behind = ", ".join(f"{getattr(engines.here, role)} as {role}" for role in engines.on_server)
        remedy = f"Until it is mended, this machine plays with {behind} ([engines.fallback])."
        return (Check("server", State.WARN, found.sentence, remedy),)
    return (Check("server", State.OK if found.state == "ready" else State.FAULT, found.sentence),)


def check_coqui(installed: bool) -> Check:
    """Whether the extra with neural voices is installed; nothing is wrong without it."""
    if installed:
        return Check("extra coqui", State.OK, "installed")
    return Check("extra coqui", State.OK, "not installed; only shows with a Coqui voice need it")


# --- sound ------------------------------------------------------------------------------------------------------------


def check_devices(known: tuple[Device, ...] | DeviceError) -> Check:
    """Whether PortAudio works, and what it finds."""
    if isinstance(known, DeviceError):
        return Check("PortAudio", State.FAULT, str(known))
    inputs = sum(device.inputs > 0 for device in known)
    outputs = sum(device.outputs > 0 for device in known)
    return Check("PortAudio", State.OK, f"{inputs} input and {outputs} output devices (`souffleur devices` lists them)")


def check_device(
    kind: Kind, wanted: str | int, known: tuple[Device, ...] | DeviceError, open_it: Callable[[], str]
) -> Check:
    """Whether the microphone or the loudspeaker opens; `open_it` does that and tells its name and rate.

    `open_it` may raise DeviceError.
    """
    name = "microphone" if kind == "input" else "loudspeaker"
    if isinstance(known, DeviceError):
        return Check(name, State.WARN, "not tried, because PortAudio does not work")
    if wanted == "" and not any(device.channels(kind) for device in known):
        means = "nobody can speak to the double" if kind == "input" else "nobody will hear the double"
        return Check(name, State.WARN, f"none; {means}", PLUG_IN)
    try:
        return Check(name, State.OK, open_it())
    except DeviceError as error:
        remedy = f"See `souffleur devices`, and [sound] {kind} in show.toml; close programs that hold the device."
        return Check(name, State.FAULT, str(error), remedy)


def has_no_microphone(known: tuple[Device, ...] | DeviceError, sound: SoundSettings) -> bool:
    """Whether the house would do without a microphone: none is named, and there is none."""
    return not isinstance(known, DeviceError) and sound.input == "" and not any(device.inputs for device in known)


def check_visitor(show: Show) -> Check:
    """Whether the simulated visitor can take the place of a microphone that is not there: ask, and be understood."""
    file, config = show.visitor_file, show.config
    if not file.exists():
        return Check("microphone", State.WARN, f"none, and no questions of a simulated visitor in {file}", PLUG_IN)
    try:
        load_questions(file, config.show.languages)
        if config.engines.here.ears == "sphinx":
            engine_check.check_questions(file)
    except (SettingsError, ModelError) as error:
        return Check("microphone", State.FAULT, f"none, and its stand-in cannot ask: {error}")
    return Check("microphone", State.WARN, "none; a simulated visitor takes its place", PLUG_IN)


def open_microphone(sound: SoundSettings) -> str:
    """Name and rate of the microphone, after it has brought sound. Raises DeviceError."""
    microphone = Microphone(sound.microphone, lambda _: None)
    return _moving(microphone, lambda: microphone.name)


def open_loudspeaker(sound: SoundSettings) -> str:
    """Name and rate of the loudspeaker, after it has taken silence. Raises DeviceError."""
    speaker = Speaker(sound.loudspeaker, lambda _: None)
    return _moving(speaker, lambda: speaker.name)


def _moving(end: Microphone | Speaker, name: Callable[[], str]) -> str:
    error_class = portaudio().PortAudioError
    try:
        with closing(end.open_stream()) as stream:
            opened_s = end.beat_s
            deadline_s = time.monotonic() + FIRST_SOUND_S
            while end.beat_s == opened_s:
                if time.monotonic() > deadline_s:
                    raise DeviceError(f"{name()} opens, but no sound moves through it.")
                time.sleep(0.01)
            return f"{name()}, {round(stream.samplerate)} Hz, latency {1000 * stream.latency:.0f} ms"
    except error_class as error:
        raise DeviceError(f"{name()} cannot be opened: {error}.") from error


def _devices() -> tuple[Device, ...] | DeviceError:
    try:
        return devices()
    except DeviceError as error:
        return error


# --- disk and network -------------------------------------------------------------------------------------------------


def check_log(path: Path) -> Check:
    """Whether the show log can be read and written. Makes its folder."""
    denied = f"Check the permissions of {path.parent}, or set SOUFFLEUR_HOME to a folder of your own."
    try:
        ensure(path.parent)
        evenings = list_evenings(path)
    except OSError as error:
        return Check("show log", State.FAULT, f"{path.parent} cannot be made: {error.strerror}", denied)
    except LogError as error:
        return Check("show log", State.FAULT, str(error))
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        return Check("show log", State.FAULT, f"{path} cannot be written: access is denied", denied)
    return Check("show log", State.OK, f"{path}, {len(evenings)} evening{'' if len(evenings) == 1 else 's'}")


def check_recording(show: Show, folder: Path) -> tuple[Check, ...]:
    """A note where the sound of the room is recorded, or has been."""
    there = [file.stat().st_size for file in folder.glob("*") if file.is_file()] if folder.is_dir() else []
    kept = f"{sum(there) / 1e6:.0f} MB lie in {folder}"
    if show.config.log.record_sound:
        remedy = f"Set record_sound = false in {show.folder / SHOW_FILE} where they have not."
        return (Check("RECORDING", State.WARN, f"{SOUND_IS_RECORDED}; {kept}", remedy),)
    if not there:
        return ()
    remedy = "`souffleur replay` lists them, `souffleur replay --forget` deletes one."
    return (Check("recordings", State.WARN, f"the sound of earlier evenings is kept: {kept}", remedy),)


def check_disk(folder: Path) -> Check:
    """Whether there is space for the user's data in `folder`, which need not exist yet."""
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    what = f"{free / 1e9:.1f} GB free under {there}"
    remedy = "Free some space, or set SOUFFLEUR_HOME to a folder on another disk."
    if free < NO_SPACE_BYTES:
        return Check("disk", State.FAULT, what, remedy)
    if free < LITTLE_SPACE_BYTES:
        return Check("disk", State.WARN, what, remedy)
    return Check("disk", State.OK, what)


def check_port(panel: PanelSettings) -> Check:
    """Whether the panel may listen on its port."""
    address = f"{panel.host}:{panel.port}"
    family = socket.AF_INET6 if ":" in panel.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # as the panel's server does: a port that was in use a moment ago is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((panel.host, panel.port))
    except OSError as error:
        remedy = "Is a house open already? Or choose another: --port, or [panel] port in show.toml."
        return Check("panel", State.FAULT, f"{address} cannot be used: {error.strerror or error}", remedy)
    return Check("panel", State.OK, f"http://{address} is free")
