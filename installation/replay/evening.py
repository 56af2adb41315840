"""Replays a recorded evening by the settings of a show."""

from __future__ import annotations

from installation.config import Show
from installation.ears import make_ears
from installation.events import (
    Utterance,
)
from installation.hearing.hearing import Hearing
from installation.replay.house import RecordedHouse
from installation.replay.words import RecordedWords
from installation.scene import Scene
from installation.sound.echo_canceller import EchoCanceller
from installation.tape.reading import RecordedEvening
from models.protocols import Transcriber, Transcript, TurnSense


def rehear(
    evening: RecordedEvening, show: Show, ears: Transcriber | None = None, turn_sense: TurnSense | None = None
) -> RecordedHouse:
    """A house that has heard the evening; the words are those of then, or what `ears` understand. Raises ModelError."""
    config, languages = show.config, evening.head.languages or show.config.show.languages
    scene = Scene(
        mode=evening.head.mode,
        language=languages[0],
        languages=languages,
        barge_in=config.hearing.barge_in,
        turn_taking=config.turn_taking,
        own_turn_taking=show.own_turn_taking,
    )

    def hear(canceller: EchoCanceller) -> Hearing:
        hears_us = evening.head.cancels_echo and config.hearing.cancel_echo
        return make_ears(config, canceller if hears_us else None)

    def transcribe(utterance: Utterance) -> Transcript:
        assert ears is not None
        return ears.transcribe(utterance.audio, languages)

    words = RecordedWords(evening.notes, languages[0], transcribe if ears else None, turn_sense)
    house = RecordedHouse(evening, scene, hear, words)
    house.play()
    return house
