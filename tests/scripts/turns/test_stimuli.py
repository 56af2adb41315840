"""What the visitors of the bench say: always the same, with the pauses that are promised."""

from __future__ import annotations

from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from models.audio import HEARING_RATE_HZ, Audio, Samples
from scripts.turns import recordings, sentences, spoken
from scripts.turns.stimuli import (
    LEVEL_DB,
    LONGEST_PAUSE_S,
    SHORTEST_PAUSE_S,
    Stimulus,
    held,
    pauses_s,
    stimulus,
    voiced_level_db,
    voiced_spans,
)

VOICES = recordings.folder_of_voices()
human = pytest.mark.skipif(VOICES is None, reason=recordings.missing())


def voice(*stretches_s: tuple[float, float], length_s: float = 3.0) -> Audio:
    """A buzz between these moments, in a room that hisses."""
    random = np.random.default_rng(0)
    samples = random.normal(0, 1e-3, round(length_s * HEARING_RATE_HZ))
    for begin_s, end_s in stretches_s:
        begin, end = round(begin_s * HEARING_RATE_HZ), round(end_s * HEARING_RATE_HZ)
        samples[begin:end] += random.normal(0, 0.1, end - begin)
    return Audio(samples.astype(np.float32), HEARING_RATE_HZ)


def longest_gap_s(said: Stimulus) -> float:
    spans = voiced_spans(said.audio)
    return max(after[0] - before[1] for before, after in pairwise(spans))


def same(one: Samples, other: Samples) -> bool:
    return len(one) == len(other) and bool((one == other).all())


def test_the_voice_is_found_where_it_begins_and_ends():
    said = stimulus("somebody", voice((0.4, 2.5)), "en")
    assert said.onset_s == pytest.approx(0.4, abs=0.03)
    assert said.last_voiced_s == pytest.approx(2.5, abs=0.03)


def test_silence_is_no_utterance():
    for count in (0, HEARING_RATE_HZ):
        with pytest.raises(ValueError, match="nothing but silence"):
            stimulus("nobody", Audio(np.zeros(count, np.float32), HEARING_RATE_HZ), "en")


def test_all_visitors_are_equally_loud():
    loud, soft = voice((0.4, 2.5)), Audio(voice((0.4, 2.5)).samples / 8, HEARING_RATE_HZ)
    for audio in (loud, soft):
        assert voiced_level_db(stimulus("somebody", audio, "en").audio) == pytest.approx(LEVEL_DB, abs=0.5)


def test_a_pause_is_as_long_as_promised_and_the_rest_is_as_before():
    whole = stimulus("somebody", voice((0.3, 1.3), (1.4, 2.5)), "en")
    holding = held(whole, 0.6, ("the sea", "the sea remembers?"))
    assert holding.pause_s is not None
    begin_s, end_s = holding.pause_s
    assert end_s - begin_s == pytest.approx(0.6, abs=0.001)
    assert longest_gap_s(holding) == pytest.approx(0.6, abs=0.03)
    assert begin_s == pytest.approx(1.3, abs=0.03)
    assert holding.last_voiced_s == pytest.approx(whole.last_voiced_s + 0.5, abs=0.03)
    assert holding.drafts == ("the sea", "the sea remembers?")


def test_pauses_are_such_as_people_make_while_they_think():
    lengths = list(islice(pauses_s(1), 50))
    assert min(lengths) >= SHORTEST_PAUSE_S
    assert max(lengths) <= LONGEST_PAUSE_S
    assert lengths == list(islice(pauses_s(1), 50))


def test_another_rate_changes_no_moment():
    said = spoken.said("Who are you?", "en-gb")
    fast = said.at_rate(44_100)
    assert fast.audio.duration_s == pytest.approx(said.audio.duration_s, abs=0.001)
    assert (fast.onset_s, fast.last_voiced_s) == (said.onset_s, said.last_voiced_s)


def test_synthetic_questions_hold_their_pause_between_two_known_halves():
    for said in islice(spoken.held_questions(), 4):
        assert said.pause_s is not None
        begin_s, end_s = said.pause_s
        assert SHORTEST_PAUSE_S <= end_s - begin_s <= LONGEST_PAUSE_S
        assert longest_gap_s(said) == pytest.approx(end_s - begin_s, abs=0.06)
        half, whole = said.drafts
        assert whole.startswith(half)
        assert said.onset_s < begin_s < end_s < said.last_voiced_s


def test_visitors_speak_two_languages_in_several_voices_and_always_the_same():
    first, again = list(islice(spoken.questions(), 12)), list(islice(spoken.questions(), 12))
    assert {said.language for said in first} == {"en", "fr"}
    assert len({said.name.split(":")[0] for said in first}) == 12
    assert all(same(one.audio.samples, other.audio.samples) for one, other in zip(first, again, strict=True))


def test_clauses_are_parted_by_pauses_of_the_voice_itself():
    said = next(spoken.questions_with_commas())
    assert longest_gap_s(said) > 0.1


def test_back_channels_are_short():
    for said in islice(spoken.back_channels(), 12):
        assert said.last_voiced_s - said.onset_s < 1.0


def test_every_language_has_as_much_of_everything():
    for texts in (sentences.QUESTIONS, sentences.HALVES, sentences.INTERRUPTIONS, sentences.BACK_CHANNELS):
        assert len(texts["en"]) == len(texts["fr"])


@human
def test_people_are_cut_at_their_own_pauses_into_one_to_five_seconds():
    assert VOICES is not None
    people = recordings.utterances(VOICES)
    assert len(people) >= 20
    for said in people:
        assert 1.0 <= said.last_voiced_s - said.onset_s <= 5.0
        assert said.last_voiced_s <= said.audio.duration_s + 1e-6
    again = recordings.utterances(VOICES)
    assert all(same(one.audio.samples, other.audio.samples) for one, other in zip(people, again, strict=True))


@human
def test_people_too_hold_pauses_of_the_promised_length():
    assert VOICES is not None
    holding = recordings.held_utterances(VOICES)
    assert len(holding) >= 15
    for said in holding:
        assert said.pause_s is not None
        assert SHORTEST_PAUSE_S <= said.pause_s[1] - said.pause_s[0] <= LONGEST_PAUSE_S + 0.01
        assert said.pause_s[1] < said.last_voiced_s


def test_a_folder_without_recordings_is_named(tmp_path: Path):
    assert recordings.folder_of_voices(tmp_path) is None
    assert str(tmp_path) in recordings.missing(tmp_path)
