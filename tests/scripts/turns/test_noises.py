"""The noises of a public: many, and always the same ones."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from scripts.turns.noises import BY_PEOPLE, KINDS, LOUDEST_DB, SOFTEST_DB, noise, noises

PLAIN = tuple(kind for kind in KINDS if kind != "babble")
"""Without the one that needs espeak-ng's voices."""


def test_a_noise_is_always_the_same_and_no_two_are_alike():
    first = [one.audio.samples for one in islice(noises(PLAIN), 40)]
    assert all((one == noise(number, PLAIN).audio.samples).all() for number, one in enumerate(first))
    assert len({samples.tobytes() for samples in first}) == len(first)


def test_all_kinds_come_in_turn():
    assert {one.kind for one in islice(noises(), len(KINDS))} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_short_sound_at_some_level(kind: str):
    for number in range(3):
        one = noise(number, (kind,))
        peak_db = 20 * np.log10(np.abs(one.audio.samples).max())
        assert SOFTEST_DB - 0.1 <= peak_db <= LOUDEST_DB + 0.1
        assert 0.3 < one.audio.duration_s < 5.0
        assert np.isfinite(one.audio.samples).all()


def test_what_comes_out_of_a_throat_can_be_had_alone():
    assert {one.kind for one in islice(noises(BY_PEOPLE), 4)} == {"cough", "laughter"}
