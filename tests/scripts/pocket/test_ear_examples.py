"""What the pocket ears are given to learn from."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor

from scripts.pocket.ear_examples import Example, Studio
from scripts.pocket.ear_text import EarText, is_kept_for_trial
from scripts.pocket.voices import HELD_OUT_VARIANTS, TRAINED_VARIANTS
from tests.fakes.small_corpus import small_texts

EXAMPLES = 60


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> tuple[EarText, ...]:
    folder: Path = tmp_path_factory.mktemp("corpus")
    return small_texts(folder)


@pytest.fixture(scope="module")
def studio(texts: tuple[EarText, ...]) -> Studio:
    return Studio(texts, seed=1)


@pytest.fixture(scope="module")
def examples(studio: Studio) -> list[Example]:
    return [studio.example(number) for number in range(EXAMPLES)]


def test_no_voice_of_the_trial_is_trained_on() -> None:
    assert not set(TRAINED_VARIANTS) & set(HELD_OUT_VARIANTS)


def test_no_sentence_of_the_trial_is_trained_on(texts: tuple[EarText, ...]) -> None:
    rng = random.Random(1)
    for text in texts:
        drawn = [draw(rng) for draw in (text.draw, text.phrase) for _ in range(300)]
        assert not [sentence for sentence in drawn if is_kept_for_trial(sentence)]


def test_rooms_without_speech_are_among_them_and_have_no_words(examples: list[Example]) -> None:
    rooms = [one for one in examples if not one.text]
    assert 0 < len(rooms) < EXAMPLES / 3
    assert {(one.phonemes, one.places) for one in rooms} == {("", ())}
    assert all(one.features.shape[1] >= 30 for one in rooms)


def test_whoever_speaks_says_something_in_a_language_of_the_show(examples: list[Example]) -> None:
    spoken = [one for one in examples if one.text]
    assert {one.language for one in spoken} == {"en", "fr"}
    assert all(one.phonemes for one in spoken)


def test_an_example_is_the_same_in_every_run_but_for_the_flutter_of_a_voice(
    studio: Studio, examples: list[Example]
) -> None:
    for number in (EXAMPLES - 1, 3, 0):
        again, before = studio.example(number), examples[number]
        assert (again.text, again.language, again.phonemes) == (before.text, before.language, before.phonemes)
        assert again.features.shape == before.features.shape


def test_features_are_those_of_faster_whisper_without_its_padding(studio: Studio) -> None:
    sound = np.random.default_rng(1).normal(0, 0.1, 24_000).astype(np.float32)
    features = studio.features_of(sound)
    assert features.shape == (80, 150)
    assert np.allclose(features, FeatureExtractor()(sound)[:, :150])
