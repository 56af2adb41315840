"""Which words an utterance has in a replay, and how long the ears take for them."""

from __future__ import annotations

import numpy as np
import pytest

from installation.events import (
    Utterance,
)
from installation.replay.words import USUAL_LATENCY_S, RecordedWords, Understood
from installation.tape.notes import Note, What
from models.audio import Audio
from models.protocols import Transcript


def utterance(begin_s: float, end_s: float) -> Utterance:
    return Utterance(Audio(np.zeros(0, np.float32), 16_000), begin_s, end_s)


def listened(turn: int, begin_s: float, end_s: float, paused_s: float, late_s: float = 0.0) -> tuple[Note, ...]:
    return (
        Note(paused_s, What.VOICE_PAUSED, begin_s=begin_s, end_s=end_s),
        Note(paused_s + late_s, What.LISTENED, turn, begin_s=begin_s, end_s=end_s),
    )


EVENING = (
    *listened(1, 1.0, 2.0, 2.2),
    Note(2.3, What.DROPPED, 1, why="visitor resumed"),
    *listened(2, 1.0, 4.0, 4.2, late_s=0.3),
    Note(5.0, What.WORDS, 2, "I have always wondered whether fish sleep", "en"),
    *listened(3, 10.0, 11.0, 11.2),
)
WORDS = RecordedWords(EVENING, "fr")


def test_the_same_utterance_has_the_same_words_so_long_after_its_pause() -> None:
    assert WORDS.of(utterance(1.02, 3.98)) == Understood(
        Transcript("I have always wondered whether fish sleep", "en"), pytest.approx(0.8), 2
    )


def test_one_that_was_dropped_before_its_words_were_known_has_the_first_of_those_that_came() -> None:
    understood = WORDS.of(utterance(1.0, 2.0))
    assert understood.turn == 1
    assert understood.transcript == Transcript("I have always", "en")


def test_one_on_which_the_ears_failed_has_none() -> None:
    assert WORDS.of(utterance(10.0, 11.0)).transcript is None


def test_one_that_nobody_listened_to_is_counted() -> None:
    words = RecordedWords(EVENING, "fr")
    assert words.of(utterance(20.0, 21.0)) == Understood(Transcript("", "fr"), pytest.approx(0.8), None)
    assert words.unknown == 1


def test_an_evening_without_a_word_takes_the_usual_time() -> None:
    assert RecordedWords((), "fr").of(utterance(1.0, 2.0)).after_s == USUAL_LATENCY_S


def test_other_ears_hear_for_themselves() -> None:
    words = RecordedWords(EVENING, "fr", lambda _: Transcript("Do fish sleep?", "en"))
    assert words.of(utterance(1.0, 4.0)) == Understood(Transcript("Do fish sleep?", "en"), pytest.approx(0.8), 2)
