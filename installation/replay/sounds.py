"""Lets a house in virtual time hear sound files that nobody played anything over: what would it decide?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from installation.config import Show
from installation.director import Decided
from installation.ears import make_ears
from installation.events import (
    Event,
)
from installation.scene import Scene
from installation.sound.recording import Recording, RecordingError
from installation.tape.notes import Note, decision_notes, heard_note
from installation.tape.reading import is_recorded_evening
from installation.virtual_house import VirtualHouse
from models.audio import Frame
from models.protocols import Engines
from persona.actor import Actor

ENDINGS = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a")
THINKING_S = 0.3
"""What the engines take in virtual time, for the words and for the answer."""


def sound_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Each path that is a file, and of each folder the sound files in it. Raises RecordingError: there is none."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(file for file in path.rglob("*") if file.suffix.lower() in ENDINGS and file.is_file())
        if not inside:
            raise RecordingError(f"{path}: there is no sound file in this folder ({', '.join(ENDINGS)}).")
        yield from inside


class HeardSound:
    """One file, heard by the house of `show` with those engines; `play` makes the notes."""

    def __init__(self, path: Path, show: Show, engines: Engines) -> None:
        self.notes: list[Note] = []
        self._path = path
        config = show.config
        scene = Scene(
            mode=config.show.mode,
            language=config.show.languages[0],
            languages=config.show.languages,
            barge_in=config.hearing.barge_in,
            turn_taking=config.turn_taking,
        )
        actor = Actor(show.character, engines.language_model)
        self._house = VirtualHouse(scene, engines, actor, lambda _: make_ears(config, None), THINKING_S)
        self._house.keep, self._house.watch = self._keep, self._watch

    @property
    def now_s(self) -> float:
        """How much has been heard."""
        return self._house.now_s

    def play(self) -> None:
        """Hear all of it. Raises RecordingError."""
        with Recording(self._path) as recording:
            for frame in recording.at_once():
                self._house.hear(frame.audio.samples)

    def _keep(self, _: Frame, __: bool, events: Sequence[Event]) -> None:
        notes = (heard_note(event, self._house.now_s) for event in events)
        self.notes += filter(None, notes)

    def _watch(self, decided: Decided) -> None:
        self.notes += decision_notes(decided, self._house.now_s)


def recorded_or_sound(paths: Sequence[Path]) -> list[tuple[Path, bool]]:
    """The files that are meant, each with whether it is a recorded evening. Raises RecordingError."""
    return [(path, is_recorded_evening(path)) for path in sound_files(paths)]
