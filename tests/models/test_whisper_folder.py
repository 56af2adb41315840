"""What is said of a folder that is no Whisper, of half a one, or of one that does not fit the show."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.engine_check import check
from models.engine_settings import EngineSettings
from models.protocols import ModelError
from models.whisper import WhisperSettings, WhisperTranscriber
from models.whisper_folder import check_folder, look_at
from tests.fakes import tiny_whisper
from tests.fakes.unreadable import UNREADABLE

PROCESSOR = WhisperSettings(device="cpu", temperatures=(0.0,))


@pytest.fixture(scope="module")
def whisper_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper.make(tmp_path_factory.mktemp("whisper"), languages=("en", "fr"))


@pytest.fixture(scope="module")
def english_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper.make(tmp_path_factory.mktemp("english"), languages=("en",))


@pytest.fixture
def broken(whisper_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whisper_folder, tmp_path / "broken"))


def refusal(folder: Path) -> str:
    """What the doctor says of the folder, and whoever loads it."""
    with pytest.raises(ModelError) as caught:
        WhisperTranscriber(PROCESSOR, folder)
    with pytest.raises(ModelError, match="^" + re.escape(str(caught.value)) + "$"):
        check_folder(folder)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)
    return str(caught.value)


def change(file: Path, how: Callable[[Any], object]) -> None:
    content = json.loads(file.read_text())
    how(content)
    file.write_text(json.dumps(content))


def test_a_missing_folder_is_named_and_never_fetched(tmp_path: Path) -> None:
    assert "there is no such folder" in refusal(tmp_path / "small")
    (tmp_path / "model.bin").touch()
    assert "is no folder" in refusal(tmp_path / "model.bin")


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json"])
def test_a_missing_file_is_named_and_never_fetched(broken: Path, name: str) -> None:
    (broken / name).unlink()
    assert f"has no {name}" in refusal(broken)


@pytest.mark.parametrize("content", [b"GGUF\x03\0\0\0" + bytes(4000), b"Dear Ada,\n" * 400], ids=["gguf", "letter"])
def test_another_file_in_place_of_the_model_is_told_without_loading_it(broken: Path, content: bytes) -> None:
    (broken / "model.bin").write_bytes(content)
    with pytest.raises(ModelError, match="is no CTranslate2 Whisper"):
        check_folder(broken)


@pytest.mark.skipif(not UNREADABLE.exists(), reason="this system has no file whose reading fails")
@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json", "vocabulary.json"])
def test_a_file_that_cannot_be_read_is_named(broken: Path, name: str) -> None:
    (broken / name).unlink()
    (broken / name).symlink_to(UNREADABLE)
    assert refusal(broken) == f"{broken / name}: cannot be read (Input/output error)."


def test_a_model_of_another_kind_is_told_without_loading_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is no CTranslate2 Whisper"):
        check_folder(tiny_whisper.make_translator(tmp_path))


@pytest.mark.parametrize("kept", [0.0, 0.00001, 0.5, 0.99])
def test_a_download_that_broke_off_is_to_be_fetched_again(broken: Path, kept: float) -> None:
    content = (broken / "model.bin").read_bytes()
    (broken / "model.bin").write_bytes(content[: int(len(content) * kept)])
    assert "fetch it again" in refusal(broken)


def test_a_tokenizer_that_is_none_is_one_sentence(broken: Path) -> None:
    (broken / "tokenizer.json").write_text("{}")
    assert "tokenizer.json: is no tokenizer of a Whisper; copy it" in refusal(broken)


def test_a_tokenizer_that_only_looks_like_one_is_one_sentence(broken: Path) -> None:
    change(broken / "tokenizer.json", lambda content: content.update(normalizer={"type": "None such"}))
    with pytest.raises(ModelError, match="cannot be loaded as a CTranslate2 Whisper"):
        WhisperTranscriber(PROCESSOR, broken)


def test_a_whole_folder_is_accepted(whisper_folder: Path) -> None:
    assert check_folder(whisper_folder) == ("en", "fr")


def test_a_vocabulary_of_the_older_kind_is_accepted(broken: Path) -> None:
    tokens = json.loads((broken / "vocabulary.json").read_text())
    (broken / "vocabulary.json").unlink()
    (broken / "vocabulary.txt").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")
    assert check_folder(broken) == ("en", "fr")
    WhisperTranscriber(PROCESSOR, broken).close()


def test_a_missing_vocabulary_is_named(broken: Path) -> None:
    (broken / "vocabulary.json").unlink()
    assert "has no vocabulary.json or vocabulary.txt" in refusal(broken)


@pytest.mark.parametrize("name", ["config.json", "vocabulary.json", "tokenizer.json"])
@pytest.mark.parametrize("content", [b"{", b"\xff\xfe{}", b'"Dear Ada,"'], ids=["half", "latin", "letter"])
def test_a_damaged_file_is_named(broken: Path, name: str, content: bytes) -> None:
    (broken / name).write_bytes(content)
    assert f"{name}: is damaged; fetch it again" in refusal(broken)


def test_the_tokenizer_of_another_whisper_is_told(broken: Path, english_folder: Path) -> None:
    shutil.copy(english_folder / "tokenizer.json", broken)
    assert "is of another Whisper than model.bin (<|endoftext|> differs)" in refusal(broken)


def test_the_tokenizer_of_another_kind_of_model_is_told(broken: Path) -> None:
    change(broken / "tokenizer.json", lambda content: content.update(added_tokens=content["added_tokens"][:1]))
    assert "tokenizer.json: lacks <|startoftranscript|>" in refusal(broken)


def test_tokenizer_and_vocabulary_of_another_whisper_are_told(broken: Path, english_folder: Path) -> None:
    for name in ("tokenizer.json", "vocabulary.json"):
        shutil.copy(english_folder / name, broken)
    assert "vocabulary.json: has 51766 tokens and model.bin 51768" in refusal(broken)


def test_a_large_whisper_without_the_number_of_its_bands_is_told(broken: Path) -> None:
    """large-v3 and turbo hear 128 bands; without preprocessor_config.json they would be given 80."""
    (broken / "preprocessor_config.json").write_text('{"feature_size": 128}')
    assert "preprocessor_config.json: tells 128 bands of sound, and model.bin wants 80" in refusal(broken)
    (broken / "preprocessor_config.json").write_text('{"feature_size": 80}')
    check_folder(broken)


def test_an_english_whisper_says_what_becomes_of_french(english_folder: Path) -> None:
    assert check_folder(english_folder) == ("en",)
    assert look_at(english_folder, "", ("fr", "en")).endswith("takes fr for en")
    assert look_at(english_folder, "", ("en",)) == f"whisper, {english_folder}"
    with pytest.raises(ModelError, match="understands none of: fr; choose a multilingual Whisper"):
        look_at(english_folder, "", ("fr",))


def test_a_fixed_language_is_told_and_must_be_known(whisper_folder: Path) -> None:
    assert look_at(whisper_folder, "fr", ("en", "fr")).endswith("takes everything for fr")
    with pytest.raises(ModelError, match='language = "de" is none of the show'):
        look_at(whisper_folder, "de", ("en", "fr"))
    with pytest.raises(ModelError, match="understands none of: de; it knows en, fr"):
        look_at(whisper_folder, "de", ("en", "de"))


def test_any_language_is_told_and_one_of_the_shows_must_be_known(whisper_folder: Path) -> None:
    assert look_at(whisper_folder, "any", ("en", "de")).endswith("takes what is said for any of 2 languages")
    with pytest.raises(ModelError, match="understands none of: de; it knows en, fr"):
        look_at(whisper_folder, "any", ("de",))


def test_the_doctor_looks_at_the_languages_of_the_show(english_folder: Path, tmp_path: Path) -> None:
    ears, *_ = check(EngineSettings(ears=str(english_folder)), tmp_path, ("fr",))
    assert not ears.ok
    assert "understands none of: fr" in ears.sentence
    ears, *_ = check(EngineSettings(ears=str(english_folder)), tmp_path, ("fr", "en"))
    assert ears.ok
