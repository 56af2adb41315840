"""Deletes recorded evenings, and nothing else."""

from __future__ import annotations

from pathlib import Path

from installation.paths import recordings
from installation.sound.recording import RecordingError
from installation.tape.head import NOTES_ENDING, SOUND_ENDING
from installation.tape.reading import read_notes


def forget(path: Path) -> list[Path]:
    """Delete the evening whose sound or notes lie there; what was deleted. Raises RecordingError: it is none."""
    if path.suffix not in (SOUND_ENDING, NOTES_ENDING):
        raise RecordingError(f"{path}: is not the file of a recorded evening; nothing was deleted.")
    both = [file for file in (path.with_suffix(SOUND_ENDING), path.with_suffix(NOTES_ENDING)) if file.exists()]
    if not both:
        raise RecordingError(f"{path}: there is no such recording.")
    if path.absolute().parent != recordings():
        # Elsewhere a sound file may be anybody's: the notes beside it tell that it is ours.
        read_notes(path.with_suffix(NOTES_ENDING))
    try:
        for file in both:
            file.unlink()
    except OSError as error:
        raise RecordingError(f"{error.filename}: cannot be deleted ({error.strerror}).") from error
    return both
