"""What is found out about a Coqui model's folder, and about the voice wanted of it, before anything is loaded."""

from __future__ import annotations

import importlib.util
import zipfile
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from models.coqui_model import CoquiSettings, read_model, require_coqui, require_reference
from models.engine_check import cautions, check
from models.engine_settings import EngineSettings
from models.load import load
from models.protocols import ModelError
from models.reference import Consent
from models.server_settings import FallbackSettings, ServerSettings
from tests.fakes import coqui_folder
from tests.fakes.reference_recording import voice, write

CONSENT = Consent("Ada Morel", "2026-03-01", "the evenings of this show")


def find_spec(installed: bool):
    real = importlib.util.find_spec

    def find(name: str, package: str | None = None) -> ModuleSpec | None:
        return (ModuleSpec("TTS", None) if installed else None) if name == "TTS" else real(name, package)

    return find


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the neural voices were installed, which nothing here needs."""
    monkeypatch.setattr(importlib.util, "find_spec", find_spec(installed=True))


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_model(folder)
    sentence = str(caught.value)
    assert str(folder) in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_without_the_extra_one_sentence_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", find_spec(installed=False))
    coqui_folder.make(tmp_path / "voices")
    with pytest.raises(ModelError, match=r"not installed.*pip install.*\.$"):
        load(EngineSettings("instant", "instant", "coqui:voices"), tmp_path, ("en",))


def test_a_wrong_name_and_a_licence_are_told_without_the_extra_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", find_spec(installed=False))
    wrong = EngineSettings("instant", "instant", "coqui:xtts-v3")
    assert 'did you mean "coqui:xtts-v2"' in check(wrong, tmp_path)[2].sentence
    coqui_folder.make(tmp_path / "xtts", "xtts")
    (caution,) = cautions(replace(wrong, voice="coqui:xtts"), tmp_path)
    assert "DOES NOT ALLOW" in caution


def test_a_kind_of_model_that_the_neural_voices_do_not_know_is_refused(tmp_path: Path):
    assert "is for a model of the kind 'gramophone', and the neural voices know" in refusal(
        coqui_folder.make(tmp_path, "gramophone")
    )


@pytest.mark.parametrize("kind", ["vits", "xtts"])
def test_a_whole_folder_passes(tmp_path: Path, kind: str):
    model = read_model(coqui_folder.make(tmp_path, kind))
    assert model.kind == kind
    assert model.weights == tmp_path / "model.pth"


def test_weights_may_have_any_name_and_are_the_largest_file(tmp_path: Path):
    coqui_folder.make(tmp_path)
    (tmp_path / "model.pth").rename(tmp_path / "checkpoint_100.pth")
    coqui_folder.write_weights(tmp_path / "speakers.pth", 10)
    assert read_model(tmp_path).weights.name == "checkpoint_100.pth"


@pytest.mark.parametrize("name", ["model_file.pth", "model_file.pth.tar"])
def test_weights_are_found_under_both_names_that_coqui_published_them_under(tmp_path: Path, name: str):
    (coqui_folder.make(tmp_path) / "model.pth").rename(tmp_path / name)
    assert read_model(tmp_path).weights.name == name


@pytest.mark.parametrize(
    ("kind", "missing", "said"),
    [
        ("vits", "config.json", "has no config.json"),
        ("vits", "model.pth", "has no weights"),
        ("xtts", "model.pth", "has no weights"),
        ("xtts", "vocab.json", "has no vocab.json"),
    ],
)
def test_a_part_of_a_model_is_refused(tmp_path: Path, kind: str, missing: str, said: str):
    coqui_folder.make(tmp_path, kind)
    (tmp_path / missing).unlink()
    assert said in refusal(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "holds no table"),
        (b"{}", "names no model"),
        (b'{"model": 7}', "names no model"),
    ],
)
def test_a_configuration_of_something_else_is_refused(tmp_path: Path, content: bytes, said: str):
    coqui_folder.make(tmp_path)
    (tmp_path / "config.json").write_bytes(content)
    assert said in refusal(tmp_path)


@pytest.mark.parametrize("name", ["model.pth", "speakers_xtts.pth"])
def test_weights_that_are_cut_short_are_refused(tmp_path: Path, name: str):
    file = coqui_folder.make(tmp_path, "xtts") / name
    file.write_bytes(file.read_bytes()[:-40])
    assert f"{name}: is cut short; fetch it again" in refusal(tmp_path)


@pytest.mark.parametrize("content", [b"", b"<html>Not found</html>"])
def test_a_web_page_in_the_place_of_weights_is_refused(tmp_path: Path, content: bytes):
    (coqui_folder.make(tmp_path) / "model.pth").write_bytes(content)
    assert "holds no weights" in refusal(tmp_path)


def test_an_archive_of_something_else_is_refused(tmp_path: Path):
    coqui_folder.make(tmp_path)
    with zipfile.ZipFile(tmp_path / "model.pth", "w") as archive:
        archive.writestr("letter.txt", "Dear Marguerite,")
    assert "not of weights" in refusal(tmp_path)


def test_weights_of_an_old_torch_are_no_archive_and_pass(tmp_path: Path):
    (coqui_folder.make(tmp_path) / "model.pth").write_bytes(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.rest")
    assert read_model(tmp_path).kind == "vits"


def test_files_that_the_configuration_names_are_found_in_the_folder_wherever_they_lay_before(tmp_path: Path):
    arguments = {"use_speaker_embedding": True, "speakers_file": "/home/somebody/speakers.pth"}
    coqui_folder.make(tmp_path, speakers_file="C:\\voices\\speakers.pth", model_args=arguments)
    assert "has no speakers.pth, which its config.json names" in refusal(tmp_path)
    coqui_folder.write_weights(tmp_path / "speakers.pth", 1)
    config = read_model(tmp_path).config
    assert config["speakers_file"] == config["model_args"]["speakers_file"] == str(tmp_path / "speakers.pth")


def test_a_file_that_the_configuration_names_and_does_not_use_is_not_missed(tmp_path: Path):
    arguments = {"use_d_vector_file": False, "d_vector_file": ["/home/somebody/voices.json"]}
    assert read_model(coqui_folder.make(tmp_path, model_args=arguments)).config["model_args"] == arguments


def test_a_model_known_by_its_name_is_looked_for_where_coqui_keeps_it(
    tmp_path: Path, installed: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    kept = tmp_path / "tts" / "tts_models--fr--css10--vits"
    with pytest.raises(ModelError) as caught:
        require_coqui("tts_models/fr/css10/vits", tmp_path)
    assert f"{kept}: there is no such folder" in str(caught.value)
    assert 'tts --model_name "tts_models/fr/css10/vits"' in str(caught.value)
    coqui_folder.make(kept)
    assert require_coqui("tts_models/fr/css10/vits", tmp_path).folder == kept


@pytest.mark.parametrize(
    ("name", "hint"),
    [("vits-css10-fre", '(did you mean "coqui:vits-css10-fr"?)'), ("voices/ada", '("tts_models/...")')],
)
def test_a_voice_that_lies_nowhere_is_not_fetched_by_a_name_that_coqui_never_heard_of(
    tmp_path: Path, installed: None, name: str, hint: str
):
    with pytest.raises(ModelError) as caught:
        require_coqui(name, tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / name}: there is no such folder; ")
    assert str(caught.value).endswith(f"{hint}.")
    assert "tts --model_name" not in str(caught.value)


def test_no_voice_is_taken_on_without_consent(tmp_path: Path):
    model = read_model(coqui_folder.make(tmp_path / "voice", "xtts"))
    write(tmp_path / "ada.wav", voice(5))
    without = CoquiSettings(reference="ada.wav")
    with pytest.raises(
        ModelError, match=r"without their consent; record it in show\.toml under \[engines\.coqui\.consent\]"
    ):
        require_reference(model, without, tmp_path)
    taken_on = require_reference(model, replace(without, consent=CONSENT), tmp_path)
    assert taken_on is not None
    assert taken_on.duration_s == pytest.approx(5)


def test_a_model_that_takes_on_no_voice_says_so(tmp_path: Path):
    model = read_model(coqui_folder.make(tmp_path))
    with pytest.raises(ModelError, match="'vits' takes on no voice from a recording; name an XTTS model"):
        require_reference(model, CoquiSettings(reference="ada.wav", consent=CONSENT), tmp_path)
    assert require_reference(model, CoquiSettings(), tmp_path) is None


def test_an_xtts_without_speakers_needs_a_recording(tmp_path: Path):
    coqui_folder.make(tmp_path, "xtts")
    assert require_reference(read_model(tmp_path), CoquiSettings(), tmp_path) is None
    (tmp_path / "speakers_xtts.pth").unlink()
    with pytest.raises(ModelError, match=r"has no speakers of its own.*name a recording under reference"):
        require_reference(read_model(tmp_path), CoquiSettings(), tmp_path)


def test_a_show_says_either_which_speaker_or_which_recording():
    with pytest.raises(ValueError, match="speaker and reference both say whose voice it is; take one out"):
        CoquiSettings(speaker="anna", reference="ada.wav", consent=CONSENT)


def test_the_doctor_repeats_who_lent_their_voice_when_and_for_what(tmp_path: Path, installed: None):
    coqui_folder.make(tmp_path / "voice", "xtts")
    write(tmp_path / "ada.wav", voice(5))
    settings = EngineSettings(
        "instant", "instant", "coqui:voice", coqui=CoquiSettings(reference="ada.wav", consent=CONSENT)
    )
    found = check(settings, tmp_path)[2]
    assert found.ok
    assert 'Ada Morel, who agreed on 2026-03-01 to "the evenings of this show"' in found.sentence
    (tmp_path / "ada.wav").unlink()
    assert "ada.wav: there is no such file" in check(settings, tmp_path)[2].sentence


def test_a_voice_that_may_not_be_used_before_a_paying_public_is_cautioned_against(tmp_path: Path, installed: None):
    coqui_folder.make(tmp_path / "free", "vits")
    coqui_folder.make(tmp_path / "bound", "xtts")
    assert cautions(EngineSettings(voice="coqui:free"), tmp_path) == ()
    assert cautions(EngineSettings(voice="coqui:missing"), tmp_path) == ()
    assert cautions(EngineSettings(), tmp_path) == ()
    (caution,) = cautions(EngineSettings(voice="coqui:bound"), tmp_path)
    assert str(tmp_path / "bound") in caution
    assert "DOES NOT ALLOW its use before a paying public" in caution


def test_a_voice_that_stands_behind_a_server_is_cautioned_against_too(tmp_path: Path, installed: None):
    coqui_folder.make(tmp_path / "bound", "xtts")
    server = ServerSettings(url="http://127.0.0.1:1/v1", voice_model="tts-1", voices={"en": "ada"})
    settings = EngineSettings(voice="server", server=server, fallback=FallbackSettings(voice="coqui:bound"))
    (caution,) = cautions(settings, tmp_path)
    assert "DOES NOT ALLOW its use before a paying public" in caution
    assert cautions(replace(settings, fallback=FallbackSettings()), tmp_path) == ()
