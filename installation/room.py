"""The room that a show plays in, as `souffleur calibrate` has measured it: `room.toml` beside show.toml."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

from installation.sound.acoustics import Outcome
from models.settings import SettingsError, read_toml

ROOM_FILE = "room.toml"
PICTURE_FILE = "room.svg"
FAINT_DB = 45.0
"""An echo that is so much quieter than it was played lies under what visitors say, and mostly under the noise."""
LOUD_DB = 12.0
"""One that is hardly quieter is louder than visitors are, and more than can be cancelled while they speak."""
HALL_S = 1.2
_HEAD = (
    "# The room of this show, measured. Written by `souffleur calibrate`, which replaces it: change nothing by hand.\n"
    "# It holds for these devices, where they stand and as loud as they are set: measure again when that changes.\n\n"
)
_COMMENTS = {
    "outcome": '"heard", or "unheard": the microphone does not hear the loudspeaker',
    "delay_ms": "from handing sound to the loudspeaker to getting it from the microphone",
    "echo_return_loss_db": "so much quieter it comes back, 300 to 4,000 Hz",
    "reverberation_s": "until it has faded by 60 dB",
    "noise_floor_db": "the empty room, in dBFS",
    "speech_noise_floor_db": "the same, 300 to 4,000 Hz",
}


@dataclass(frozen=True, slots=True)
class RoomMeasurement:
    """What was measured, when, and with which devices."""

    measured_at: str
    """ISO 8601, with the offset from UTC."""
    microphone: str
    loudspeaker: str
    """Names, as `souffleur devices` lists them."""
    noise_floor_db: float
    """RMS of the empty room in dBFS."""
    speech_noise_floor_db: float
    """The same, 300 to 4,000 Hz alone."""
    outcome: Outcome = Outcome.HEARD
    """HEARD or UNHEARD; when the microphone does not hear the loudspeaker, what follows is None."""
    delay_ms: float | None = None
    """From `Playback.render`, handing sound over, to `Microphone.frames` giving it back: see sound/sounding.py."""
    echo_return_loss_db: float | None = None
    """How much quieter it comes back than it was played, 300 to 4,000 Hz."""
    reverberation_s: float | None = None
    """RT60; None as well where the noise was too loud to tell."""

    def __post_init__(self) -> None:
        try:
            at = datetime.fromisoformat(self.measured_at)
        except ValueError as error:
            raise ValueError(f'measured_at "{self.measured_at}" is no date and time') from error
        if at.tzinfo is None:
            raise ValueError(f'measured_at "{self.measured_at}" lacks its offset from UTC')
        if self.outcome not in (Outcome.HEARD, Outcome.UNHEARD):
            raise ValueError(f'outcome "{self.outcome}" measures nothing')
        heard = self.outcome is Outcome.HEARD
        for name in ("delay_ms", "echo_return_loss_db"):
            if (getattr(self, name) is not None) != heard:
                raise ValueError(f'outcome "{self.outcome}" {"needs" if heard else "excludes"} a key {name}')
        if self.delay_ms is not None and not 0 <= self.delay_ms <= 5_000:
            raise ValueError("delay_ms must be between 0 and 5000")

    @property
    def measured(self) -> datetime:
        """When, on the clock of the place."""
        return datetime.fromisoformat(self.measured_at)


def advice(room: RoomMeasurement) -> str:
    """What it means for the show, in a sentence or two."""
    loss_db = room.echo_return_loss_db
    if loss_db is None:
        return "The microphone does not hear the loudspeaker (headphones?): then nothing needs cancelling."
    if loss_db >= FAINT_DB:
        sentence = "So faint an echo is none: an open loudspeaker is fine here, and visitors may interrupt."
    elif loss_db >= LOUD_DB:
        sentence = "An open loudspeaker is fine here, as long as its echo is cancelled."
    else:
        sentence = (
            "The microphone hears the double as loudly as a visitor. Its echo is cancelled all the same; should the "
            "double interrupt itself, turn the microphone away from the loudspeaker, or the loudspeaker down."
        )
    if room.reverberation_s is not None and room.reverberation_s >= HALL_S:
        return f"{sentence} The room rings like a hall: keep the microphone near to those who speak."
    return sentence


def read_room(show_folder: Path) -> RoomMeasurement | None:
    """What was measured for the show in `show_folder`; None when nothing was.

    Raises:
        SettingsError: the file is there and cannot be used: key, and the nearest right one.
    """
    file = show_folder / ROOM_FILE
    return read_toml(file, RoomMeasurement) if file.exists() else None


def write_room(show_folder: Path, measurement: RoomMeasurement, picture: str) -> tuple[Path, Path]:
    """Keep `measurement` and its picture (SVG) beside show.toml, in place of earlier ones; the two files.

    Raises:
        SettingsError: they cannot be written.
    """
    room, drawn = show_folder / ROOM_FILE, show_folder / PICTURE_FILE
    rows = [
        _row(field.name, value)
        for field in fields(measurement)
        if (value := getattr(measurement, field.name)) is not None
    ]
    # The picture first: a room.toml never stands beside a picture of another evening.
    _replace(drawn, picture)
    _replace(room, _HEAD + "".join(rows))
    return room, drawn


def _row(key: str, value: str | float) -> str:
    # A string of JSON is one of TOML; names of devices may hold quotes, and letters of any language.
    text = (
        json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f") if isinstance(value, str) else f"{value}"
    )
    comment = _COMMENTS.get(key)
    row = f"{key} = {text}"
    return f"{row:<32}  # {comment}\n" if comment else f"{row}\n"


def _replace(file: Path, text: str) -> None:
    fresh = file.with_name(file.name + ".new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise SettingsError(f"{file}: cannot be written ({error.strerror}).") from error
