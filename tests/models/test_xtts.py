"""What the streamed neural voice does, on a tiny XTTS."""

from __future__ import annotations

import builtins
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.coqui_model import CoquiSettings, read_model
from models.engine_settings import EngineSettings
from models.host import HostedSettings
from models.load import load
from models.protocols import ModelError
from models.reference import Consent, read_reference
from models.xtts import CHUNK_TOKENS, XttsSynthesizer
from tests.fakes import reference_recording

pytestmark = pytest.mark.coqui
SETTINGS = CoquiSettings(device="cpu")
CONSENT = Consent("Ada Morel", "2026-03-01", "these tests")
TEXT = "Good evening. Is anybody there?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    from tests.fakes import tiny_xtts

    with tiny_xtts.narrow():
        yield tiny_xtts.make(tmp_path_factory.mktemp("show"))


@pytest.fixture(scope="module")
def loaded(folder: Path) -> XttsSynthesizer:
    return XttsSynthesizer(read_model(folder), SETTINGS, None)


@pytest.fixture
def voice(loaded: XttsSynthesizer) -> XttsSynthesizer:
    """The loaded voice, which draws its sound by lot."""
    import torch

    torch.manual_seed(1)
    return loaded


@pytest.fixture
def tokens(voice: XttsSynthesizer) -> Iterator[list[int]]:
    """Grows by one with every token of sound that the model works out."""
    worked_out: list[int] = []
    hook = voice._xtts.gpt.gpt_inference.register_forward_hook(lambda *_: worked_out.append(1))
    yield worked_out
    hook.remove()


def told(folder: Path, settings: CoquiSettings = SETTINGS) -> str:
    """The one sentence with which a model is refused."""
    with pytest.raises(ModelError) as caught:
        XttsSynthesizer(read_model(folder), settings, None)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(("text", "language"), [(TEXT, "en"), ("Bonsoir. Il y a quelqu'un\u00a0?", "fr")])
def test_it_speaks_both_languages(voice: XttsSynthesizer, text: str, language: str) -> None:
    pieces = list(voice.synthesize(text, language))
    assert {piece.rate_hz for piece in pieces} == {voice.rate_hz} == {24_000}
    samples = np.concatenate([piece.samples for piece in pieces])
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert len(samples) > 24_000
    assert 0.0 < float(np.abs(samples).max()) <= 1.0


def test_the_first_sound_comes_before_the_sentence_has_been_worked_out(
    voice: XttsSynthesizer, tokens: list[int]
) -> None:
    pieces = voice.synthesize(TEXT, "en")
    first = next(pieces)
    assert len(tokens) == CHUNK_TOKENS
    assert first.duration_s > 0.5
    rest = list(pieces)
    assert len(rest) >= 2
    assert len(tokens) > 2 * CHUNK_TOKENS


def test_an_interrupted_sentence_stops_between_two_tokens_and_the_next_one_is_heard(
    voice: XttsSynthesizer, tokens: list[int]
) -> None:
    pieces = voice.synthesize(TEXT, "en")
    next(pieces)
    voice.abort()
    assert list(pieces) == []
    assert len(tokens) == CHUNK_TOKENS
    assert len(list(voice.synthesize(TEXT, "en"))) >= 3


def test_a_sentence_interrupted_while_a_piece_is_worked_out_ends_there(voice: XttsSynthesizer) -> None:
    def interrupt(*_: object) -> None:
        worked_out.append(1)
        if len(worked_out) == CHUNK_TOKENS + 3:
            voice.abort()

    worked_out: list[int] = []
    hook = voice._xtts.gpt.gpt_inference.register_forward_hook(interrupt)
    assert len(list(voice.synthesize(TEXT, "en"))) == 1
    hook.remove()
    assert len(worked_out) == CHUNK_TOKENS + 3


def test_a_sentence_interrupted_before_it_is_pulled_costs_nothing(voice: XttsSynthesizer, tokens: list[int]) -> None:
    pieces = voice.synthesize(TEXT, "en")
    voice.abort()
    assert list(pieces) == []
    assert tokens == []


def test_a_sentence_that_is_left_half_heard_leaves_nothing_behind(voice: XttsSynthesizer, tokens: list[int]) -> None:
    pieces = voice.synthesize(TEXT, "en")
    next(pieces)
    pieces.close()
    assert len(tokens) == CHUNK_TOKENS
    assert list(voice.synthesize(TEXT, "en"))


@pytest.mark.parametrize("text", ["", " ", "…", "?!"])
def test_a_text_without_words_is_silent(voice: XttsSynthesizer, text: str) -> None:
    assert list(voice.synthesize(text, "en")) == []


