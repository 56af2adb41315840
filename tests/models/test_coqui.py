"""What the neural voices do, on a tiny Coqui model."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from models.coqui import CoquiSettings, CoquiSynthesizer
from models.protocols import ModelError

pytestmark = [pytest.mark.coqui, pytest.mark.filterwarnings("ignore")]
SETTINGS = CoquiSettings(device="cpu")
TEXT = "Good evening. Is anybody there?"


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.fakes import tiny_vits

    folder = tmp_path_factory.mktemp("show")
    tiny_vits.make(folder)
    return folder


@pytest.fixture
def broken(show: Path, tmp_path: Path) -> Path:
    """A copy of the show, to break."""
    return Path(shutil.copytree(show, tmp_path / "show"))


def told(show: Path, model: str = "tiny-vits", settings: CoquiSettings = SETTINGS) -> str:
    """The one sentence with which a model is refused."""
    with pytest.raises(ModelError) as caught:
        CoquiSynthesizer(model, show, settings)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_a_voice_in_the_show_folder_speaks_at_the_rate_of_its_model(show: Path) -> None:
    voice = CoquiSynthesizer("tiny-vits", show, SETTINGS)
    pieces = list(voice.synthesize(TEXT, "en"))
    assert voice.rate_hz == 16_000
    assert {piece.rate_hz for piece in pieces} == {16_000}
    samples = np.concatenate([piece.samples for piece in pieces])
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert 0.0 < float(np.abs(samples).max()) <= 1.0
    voice.close()


def test_the_next_sentence_does_not_wait_for_coquis_half_second_of_silence(show: Path) -> None:
    voice = CoquiSynthesizer("tiny-vits", show, SETTINGS)
    for piece in voice.synthesize(TEXT, "en"):
        assert np.any(piece.samples[-1_000:])
    voice.close()


def test_a_voice_of_one_language_speaks_whatever_the_visitor_spoke(show: Path) -> None:
    voice = CoquiSynthesizer("tiny-vits", show, SETTINGS)
    assert list(voice.synthesize("Bonsoir.", "fr"))
    voice.close()


@pytest.mark.parametrize("text", ["", " ", "…", "?!"])
def test_a_text_without_words_is_silent(show: Path, text: str) -> None:
    voice = CoquiSynthesizer("tiny-vits", show, SETTINGS)
    assert list(voice.synthesize(text, "en")) == []
    voice.close()


def test_a_sentence_interrupted_before_it_is_made_costs_nothing_and_the_next_one_is_heard(
    show: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = CoquiSynthesizer("tiny-vits", show, SETTINGS)
    sentence = voice.synthesize(TEXT, "en")
    voice.abort()
    with monkeypatch.context() as patched:
        patched.delattr(type(voice._tts), "tts")
        assert list(sentence) == []
    assert list(voice.synthesize(TEXT, "en"))
    voice.close()


def test_a_sentence_interrupted_while_it_is_made_is_never_heard(show: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    voice = CoquiSynthesizer("tiny-vits", show, SETTINGS)
    make = voice._tts.tts

    def interrupted(*arguments: object, **options: object) -> object:
        voice.abort()
        return make(*arguments, **options)

    monkeypatch.setattr(voice._tts, "tts", interrupted)
    assert list(voice.synthesize(TEXT, "en")) == []
    voice.close()


def test_a_model_that_fails_says_why_and_on_how_much_but_not_on_which_words(
    show: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = CoquiSynthesizer("tiny-vits", show, SETTINGS)

    def fail(*_: object, **__: object) -> None:
        raise IndexError("index out of range")

    monkeypatch.setattr(voice._tts, "tts", fail)
    with pytest.raises(ModelError) as caught:
        list(voice.synthesize(TEXT, "en"))
    assert str(caught.value) == "coqui (tiny-vits) failed on a text of 31 characters (index out of range)."
    voice.close()


def test_no_word_that_is_spoken_reaches_the_log_even_with_a_character_that_the_model_does_not_know(
    show: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    voice = CoquiSynthesizer("tiny-vits", show, SETTINGS)
    assert list(voice.synthesize("Marguerite left us ☃ in winter.", "en"))
    voice.close()
    assert "marguerite" not in caplog.text.casefold()


def test_a_model_of_several_speakers_speaks_as_the_chosen_one_or_the_first(tmp_path: Path) -> None:
    from tests.fakes import tiny_vits

    tiny_vits.make(tmp_path, speakers=("anna", "bruno"))
    assert "it has: anna, bruno" in told(tmp_path, settings=CoquiSettings(speaker="carla", device="cpu"))
    for name in ("", "bruno"):
        voice = CoquiSynthesizer("tiny-vits", tmp_path, CoquiSettings(speaker=name, device="cpu"))
        assert voice._voice == {"speaker": name or "anna"}
        assert list(voice.synthesize(TEXT, "en"))
        voice.close()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert f"{tmp_path / 'voices'}: there is no such folder" in told(tmp_path, "voices")


def test_a_model_known_by_its_name_is_never_fetched_while_a_house_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    sentence = told(tmp_path, "tts_models/fr/css10/vits")
    assert f"{tmp_path / 'tts' / 'tts_models--fr--css10--vits'}: there is no such folder" in sentence
    assert 'tts --model_name "tts_models/fr/css10/vits"' in sentence


def test_a_model_known_by_its_name_speaks_where_coqui_keeps_it(
    broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    kept = tmp_path / "tts" / "tts_models--fr--css10--vits"
    kept.parent.mkdir()
    (broken / "tiny-vits").rename(kept)
    voice = CoquiSynthesizer("tts_models/fr/css10/vits", broken, SETTINGS)
    assert list(voice.synthesize(TEXT, "fr"))
    voice.close()


@pytest.mark.parametrize(("missing", "said"), [("config.json", "has no config.json"), ("model.pth", "has no weights")])
def test_a_part_of_a_model_is_refused(broken: Path, missing: str, said: str) -> None:
    (broken / "tiny-vits" / missing).unlink()
    assert said in told(broken)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"model": "no-such-model"}'])
def test_a_config_of_something_else_is_refused(broken: Path, content: str) -> None:
    (broken / "tiny-vits" / "config.json").write_text(content)
    assert "cannot be loaded as a Coqui model" in told(broken)


def test_weights_that_are_cut_short_are_refused(broken: Path) -> None:
    weights = broken / "tiny-vits" / "model.pth"
    weights.write_bytes(weights.read_bytes()[:1_000])
    assert "cannot be loaded as a Coqui model" in told(broken)


def test_a_recording_that_is_not_there_is_named(show: Path) -> None:
    assert f"{show / 'me.wav'}: there is no such file" in told(show, settings=CoquiSettings(speaker_wav="me.wav"))
