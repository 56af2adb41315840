"""A voice on a server: sound in any pieces, and what is no sound."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.api_voice import ApiSynthesizer
from models.audio import to_pcm16
from models.protocols import ModelError
from models.server_settings import ServerSettings
from tests.fakes.line_clock import LineClock
from tests.fakes.openai_server import (
    LAST,
    LATEST_S,
    SPEECH,
    OpenAIServer,
    Step,
    Then,
    as_json,
    chunk,
    head,
    sound,
    whole,
)
from tests.fakes.threads import interrupted

RAMP = np.linspace(-0.9, 0.9, 1001, dtype=np.float32)
PCM = to_pcm16(RAMP)


@pytest.fixture
def there() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def voice(there: OpenAIServer) -> Iterator[ApiSynthesizer]:
    voices = {"en": "ada", "fr": "adèle"}
    settings = ServerSettings(
        there.url, voice_model="tts", voices=voices, voice_rate_hz=22_050, answer_timeout_s=LATEST_S
    )
    voice = ApiSynthesizer(settings, Path())
    yield voice
    voice.close()


def spoken(voice: ApiSynthesizer, text: str = "The sea.", language: str = "en") -> np.ndarray:
    pieces = list(voice.synthesize(text, language))
    assert {piece.rate_hz for piece in pieces} <= {22_050}
    return np.concatenate([np.zeros(0, np.float32), *(piece.samples for piece in pieces)])


@pytest.mark.parametrize("size", [1, 3, 7, 500, len(PCM)])
def test_sound_may_come_in_any_pieces(there: OpenAIServer, voice: ApiSynthesizer, size: int) -> None:
    there.answers[SPEECH] = sound(*(PCM[at : at + size] for at in range(0, len(PCM), size)))
    np.testing.assert_allclose(spoken(voice), RAMP, atol=1 / 32_000)


def test_a_sentence_is_sent_with_the_voice_of_its_language(there: OpenAIServer, voice: ApiSynthesizer) -> None:
    there.answers[SPEECH] = sound(PCM)
    spoken(voice, "La mer…", "fr")
    assert there.last.content == {"model": "tts", "input": "La mer…", "voice": "adèle", "response_format": "pcm"}


def test_the_first_sound_is_passed_on_before_the_sentence_is_done(there: OpenAIServer, voice: ApiSynthesizer) -> None:
    there.answers[SPEECH] = [head("audio/pcm"), chunk(PCM), Then.HANG]
    pieces = voice.synthesize("The sea.", "en")
    assert len(next(pieces).samples) == len(RAMP)
    pieces.close()  # type: ignore[attr-defined]
    assert there.hung_up.wait(LATEST_S)


def test_a_sentence_that_nobody_pulls_for_long_is_still_good(
    there: OpenAIServer, voice: ApiSynthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = LineClock(monkeypatch)
    there.answers[SPEECH] = sound(PCM)
    pieces = voice.synthesize("The sea.", "en")
    made = len(next(pieces).samples)
    clock.now_s += 1000
    assert made + sum(len(piece.samples) for piece in pieces) == len(RAMP)


def test_a_half_sample_at_the_end_is_dropped(there: OpenAIServer, voice: ApiSynthesizer) -> None:
    there.answers[SPEECH] = sound(PCM + b"\x7f")
    assert len(spoken(voice)) == len(RAMP)


def test_nothing_is_asked_for_a_text_without_words(there: OpenAIServer, voice: ApiSynthesizer) -> None:
    assert len(spoken(voice, " … ")) == 0
    assert there.asked == []


def test_a_language_without_a_voice_is_told(voice: ApiSynthesizer) -> None:
    with pytest.raises(ModelError, match='has no voice for "de"'):
        spoken(voice, "Das Meer.", "de")


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        (as_json({"error": {"message": "no such voice"}}), "application/json where sound"),
        (whole("text/html", "<h1>Welcome</h1>"), "text/html where sound"),
        (whole("audio/mpeg", PCM), "audio/mpeg where sound"),
        (whole("audio/pcm", b"RIFF" + PCM), "a sound file where PCM"),
        ([head(""), chunk(b"R"), chunk(b"IF"), chunk(b"F" + PCM), LAST], "a sound file where PCM"),
        (whole("audio/pcm", b""), "nothing where sound"),
        (as_json({"error": {"message": "no such voice"}}, 400), "no such voice"),
    ],
)
def test_what_is_no_sound_is_never_played(
    there: OpenAIServer, voice: ApiSynthesizer, steps: list[Step], complaint: str
) -> None:
    there.answers[SPEECH] = steps
    with pytest.raises(ModelError, match=complaint):
        spoken(voice)


def test_a_sentence_that_breaks_off_is_told_after_what_came_of_it(there: OpenAIServer, voice: ApiSynthesizer) -> None:
    there.answers[SPEECH] = [head("audio/pcm", length=5000), PCM]
    pieces = voice.synthesize("The sea.", "en")
    assert len(next(pieces).samples) > 1
    with pytest.raises(ModelError, match="broke off"):
        list(pieces)


def test_a_voice_that_does_not_stop_is_cut(there: OpenAIServer, voice: ApiSynthesizer) -> None:
    there.answers[SPEECH] = [head("audio/pcm"), *[chunk(bytes(1_000_000))] * 6, Then.HANG]
    with pytest.raises(ModelError, match="more than 120 s"):
        spoken(voice)


@pytest.mark.parametrize("beginning", [[], [head("audio/pcm"), chunk(PCM)]])
def test_an_interrupted_voice_is_silent_at_once(
    there: OpenAIServer, voice: ApiSynthesizer, beginning: list[Step]
) -> None:
    there.answers[SPEECH] = [*beginning, Then.HANG]
    assert len(interrupted(lambda: spoken(voice), there.waiting, voice.abort)) in (0, len(RAMP))
    there.answers[SPEECH] = sound(PCM)
    assert len(spoken(voice)) == len(RAMP)