def test_a_text_too_long_for_the_model_is_spoken_in_parts(
    voice: XttsSynthesizer, tokens: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    list(voice.synthesize(TEXT, "en"))
    once = len(tokens)
    list(voice.synthesize("and then the letters came one by one, " * 12, "en"))
    assert len(tokens) == 4 * once
    assert caplog.text == ""


def test_a_language_that_it_does_not_speak_is_named(voice: XttsSynthesizer) -> None:
    with pytest.raises(ModelError) as caught:
        list(voice.synthesize("Guten Abend.", "de"))
    assert str(caught.value) == "coqui (tiny-xtts) does not speak 'de'; it speaks: en, fr."


def test_a_model_that_fails_says_why_and_on_how_much_but_not_on_which_words(
    voice: XttsSynthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise IndexError("index out of range")

    monkeypatch.setattr(voice._xtts.gpt, "compute_embeddings", fail)
    with pytest.raises(ModelError) as caught:
        list(voice.synthesize(TEXT, "en"))
    assert str(caught.value) == "coqui (tiny-xtts) failed on a text of 31 characters (index out of range)."


def test_a_speaker_of_the_model_is_chosen_by_name(folder: Path, voice: XttsSynthesizer) -> None:
    assert "it has: anna, bruno" in told(folder, CoquiSettings(speaker="carla", device="cpu"))
    bruno = XttsSynthesizer(read_model(folder), CoquiSettings(speaker="bruno", device="cpu"), None)
    speakers = bruno._xtts.speaker_manager.speakers
    assert bruno._voice[0].equal(speakers["bruno"]["gpt_cond_latent"])
    assert voice._voice[0].equal(speakers["anna"]["gpt_cond_latent"])


def test_the_voice_of_a_recording_is_taken_on_as_coqui_would_and_only_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from TTS.tts.models import xtts

    recording = reference_recording.write(tmp_path / "ada.wav", reference_recording.voice(8))
    taken_on = XttsSynthesizer(read_model(folder), SETTINGS, read_reference(recording))
    # how a file becomes samples is torchaudio's, which needs the system's ffmpeg; what becomes of them is asked here
    samples = torch.from_numpy(read_reference(recording).samples)[None]
    monkeypatch.setattr(xtts, "load_audio", lambda *_: samples)
    latents, embedding = taken_on._xtts.get_conditioning_latents("", 10, 6, 3)
    assert torch.allclose(taken_on._voice[0], latents)
    assert torch.allclose(taken_on._voice[1], embedding)
    monkeypatch.delattr(type(taken_on._xtts), "get_speaker_embedding")
    assert list(taken_on.synthesize(TEXT, "en"))


def test_a_show_speaks_with_a_voice_that_was_lent_to_it(folder: Path) -> None:
    show = folder.parent
    reference_recording.write(show / "ada.wav", reference_recording.voice(4))
    coqui = CoquiSettings(reference="ada.wav", consent=CONSENT, device="cpu")
    # a child process would load the full-sized decoder, which these tests make small
    here = HostedSettings(heavy=False)
    settings = EngineSettings("instant", "instant", f"coqui:{folder.name}", coqui=coqui, hosted=here)
    engines = load(settings, show, ("en", "fr"))
    assert list(engines.synthesizer.synthesize("On the 3rd, at 12:30.", "en"))
    engines.close()


def test_loading_asks_nothing_prints_nothing_and_leaves_every_file_as_it_was(
    folder: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(builtins, "input")
    monkeypatch.delenv("COQUI_TOS_AGREED", raising=False)
    caplog.set_level(logging.INFO)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    XttsSynthesizer(read_model(folder), SETTINGS, None).close()
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""


def test_no_word_that_is_spoken_reaches_the_log(voice: XttsSynthesizer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert list(voice.synthesize("Marguerite left us ☃ in winter. " * 12, "en"))
    assert "marguerite" not in caplog.text.casefold()


def test_a_graphics_card_that_is_not_there_is_said_to_be_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    sentence = told(folder, CoquiSettings(device="cuda"))
    assert "device in [engines.coqui]" in sentence
    assert "fetch it again" not in sentence


def test_weights_of_another_shape_are_refused(folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    config = (other / "config.json").read_text(encoding="utf-8")
    (other / "config.json").write_text(config.replace('"gpt_layers": 1', '"gpt_layers": 2'), encoding="utf-8")
    assert "cannot be loaded as a Coqui model" in told(other)


def test_a_vocabulary_of_something_else_is_refused(folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    (other / "vocab.json").write_text("{}", encoding="utf-8")
    assert "cannot be loaded as a Coqui model" in told(other)
