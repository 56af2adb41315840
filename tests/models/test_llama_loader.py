"""How many layers come to lie on a graphics card."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import llama_cpp
import pytest

from models.llama import LlamaLanguageModel, look_at
from models.llama_loader import LlamaSettings, fit
from models.protocols import ModelError


class Card:
    """A graphics card for so many layers."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.tried: list[int] = []

    def load(self, layers: int) -> str:
        self.tried.append(layers)
        if layers > self.room:
            raise ModelError("persona.gguf: llama.cpp cannot load it (out of memory).")
        return f"a model with {layers}"


@pytest.mark.parametrize(
    ("room", "taken", "tried"),
    [
        (99, 33, [33]),
        (33, 33, [33]),
        (20, 16, [33, 16]),
        (1, 1, [33, 16, 8, 4, 2, 1]),
        (0, 0, [33, 16, 8, 4, 2, 1, 0]),
    ],
)
def test_as_many_layers_as_fit_are_taken_by_halves(room: int, taken: int, tried: list[int]) -> None:
    card = Card(room)
    assert fit(card.load, 33) == (f"a model with {taken}", taken)
    assert card.tried == tried


def test_each_attempt_that_failed_is_told_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        fit(Card(8).load, 33)
    assert [record.args[:2] for record in caplog.records if record.args] == [(33, 33), (16, 33)]  # type: ignore[index]
    assert "out of memory" in caplog.text


def test_a_model_that_fails_without_a_card_as_well_is_refused() -> None:
    with pytest.raises(ModelError, match="out of memory"):
        fit(Card(-1).load, 33)


class FakeCard:
    """llama.cpp on a machine with a card for so many layers, which it really loads on the processor."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = 99
        self.asked: list[int] = []
        self._load = llama_cpp.Llama
        monkeypatch.setattr(llama_cpp, "llama_supports_gpu_offload", lambda: True)
        monkeypatch.setattr(llama_cpp, "Llama", self)

    def __call__(self, path: str, *, n_gpu_layers: int, **settings: Any) -> Any:
        self.asked.append(n_gpu_layers)
        if n_gpu_layers > self.room:
            raise ValueError("Failed to create llama_context")
        return self._load(path, n_gpu_layers=0, **settings)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> FakeCard:
    return FakeCard(monkeypatch)


def name(file: Path, **settings: int) -> str:
    model = LlamaLanguageModel(file, LlamaSettings(context_tokens=1024, threads=1, **settings))
    model.close()
    return model.name


def test_the_name_of_the_persona_tells_how_much_of_it_lies_on_the_card(card: FakeCard, gguf_file: Path) -> None:
    assert name(gguf_file) == "llama.cpp (tiny.gguf, 3 of 3 layers on the graphics card)"
    card.room = 2
    assert name(gguf_file) == "llama.cpp (tiny.gguf, 1 of 3 layers on the graphics card)"
    card.room = 0
    assert name(gguf_file) == "llama.cpp (tiny.gguf, 0 of 3 layers on the graphics card)"


def test_a_number_of_layers_that_the_show_names_is_kept_to(card: FakeCard, gguf_file: Path) -> None:
    assert "2 of 3 layers" in name(gguf_file, gpu_layers=2)
    assert "3 of 3 layers" in name(gguf_file, gpu_layers=40)
    assert card.asked == [2, 40]
    card.room = 1
    with pytest.raises(ModelError, match=r"cannot load it \(.*\); lower gpu_layers under \[engines\.llama\]"):
        name(gguf_file, gpu_layers=2)


def test_without_a_card_there_is_one_attempt_and_no_word_about_it(
    card: FakeCard, gguf_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llama_cpp, "llama_supports_gpu_offload", lambda: False)
    assert name(gguf_file) == "llama.cpp (tiny.gguf)"
    assert card.asked == [0]


@pytest.mark.parametrize(
    ("offload", "layers", "words"),
    [
        (True, -1, "as many as fit on the graphics card"),
        (True, 2, "2 on the graphics card"),
        (False, -1, "on the processor: llama.cpp finds no graphics card"),
    ],
)
def test_the_doctor_tells_where_the_layers_will_lie(
    gguf_file: Path, monkeypatch: pytest.MonkeyPatch, offload: bool, layers: int, words: str
) -> None:
    monkeypatch.setattr(llama_cpp, "llama_supports_gpu_offload", lambda: offload)
    assert look_at(gguf_file, LlamaSettings(gpu_layers=layers), gguf_file.parent).endswith(words)


def test_a_llama_cpp_that_cannot_be_started_is_one_sentence(gguf_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    for use in (look_at, LlamaLanguageModel):
        with pytest.raises(ModelError, match=r"llama-cpp-python cannot be started \(.*\); install it again"):
            use(gguf_file, LlamaSettings(), gguf_file.parent)
