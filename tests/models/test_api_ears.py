"""Ears on a server: what is sent, and which language comes back."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import numpy as np
import pytest

from models.api_ears import ApiTranscriber
from models.audio import Audio, silence
from models.language_names import code_of
from models.protocols import ModelError, Transcript
from models.server_settings import ServerSettings
from tests.fakes.openai_server import EARS, LATEST_S, OpenAIServer, Step, Then, as_json, head, whole
from tests.fakes.threads import interrupted

SOUND = Audio(np.linspace(-0.5, 0.5, 16_000, dtype=np.float32), 16_000)


@pytest.fixture
def there() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def ears(there: OpenAIServer) -> Iterator[ApiTranscriber]:
    ears = ApiTranscriber(ServerSettings(there.url, ears_model="whisper", answer_timeout_s=LATEST_S), Path())
    yield ears
    ears.close()


def form(there: OpenAIServer) -> dict[str, bytes]:
    """The fields of the last request."""
    asked = there.last
    kind = asked.headers["Content-Type"].encode()
    parts = message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + asked.body).get_payload()
    return {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in parts}


def test_an_utterance_is_sent_as_a_recording_in_its_one_language(there: OpenAIServer, ears: ApiTranscriber) -> None:
    there.answers[EARS] = as_json({"text": " Parlez-moi de la mer. "})
    assert ears.transcribe(SOUND, ("fr",)) == Transcript("Parlez-moi de la mer.", "fr")
    fields = form(there)
    assert (fields["model"], fields["language"], fields["response_format"]) == (b"whisper", b"fr", b"json")
    with wave.open(io.BytesIO(fields["file"])) as recording:
        assert (recording.getnchannels(), recording.getframerate(), recording.getnframes()) == (1, 16_000, 16_000)
        assert np.frombuffer(recording.readframes(16_000), "<i2")[0] == -16_384


def test_what_a_server_invents_is_taken_out_by_its_words_and_by_its_scores(
    there: OpenAIServer, ears: ApiTranscriber
) -> None:
    there.answers[EARS] = as_json({"text": "Sous-titres réalisés par la communauté d'Amara.org"})
    assert ears.transcribe(SOUND, ("fr",)).text == ""
    doubtful = {"text": " Bonsoir.", "no_speech_prob": 0.9, "avg_logprob": -1.5, "start": 0.0, "end": 0.5}
    sure = {"text": " La mer ?", "no_speech_prob": 0.1, "avg_logprob": -0.2, "start": 0.5, "end": 1.0}
    there.answers[EARS] = as_json({"text": " Bonsoir. La mer ?", "language": "french", "segments": [doubtful, sure]})
    assert ears.transcribe(SOUND, ("en", "fr")).text == "La mer ?"


@pytest.mark.parametrize("segments", [None, 3, [], [{"text": "La mer ?"}], [{"text": "x", "no_speech_prob": "high"}]])
def test_segments_without_scores_are_not_needed(there: OpenAIServer, ears: ApiTranscriber, segments: object) -> None:
    there.answers[EARS] = as_json({"text": "La mer ?", "language": "fr", "segments": segments})
    assert ears.transcribe(SOUND, ("en", "fr")).text == "La mer ?"


@pytest.mark.parametrize("name", ["french", "French", "fr", "fr-FR"])
def test_of_several_languages_the_server_tells_which(there: OpenAIServer, ears: ApiTranscriber, name: str) -> None:
    there.answers[EARS] = as_json({"text": "La mer ?", "language": name})
    assert ears.transcribe(SOUND, ("en", "fr")) == Transcript("La mer ?", "fr")
    fields = form(there)
    assert fields["response_format"] == b"verbose_json"
    assert "language" not in fields


def test_a_language_that_the_show_does_not_speak_is_asked_again_in_its_first(
    there: OpenAIServer, ears: ApiTranscriber
) -> None:
    there.answers[EARS] = as_json({"text": "Y mor?", "language": "welsh"})
    assert ears.transcribe(SOUND, ("en", "fr")).language == "en"
    assert form(there)["language"] == b"en"
    assert len(there.asked) == 2


def test_silence_has_no_words_and_a_click_is_not_even_sent(there: OpenAIServer, ears: ApiTranscriber) -> None:
    there.answers[EARS] = as_json({"text": " ", "language": "english"})
    assert ears.transcribe(SOUND, ("en", "fr")).text == ""
    assert ears.transcribe(silence(0.05, 16_000), ("en", "fr")).text == ""
    assert len(there.asked) == 1


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        (as_json({"text": "Yes."}), "does not tell which language"),
        (as_json({"text": "Yes.", "language": None}), "does not tell which language"),
        (as_json({"language": "english"}), "no text"),
        (as_json({"text": ["Yes."], "language": "english"}), "no text"),
        (as_json(["Yes."]), "other JSON"),
        (whole("application/json", '{"text": "Ye'), "broken JSON"),
        (whole("application/json", b"\xff\xfe{"), "broken JSON"),
        (whole("text/plain", "Yes."), "text/plain"),
        ([head("application/json", length=100), b'{"text"', Then.CUT], "broke off"),
    ],
)
def test_an_answer_that_is_no_transcription_is_told(
    there: OpenAIServer, ears: ApiTranscriber, steps: list[Step], complaint: str
) -> None:
    there.answers[EARS] = steps
    with pytest.raises(ModelError, match=complaint):
        ears.transcribe(SOUND, ("en", "fr"))


def test_ears_that_are_interrupted_hear_nothing(there: OpenAIServer, ears: ApiTranscriber) -> None:
    there.answers[EARS] = [Then.HANG]
    heard = interrupted(lambda: ears.transcribe(SOUND, ("en", "fr")), there.waiting, ears.abort)
    assert heard == Transcript("", "en", 0.0)
    assert there.hung_up.wait(LATEST_S)


def test_what_nobody_waits_for_any_more_is_not_sent(there: OpenAIServer, ears: ApiTranscriber) -> None:
    assert ears.transcribe(SOUND, ("en",), lambda: True) == Transcript("", "en", 0.0)
    assert there.asked == []


def test_languages_have_names() -> None:
    assert [code_of(name) for name in ("english", "Haitian Creole", "mandarin", "pt-BR", "klingon")] == [
        "en",
        "ht",
        "zh",
        "pt",
        "klingon",
    ]
