"""Chooses whether an evening's sound is recorded: only where its show says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from installation.config import Show
from installation.director import Decided
from installation.events import (
    Event,
)
from installation.paths import recordings
from installation.sound.echo_canceller import EchoCanceller
from installation.sound.played import PlayedSound
from installation.tape.head import Head
from installation.tape.recorder import SoundRecorder
from installation.tape.reference import Reference
from models.audio import Frame
from models.settings import plain


class Unrecorded:
    """Stands in for the recorder where nothing is recorded."""

    def __enter__(self) -> Unrecorded:
        return self

    def __exit__(self, *exc: object) -> None: ...

    def hear(self, frame: Frame, is_open: bool, events: Sequence[Event]) -> None:
        """What is heard is gone."""

    def decided(self, decided: Decided) -> None:
        """What was decided is not written down."""


def choose_recorder(
    show: Show, played: PlayedSound, canceller: EchoCanceller | None, post: Callable[[Event], None]
) -> SoundRecorder | Unrecorded:
    """The recorder of the evening's sound, where the show switches it on."""
    if not show.config.log.record_sound:
        return Unrecorded()
    config = show.config
    head = Head(
        show=config.show.name,
        character=show.character.name,
        folder=str(show.folder.absolute()),
        mode=config.show.mode,
        languages=config.show.languages,
        cancels_echo=canceller is not None,
        turn_taking=plain(config.turn_taking),
    )
    return SoundRecorder(head, recordings(), Reference(played, canceller).of, post)
