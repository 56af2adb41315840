"""How much double: an adapter on a tiny model, and its scale."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.llama import LlamaLanguageModel, look_at
from models.llama_loader import LlamaSettings
from models.protocols import Adaptable, Message, ModelError, Sampling
from tests.fakes import tiny_gguf

CONVERSATION = (Message("system", "you are a lamp that remembers every guest " * 3), Message("user", "who are you"))
PLAIN = LlamaSettings(context_tokens=1024, threads=1)
ADAPTED = LlamaSettings(context_tokens=1024, threads=1, lora="lora.gguf")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny_gguf.make(tmp_path)
    tiny_gguf.make_lora(tmp_path)
    return tmp_path


@pytest.fixture
def plain(folder: Path) -> Iterator[LlamaLanguageModel]:
    model = LlamaLanguageModel(folder / "tiny.gguf", PLAIN, folder)
    yield model
    model.close()


@pytest.fixture
def adapted(folder: Path) -> Iterator[LlamaLanguageModel]:
    model = LlamaLanguageModel(folder / "tiny.gguf", ADAPTED, folder)
    yield model
    model.close()


def likelihood(model: LlamaLanguageModel) -> float:
    return sum(token.log_probability for token in model.log_probabilities(CONVERSATION, "a lamp"))


def test_an_adapter_changes_what_the_model_says(plain: LlamaLanguageModel, adapted: LlamaLanguageModel) -> None:
    assert likelihood(adapted) != pytest.approx(likelihood(plain), abs=0.1)


def test_the_scale_can_be_changed_between_two_answers(plain: LlamaLanguageModel, adapted: LlamaLanguageModel) -> None:
    whole = likelihood(adapted)
    adapted.set_double_scale(0.5)
    half = likelihood(adapted)
    adapted.set_double_scale(0.0)
    assert likelihood(adapted) == pytest.approx(likelihood(plain), abs=1e-3)
    adapted.set_double_scale(1.0)
    assert likelihood(adapted) == pytest.approx(whole, abs=1e-3)
    assert half != pytest.approx(whole, abs=0.1)


def test_an_answer_under_way_keeps_its_scale(adapted: LlamaLanguageModel) -> None:
    ten = Sampling(max_tokens=10, seed=7)
    whole = "".join(adapted.stream(CONVERSATION, "en", ten))
    answer = adapted.stream(CONVERSATION, "en", ten)
    begun = next(answer)
    adapted.set_double_scale(0.0)
    assert begun + "".join(answer) == whole
    assert "".join(adapted.stream(CONVERSATION, "en", ten)) != whole


def test_a_model_tells_whether_it_has_an_adapter(plain: LlamaLanguageModel, adapted: LlamaLanguageModel) -> None:
    assert isinstance(adapted, Adaptable)
    assert (adapted.double_scale, plain.double_scale) == (1.0, None)
    adapted.set_double_scale(0.25)
    assert adapted.double_scale == 0.25


@pytest.mark.parametrize("scale", [-0.1, 2.1, float("nan")])
def test_a_scale_out_of_range_is_refused_and_changes_nothing(adapted: LlamaLanguageModel, scale: float) -> None:
    with pytest.raises(ValueError, match="the scale must be between 0 and 2"):
        adapted.set_double_scale(scale)
    assert adapted.double_scale == 1.0


def refused(folder: Path, settings: LlamaSettings = ADAPTED) -> str:
    """The one sentence, the same for the doctor and at the start."""
    sentences = []
    for use in (look_at, LlamaLanguageModel):
        with pytest.raises(ModelError) as caught:
            use(folder / "tiny.gguf", settings, folder)
        sentences.append(str(caught.value))
    assert sentences[0] == sentences[1]
    assert sentences[0].startswith(str(folder / "lora.gguf"))
    assert sentences[0].endswith(".")
    return sentences[0]


def test_an_adapter_that_is_not_there_is_named(folder: Path) -> None:
    (folder / "lora.gguf").unlink()
    assert "there is no such file; lora in [engines.llama]" in refused(folder)


def test_an_adapter_of_another_size_or_architecture_is_refused(folder: Path) -> None:
    tiny_gguf.make_lora(folder, rows=128)
    assert "was made for another model than tiny.gguf" in refused(folder)
    tiny_gguf.make_lora(folder, architecture="qwen2")
    assert "was made for another model than tiny.gguf" in refused(folder)


def test_a_model_in_the_place_of_an_adapter_is_refused(folder: Path) -> None:
    (folder / "lora.gguf").write_bytes((folder / "tiny.gguf").read_bytes())
    assert "is no LoRA adapter" in refused(folder)


def test_an_adapter_that_breaks_off_is_refused(folder: Path) -> None:
    content = (folder / "lora.gguf").read_bytes()
    (folder / "lora.gguf").write_bytes(content[:-100])
    assert "breaks off after" in refused(folder)


def test_what_only_llama_cpp_finds_wrong_with_an_adapter_is_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_gguf.make_lora(folder, rows=128)
    monkeypatch.setattr("models.llama.require_lora", lambda *_: None)
    with pytest.raises(ModelError, match=r"lora\.gguf: llama\.cpp cannot load this adapter \(.*incorrect shape.*\)"):
        LlamaLanguageModel(folder / "tiny.gguf", ADAPTED, folder)
