"""One person's speech is told from laughter, coughs, music and a crowd; on sounds that nothing was trained on."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from installation.turn_taking.settings import TurnTakingSettings
from models.audio import HEARING_RATE_HZ, Samples
from models.speech_likeness import SpeechJudge, measure
from scripts.pocket.noises import echo
from scripts.turns import recordings, spoken
from scripts.turns.noises import noise

LEAST = TurnTakingSettings().speech_likeness


@pytest.fixture(scope="module")
def judge() -> SpeechJudge:
    return SpeechJudge()


def hiss(samples: Samples, level_db: float = -60.0) -> Samples:
    random = np.random.default_rng(1)
    return (samples + random.normal(0, 10 ** (level_db / 20), len(samples))).astype(np.float32)


def taken(judge: SpeechJudge, sounds: list[Samples], certainty: float) -> float:
    """The share that is taken for speech."""
    return float(np.mean([judge.likeness(hiss(sound), certainty) >= LEAST for sound in sounds]))


@pytest.mark.parametrize("kind", ["laughter", "cough", "babble"])
def test_people_who_do_not_speak_to_the_double_are_no_speech(judge: SpeechJudge, kind: str) -> None:
    sounds = [noise(90_000 + number, (kind,)).audio.samples for number in range(40)]
    assert taken(judge, sounds, certainty=0.75) <= 0.05


def test_voices_of_espeak_are_speech(judge: SpeechJudge) -> None:
    sounds = [one.audio.at_rate(HEARING_RATE_HZ).samples for one in islice(spoken.questions(), 40)]
    assert taken(judge, sounds, certainty=0.93) >= 0.95


@pytest.mark.parametrize("rt60_s", [0.0, 0.8, 1.5])
def test_people_are_speech_whom_nothing_was_trained_on(judge: SpeechJudge, rt60_s: float) -> None:
    folder = recordings.folder_of_voices()
    if folder is None:
        pytest.skip(recordings.missing())
    random = np.random.default_rng(2)
    dry = [one.audio.at_rate(HEARING_RATE_HZ).samples for one in recordings.utterances(folder)]
    wet = [echo(sound.astype(float), rt60_s, 5.0, random) if rt60_s else sound for sound in dry]
    assert taken(judge, [0.3 * sound / np.abs(sound).max() for sound in wet], certainty=0.93) >= 0.95


@pytest.mark.parametrize("samples", [np.zeros(1, np.float32), np.zeros(16_000, np.float32), np.ones(320, np.float32)])
def test_a_sound_without_anything_in_it_is_measured_all_the_same(judge: SpeechJudge, samples: Samples) -> None:
    assert 0.0 <= judge.likeness(samples, 0.0) <= 1.0


def test_loudness_does_not_count() -> None:
    sound = noise(1, ("babble",)).audio.samples
    loud, soft = measure(sound, 0.8), measure((0.1 * sound).astype(np.float32), 0.8)
    assert soft.articulation == pytest.approx(loud.articulation, rel=0.02)
    assert soft.pitched_share == pytest.approx(loud.pitched_share, abs=0.02)
