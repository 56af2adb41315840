"""What the neural voices do that speak a whole text at a time, on a tiny Coqui VITS."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from models.coqui import CoquiSynthesizer
from models.coqui_model import CoquiSettings, read_model
from models.protocols import ModelError

pytestmark = pytest.mark.coqui
SETTINGS = CoquiSettings(device="cpu")
TEXT = "Good evening. Is anybody there?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.fakes import tiny_vits

    return tiny_vits.make(tmp_path_factory.mktemp("show"))


@pytest.fixture
def broken(folder: Path, tmp_path: Path) -> Path:
    """A copy of the model, to break."""
    return Path(shutil.copytree(folder, tmp_path / "broken"))


def load(folder: Path, settings: CoquiSettings = SETTINGS) -> CoquiSynthesizer:
    return CoquiSynthesizer(read_model(folder), settings)


def told(folder: Path, settings: CoquiSettings = SETTINGS) -> str:
    """The one sentence with which a model is refused."""
    with pytest.raises(ModelError) as caught:
        load(folder, settings)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_a_voice_speaks_at_the_rate_of_its_model(folder: Path) -> None:
    voice = load(folder)
    pieces = list(voice.synthesize(TEXT, "en"))
    assert voice.rate_hz == 16_000
    assert {piece.rate_hz for piece in pieces} == {16_000}
    samples = np.concatenate([piece.samples for piece in pieces])
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert 0.0 < float(np.abs(samples).max()) <= 1.0
    voice.close()


def test_the_next_sentence_does_not_wait_for_coquis_half_second_of_silence(folder: Path) -> None:
    voice = load(folder)
    for piece in voice.synthesize(TEXT, "en"):
        assert np.any(piece.samples[-1_000:])
    voice.close()


def test_a_voice_of_one_language_speaks_whatever_the_visitor_spoke(folder: Path) -> None:
    voice = load(folder)
    assert list(voice.synthesize("Bonsoir.", "fr"))
    voice.close()


@pytest.mark.parametrize("text", ["", " ", "…", "?!"])
def test_a_text_without_words_is_silent(folder: Path, text: str) -> None:
    voice = load(folder)
    assert list(voice.synthesize(text, "en")) == []
    voice.close()


def test_a_sentence_interrupted_before_it_is_made_costs_nothing_and_the_next_one_is_heard(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = load(folder)
    sentence = voice.synthesize(TEXT, "en")
    voice.abort()
    with monkeypatch.context() as patched:
        patched.delattr(type(voice._tts), "tts")
        assert list(sentence) == []
    assert list(voice.synthesize(TEXT, "en"))
    voice.close()


def test_a_sentence_interrupted_while_it_is_made_is_never_heard(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    voice = load(folder)
    make = voice._tts.tts

    def interrupted(*arguments: object, **options: object) -> object:
        voice.abort()
        return make(*arguments, **options)

    monkeypatch.setattr(voice._tts, "tts", interrupted)
    assert list(voice.synthesize(TEXT, "en")) == []
    voice.close()


def test_a_model_that_fails_says_why_and_on_how_much_but_not_on_which_words(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = load(folder)

    def fail(*_: object, **__: object) -> None:
        raise IndexError("index out of range")

    monkeypatch.setattr(voice._tts, "tts", fail)
    with pytest.raises(ModelError) as caught:
        list(voice.synthesize(TEXT, "en"))
    assert str(caught.value) == "coqui (tiny-vits) failed on a text of 31 characters (index out of range)."
    voice.close()


def test_no_word_that_is_spoken_reaches_the_log_even_with_a_character_that_the_model_does_not_know(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    voice = load(folder)
    assert list(voice.synthesize("Marguerite left us ☃ in winter.", "en"))
    voice.close()
    assert "marguerite" not in caplog.text.casefold()


def test_neither_loading_nor_speaking_prints_anything(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    voice = load(folder)
    assert list(voice.synthesize(TEXT, "en"))
    voice.close()
    assert capfd.readouterr() == ("", "")


def test_a_model_of_several_speakers_speaks_as_the_chosen_one_or_the_first(tmp_path: Path) -> None:
    from tests.fakes import tiny_vits

    folder = tiny_vits.make(tmp_path, speakers=("anna", "bruno"))
    assert "it has: anna, bruno" in told(folder, CoquiSettings(speaker="carla", device="cpu"))
    for name in ("", "bruno"):
        voice = load(folder, CoquiSettings(speaker=name, device="cpu"))
        assert voice._voice == {"speaker": name or "anna"}
        assert list(voice.synthesize(TEXT, "en"))
        voice.close()


def test_a_folder_that_was_carried_to_another_machine_still_finds_its_speakers(tmp_path: Path) -> None:
    from tests.fakes import tiny_vits

    carried = tmp_path / "stick"
    tiny_vits.make(tmp_path, speakers=("anna", "bruno")).rename(carried)
    before = (carried / "config.json").read_bytes()
    voice = load(carried, CoquiSettings(speaker="bruno", device="cpu"))
    assert list(voice.synthesize(TEXT, "en"))
    voice.close()
    assert (carried / "config.json").read_bytes() == before


def test_weights_under_their_older_name_speak_like_any_other(broken: Path) -> None:
    (weights,) = broken.glob("*.pth")
    weights.rename(broken / "model_file.pth.tar")
    voice = load(broken)
    assert list(voice.synthesize(TEXT, "en"))
    voice.close()


def test_weights_that_are_damaged_inside_are_refused(broken: Path) -> None:
    weights = broken / "model.pth"
    content = bytearray(weights.read_bytes())
    content[200:2_000] = bytes(1_800)
    weights.write_bytes(content)
    assert "cannot be loaded as a Coqui model" in told(broken)
