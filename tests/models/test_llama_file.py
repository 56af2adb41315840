"""Which files can be a double's language model: known from their head, by the doctor as well as at the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.engine_check import check
from models.engine_settings import EngineSettings
from models.llama_file import require_gguf
from models.protocols import ModelError
from tests.fakes import tiny_gguf


def refused(path: Path) -> str:
    """The one sentence with which a file is refused."""
    with pytest.raises(ModelError) as caught:
        require_gguf(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: ")
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_a_model_for_conversation_is_taken(gguf_file: Path) -> None:
    file = require_gguf(gguf_file)
    assert (file.architecture, file.layers) == ("llama", tiny_gguf.LAYERS + 1)


def test_the_doctor_tells_what_a_model_is_and_where_it_will_lie(gguf_file: Path) -> None:
    found = check(EngineSettings(persona=gguf_file.name), gguf_file.parent)[1]
    assert found.ok
    assert f"llama.cpp, {gguf_file}; llama of 3 layers, " in found.sentence
    assert found.sentence.endswith(("on the graphics card", "finds no graphics card"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "there is no such file; persona in [engines]" in refused(tmp_path / "missing.gguf")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "is a folder; name the GGUF file in it" in refused(tmp_path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.gguf").touch()
    assert "is empty; fetch it again" in refused(tmp_path / "empty.gguf")


@pytest.mark.parametrize("content", [b"GG", b"PK\x03\x04" + bytes(1_000), b"<!doctype html>"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.gguf"
    path.write_bytes(content)
    assert "is no GGUF file" in refused(path)


@pytest.mark.parametrize("part", [0.01, 0.5, 0.99])
def test_a_file_that_is_cut_short_is_refused(gguf_file: Path, tmp_path: Path, part: float) -> None:
    content = gguf_file.read_bytes()
    path = tmp_path / "short.gguf"
    path.write_bytes(content[: int(len(content) * part)])
    assert "breaks off" in refused(path)


@pytest.mark.parametrize(
    "facts",
    [
        {"general__architecture": "bert"},
        {"general__architecture": "nomic-bert-moe"},
        {"general__architecture": "t5encoder"},
        {"general__type": "imatrix"},
        {"llama__attention__causal": False},
    ],
)
def test_a_model_of_a_kind_that_does_not_converse_is_refused(tmp_path: Path, facts: dict[str, Any]) -> None:
    assert "which does not converse; take an instruct or chat model" in refused(tiny_gguf.make(tmp_path, **facts))


@pytest.mark.parametrize("facts", [{"general__architecture": "clip"}, {"general__type": "mmproj"}])
def test_the_eyes_of_a_model_are_not_its_persona(tmp_path: Path, facts: dict[str, Any]) -> None:
    assert "is the part of a model that sees images or hears sound" in refused(tiny_gguf.make(tmp_path, **facts))


def test_a_kind_of_file_is_called_by_its_own_name(tmp_path: Path) -> None:
    assert "is of the kind imatrix, which" in refused(tiny_gguf.make(tmp_path, general__type="imatrix"))


def test_an_adapter_alone_is_no_model(tmp_path: Path) -> None:
    assert "is an adapter, not a model; name the model as persona" in refused(tiny_gguf.make_lora(tmp_path))


def test_a_file_that_does_not_say_what_it_is_is_refused(tmp_path: Path) -> None:
    assert "does not say of which architecture" in refused(tiny_gguf.make(tmp_path, general__architecture=""))


@pytest.mark.parametrize("tokenizer", ["no_vocab", "none", ""])
def test_a_model_without_a_tokenizer_is_refused(tmp_path: Path, tokenizer: str) -> None:
    assert "has no tokenizer" in refused(tiny_gguf.make(tmp_path, tokenizer=tokenizer))


@pytest.mark.parametrize("template", [None, ""])
def test_a_model_without_a_chat_template_is_refused(tmp_path: Path, template: str | None) -> None:
    assert "has no chat template" in refused(tiny_gguf.make(tmp_path, template=template))


def test_a_model_made_for_a_few_words_is_refused(tmp_path: Path) -> None:
    assert "context of 256 tokens, too small for a character" in refused(tiny_gguf.make(tmp_path, context=256))


# --- models in several files ------------------------------------------------------------------------------------------


def test_a_model_in_parts_is_taken_by_its_first_and_holds_the_tensors_of_all(gguf_file: Path, tmp_path: Path) -> None:
    assert require_gguf(tiny_gguf.make_parts(tmp_path)[0]).tensors == require_gguf(gguf_file).tensors


def test_a_later_part_names_the_first(tmp_path: Path) -> None:
    assert "is part 2 of 2; name the first, whose name ends in -00001-of-00002.gguf" in refused(
        tiny_gguf.make_parts(tmp_path)[1]
    )


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    first, second = tiny_gguf.make_parts(tmp_path)
    second.unlink()
    assert "of which are missing: tiny-00002-of-00002.gguf; fetch them beside it" in refused(first)


def test_a_part_that_breaks_off_is_named(tmp_path: Path) -> None:
    first, second = tiny_gguf.make_parts(tmp_path)
    second.write_bytes(second.read_bytes()[:-1000])
    with pytest.raises(ModelError, match=r"tiny-00002-of-00002\.gguf: breaks off"):
        require_gguf(first)


def test_a_first_part_under_another_name_is_told_which(tmp_path: Path) -> None:
    first = tiny_gguf.make_parts(tmp_path)[0].rename(tmp_path / "persona.gguf")
    assert "its name must end in -00001-of-00002.gguf" in refused(first)
