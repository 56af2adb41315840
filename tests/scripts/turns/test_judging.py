"""What the bench of turn-taking makes of a tape."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio import Audio, Samples
from scripts.turns.judging import (
    Passage,
    ducked_s,
    fate,
    find,
    places,
    reference,
    reply,
    sounding_s,
    stopped_s,
)
from scripts.turns.stimuli import Stimulus
from tests.fakes.sound_card import RATE_HZ

TAPE_S = 12.0
NOBODY = np.zeros(round(TAPE_S * RATE_HZ), np.float32)


def track(*sounds_s: tuple[float, float], level: float = 0.3) -> Samples:
    """Silence, with a buzz from one second to another."""
    samples = NOBODY.copy()
    for begin_s, end_s in sounds_s:
        count = round(end_s * RATE_HZ) - round(begin_s * RATE_HZ)
        samples[round(begin_s * RATE_HZ) :][:count] = level * np.sign(np.sin(np.arange(count) / 40) + 1e-9)
    return samples


def answer(length_s: float = 4.0) -> Samples:
    """Something that is nowhere alike, as speech is."""
    return np.random.default_rng(3).normal(0, 0.1, round(length_s * RATE_HZ)).astype(np.float32)


def played(*pieces: tuple[float, Samples]) -> Samples:
    samples = NOBODY.copy()
    for begin_s, piece in pieces:
        samples[round(begin_s * RATE_HZ) :][: len(piece)] += piece
    return samples


def cut(sound: Samples, from_s: float, to_s: float) -> Samples:
    return sound[round(from_s * RATE_HZ) : round(to_s * RATE_HZ)]


VISITOR = Stimulus("visitor", Audio(answer(2.0), RATE_HZ), onset_s=0.2, last_voiced_s=1.8, language="en")
PASSAGE = Passage(VISITOR, 1.0)
KNOWN = reference(played((0.5, answer())))


# --- the visitor ------------------------------------------------------------------------------------------------------


def test_a_visitor_is_found_on_the_tape_to_the_sample():
    passage = find(played((1.5, VISITOR.audio.samples)), VISITOR, 1.0)
    assert passage is not None
    assert passage.onset_s == pytest.approx(1.7, abs=0.001)
    assert passage.last_voiced_s == pytest.approx(3.3, abs=0.001)


def test_silence_at_the_ends_of_a_recording_moves_nothing():
    quiet = np.zeros(round(0.5 * RATE_HZ), np.float32)
    samples = np.concatenate((quiet, VISITOR.audio.samples, quiet))
    recorded = Stimulus("recorded", Audio(samples, RATE_HZ), 0.7, 2.3, "en")
    passage = find(played((1.0, samples)), recorded, 0.0)
    assert passage is not None
    assert passage.start_s == pytest.approx(1.0, abs=0.001)


def test_a_visitor_who_was_torn_by_a_busy_machine_is_not_counted():
    halves = played((1.0, cut(VISITOR.audio.samples, 0, 1)), (2.2, cut(VISITOR.audio.samples, 1, 2)))
    assert find(halves, VISITOR, 0.0) is None
    assert find(NOBODY, VISITOR, 0.0) is None


# --- gaps -------------------------------------------------------------------------------------------------------------


def test_a_gap_is_from_the_last_voiced_sample_to_the_first_of_the_answer():
    assert reply(track((3.3, 6.0)), PASSAGE).gap_s == pytest.approx(0.5, abs=0.001)


def test_an_answer_before_the_visitor_has_finished_is_early_and_has_no_gap():
    early = reply(track((2.0, 2.4), (3.3, 6.0)), PASSAGE)
    assert early.is_early
    assert early.gap_s is None


def test_no_answer_is_no_gap():
    assert reply(NOBODY, PASSAGE) == reply(track((0.1, 0.5)), PASSAGE)
    assert reply(NOBODY, PASSAGE).gap_s is None
    assert not reply(NOBODY, PASSAGE).is_early


# --- interruptions ----------------------------------------------------------------------------------------------------


def test_ducking_is_noticed_when_the_sound_is_softer_by_six_decibels():
    ducked = track((1.0, 4.1)) + track((4.1, 8.0), level=0.3 / 4)
    assert ducked_s(ducked, 4.0) == pytest.approx(0.1, abs=0.02)


def test_a_sound_that_goes_on_as_before_was_not_ducked():
    assert ducked_s(track((1.0, 8.0)), 4.0) is None
    assert ducked_s(track((1.0, 4.1)) + track((4.1, 8.0), level=0.2), 4.0) is None


def test_who_stops_at_once_has_ducked_too():
    assert ducked_s(track((1.0, 4.1)), 4.0) == pytest.approx(0.1, abs=0.02)


def test_nothing_can_be_ducked_where_nothing_sounds():
    assert ducked_s(NOBODY, 4.0) is None


def test_a_sound_stops_where_it_is_followed_by_silence():
    assert stopped_s(track((1.0, 4.3), (6.0, 7.0)), 4.0, 0.5, 2.0) == pytest.approx(0.3, abs=0.001)


def test_a_sound_that_goes_on_or_stops_too_late_did_not_stop():
    assert stopped_s(track((1.0, 11.9)), 4.0, 0.5, 2.0) is None
    assert stopped_s(track((1.0, 7.0)), 4.0, 0.5, 2.0) is None


def test_a_gap_between_two_words_is_no_end():
    assert stopped_s(track((1.0, 4.2), (4.4, 5.0)), 4.0, 0.5, 2.0) == pytest.approx(1.0, abs=0.001)


def test_what_was_silent_before_cannot_stop():
    assert stopped_s(track((1.0, 3.0)), 4.0, 0.5, 2.0) is None


# --- what becomes of an answer ----------------------------------------------------------------------------------------


def test_an_undisturbed_answer_is_finished():
    end = fate(played((0.1, answer())), KNOWN)
    assert end.finished
    assert not end.was_cut
    assert not end.answered_again


def test_an_answer_that_breaks_off_is_cut():
    assert fate(played((0.1, cut(answer(), 0, 2.5))), KNOWN).was_cut


def test_an_answer_that_resumes_softer_and_later_is_not_cut():
    resumed = played((0.1, cut(answer(), 0, 2)), (3.0, 0.3 * cut(answer(), 2, 4)))
    assert fate(resumed, KNOWN).finished


def test_an_answer_given_anew_does_not_make_up_for_the_one_that_was_cut():
    end = fate(played((0.1, cut(answer(), 0, 2)), (4.0, answer())), KNOWN)
    assert end.was_cut
    assert end.answered_again


def test_an_answer_to_nobody_after_the_first_one_is_noticed():
    end = fate(played((0.1, answer()), (6.0, answer())), KNOWN)
    assert end.finished
    assert end.answered_again


def test_an_answer_that_never_came_is_no_success():
    assert fate(NOBODY, KNOWN).was_cut
    assert fate(track((1.0, 5.0)), KNOWN).was_cut


def test_an_answer_is_known_while_it_is_on_and_not_once_it_was_begun_anew():
    assert KNOWN.is_on(played((0.1, answer())), 3.0)
    assert KNOWN.is_on(played((0.1, cut(answer(), 0, 1.5)), (2.0, cut(answer(), 1.5, 4))), 3.5)
    assert not KNOWN.is_on(played((0.1, cut(answer(), 0, 1)), (1.5, answer())), 3.0)
    assert not KNOWN.is_on(played((0.1, cut(answer(), 0, 1))), 3.0)


def test_an_excerpt_is_found_wherever_it_is():
    excerpt = cut(answer(), 1, 1.5)
    assert places(played((2.0, excerpt), (7.0, 0.1 * excerpt)), excerpt) == pytest.approx([2.0, 7.0], abs=0.001)


def test_there_is_no_reference_without_an_answer():
    with pytest.raises(RuntimeError, match="no answer"):
        reference(NOBODY)


def test_sound_is_counted_in_seconds():
    assert sounding_s(track((1.0, 2.0), (4.0, 4.5))) == pytest.approx(1.5, abs=0.05)
