"""What is kept from the recogniser, and what is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.speech_gate import SpeechGate, SpeechGateSettings
from scripts.pocket import noises
from tests.fakes.spoken import room, said

GATE = SpeechGate(SpeechGateSettings())


@pytest.mark.parametrize(
    ("text", "voice"),
    [("Oui", "fr+m3"), ("No", "en-gb"), ("Merci.", "fr+f2"), ("What do you remember of the sea?", "en-us+f3")],
)
def test_a_voice_passes_however_short_what_it_says(text: str, voice: str) -> None:
    assert GATE.lets_through(said(text, voice).samples)


def test_a_soft_voice_in_a_quiet_room_passes() -> None:
    samples = 0.05 * said("Oui, je viens.", "fr").samples
    assert GATE.lets_through(samples + room(len(samples) / noises.RATE_HZ)[: len(samples)])


def test_a_real_person_passes_from_the_first_second_on(recordings: Path) -> None:
    from faster_whisper.audio import decode_audio

    kennedy = decode_audio(str(recordings / "jfk.flac"))
    assert all(GATE.lets_through(kennedy[start : start + 32_000]) for start in range(0, len(kennedy) - 32_000, 32_000))


@pytest.mark.parametrize("kind", noises.KINDS)
def test_a_sound_without_a_voice_is_kept_away(kind: str) -> None:
    samples = noises.KINDS[kind](4 * noises.RATE_HZ, np.random.default_rng(3))
    assert not GATE.lets_through((0.1 * samples / max(1e-6, np.max(np.abs(samples)))).astype(np.float32))


def test_a_room_in_which_nobody_can_have_spoken_is_not_even_judged() -> None:
    everything = SpeechGate(SpeechGateSettings(least_voice_s=0))
    assert not everything.lets_through(room(1.0, -80.0))
    assert everything.lets_through(room(1.0, -50.0))


def test_a_voice_that_was_cut_off_does_not_colour_the_next_verdict() -> None:
    speech = said("Hello, who are you?", "en-gb", after_s=0).samples[:-4000]
    music = noises.music(8000, np.random.default_rng(5))
    tune = (0.2 * music / np.max(np.abs(music))).astype(np.float32)
    assert [GATE.lets_through(samples) for samples in (tune, speech, tune)] == [False, True, False]


def test_thresholds_that_make_no_sense_are_refused() -> None:
    for name, value in (("least_voice_s", -1.0), ("voice_threshold", 1.0), ("quietest_db", 3.0)):
        with pytest.raises(ValueError, match=name):
            SpeechGateSettings(**{name: value})
