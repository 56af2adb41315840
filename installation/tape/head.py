"""What stands above the notes of a recording: which evening it was, and by which thresholds it was played."""

from __future__ import annotations

from dataclasses import dataclass, field

from installation.events import (
    Mode,
)

VERSION = 1
NOTES_ENDING, SOUND_ENDING = ".jsonl", ".flac"
SOUND_IS_RECORDED = (
    "the sound of the room is recorded ([log] record_sound): people at the door must have been told, and have consented"
)

Plain = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of the notes."""

    show: str
    character: str
    folder: str
    """Of the show."""
    mode: Mode
    """In which the recording began."""
    languages: tuple[str, ...]
    began_at: str = ""
    """Wall clock, ISO 8601 with its time zone."""
    cancels_echo: bool = True
    """Whether the ears had to take out what was played; a file or a simulated visitor does not hear it."""
    turn_taking: dict[str, Plain] = field(default_factory=dict)
    recording: int = VERSION
    """Of the format."""
