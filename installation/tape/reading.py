"""Reads a recorded evening, also one that was cut off anywhere."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import av
import av.error
import numpy as np

from installation.sound.recording import RecordingError
from installation.sound.sources import FRAME_SAMPLES
from installation.tape.head import NOTES_ENDING, SOUND_ENDING, VERSION, Head
from installation.tape.notes import Note
from models.audio import Samples
from models.settings import SettingsError, build
from models.sound_file import channels

log = logging.getLogger(__name__)

T = TypeVar("T", Head, Note)


@dataclass(frozen=True, slots=True)
class RecordedEvening:
    """A recording; its sound is read while it is played."""

    sound: Path
    head: Head
    notes: tuple[Note, ...]
    """In the order of their seconds."""

    def frames(self) -> Iterator[tuple[Samples, Samples]]:
        """Microphone and loudspeaker, FRAME_SAMPLES of each; what does not fill a frame is left out."""
        rest = np.zeros((2, 0), np.float32)
        for decoded in _decoded(self.sound):
            rest = np.concatenate((rest, decoded), axis=1)
            whole = rest.shape[1] // FRAME_SAMPLES * FRAME_SAMPLES
            for begin in range(0, whole, FRAME_SAMPLES):
                heard, played = rest[:, begin : begin + FRAME_SAMPLES]
                yield heard, played
            rest = rest[:, whole:]


def is_recorded_evening(path: Path) -> bool:
    """Whether `path` is the sound or the notes of a recorded evening, by its name and the file beside it."""
    return path.suffix == NOTES_ENDING or (path.suffix == SOUND_ENDING and path.with_suffix(NOTES_ENDING).exists())


def read_recorded(path: Path) -> RecordedEvening:
    """The evening whose sound or notes lie there. Raises RecordingError."""
    head, notes = read_notes(path.with_suffix(NOTES_ENDING))
    sound = path.with_suffix(SOUND_ENDING)
    if not sound.exists():
        raise RecordingError(f"{sound}: there is no such file; the notes beside it are nothing without their sound.")
    return RecordedEvening(sound, head, tuple(sorted(notes, key=lambda note: note.at_s)))


def read_notes(path: Path) -> tuple[Head, list[Note]]:
    """What stands in the notes; a last line that was cut off is left out. Raises RecordingError."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror or error}).") from error
    head = _head(lines[0], path)
    # What stands behind the last line break was being written when the house was killed.
    whole = [(number, line) for number, line in enumerate(lines[1:-1], 2) if line.strip()]
    return head, [_note(line, f"{path}: line {number}") for number, line in whole]


def _head(line: bytes, path: Path) -> Head:
    try:
        table = json.loads(line)
    except (ValueError, RecursionError):
        table = None
    version = table.get("recording") if isinstance(table, dict) else None
    if not isinstance(version, int):
        raise RecordingError(f"{path}: these are not the notes of a recorded evening.")
    if version > VERSION:
        raise RecordingError(f"{path}: was recorded by a later version of Souffleur; update Souffleur to replay it.")
    return _built(Head, table, str(path))


def _note(line: bytes, where: str) -> Note:
    try:
        table = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"{where}: cannot be read; the file is damaged.") from error
    return _built(Note, table, where)


def _built(cls: type[T], table: Any, where: str) -> T:
    if not isinstance(table, dict):
        raise RecordingError(f"{where}: cannot be read; the file is damaged.")
    try:
        return build(cls, table, where)
    except SettingsError as error:
        raise RecordingError(str(error)) from error


def _decoded(path: Path) -> Iterator[Samples]:
    """Pieces of shape (2, n). Raises RecordingError: there is no such sound."""
    begun = False
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(audio=0):
                sound = channels(frame)
                if len(sound) != 2:
                    raise RecordingError(f"{path}: is not the sound of a recorded evening: it has not two channels.")
                begun = True
                yield sound
    except (OSError, IndexError, av.error.FFmpegError) as error:
        if not begun:
            raise RecordingError(f"{path}: there is no sound in this file that can be read ({error}).") from error
        log.info("%s ends in the middle of a block: the house was killed.", path)
